# Blotter's tasks. Each needs Go and git and nothing else.

GO         ?= go
VERSION    ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BINARY     := bin/blotter
DEMO_DATA  := demo-data
FUZZTIME   ?= 60s
BENCH      ?= .
BENCHTIME  ?= 1s
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help

help: ## list the tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/blotter, one static binary
	$(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o $(BINARY) ./cmd/blotter

demo: build ## crawl the made-up newsrooms and search what was found
	@$(BINARY) demo --data $(DEMO_DATA)

# The race detector is C code: Go needs a C compiler to link it. Without one the tests still run, and say so.
RACE := $(if $(shell command -v $$($(GO) env CC)),-race)

# The commands run as processes of their own, hundreds of them, where the detector would be slow and see nothing.
# SQLite is C made into Go: under the detector it takes ten times as long, and its races would not be ours.
UNRACED := modernc.org/...=-race=false
# The one that takes longest begins.
RACED = ./internal/pipeline $(filter-out %/cmd/blotter %/internal/pipeline,$(shell $(GO) list ./...))

test: ## run every test, and with the race detector once more those in which it can see something
	@$(if $(RACE),,echo "make test: without the race detector, which needs a C compiler")
	$(GO) test ./...
ifdef RACE
	CGO_ENABLED=1 $(GO) test -race -gcflags='$(UNRACED)' $(RACED)
endif

check: fmt vet staticcheck vuln tidy ## what must hold before a commit lands

fmt:
	@bad=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	if [ -n "$$bad" ]; then echo "gofmt would change:"; echo "$$bad"; exit 1; fi

vet:
	$(GO) vet ./... ./testdata

staticcheck:
	$(GO) run $(STATICCHECK) ./...

vuln:
	@out=$$($(GO) run $(GOVULNCHECK) ./... 2>&1); code=$$?; \
	if [ $$code -eq 0 ]; then echo "govulncheck: nothing found"; \
	elif echo "$$out" | grep -qE 'dial tcp|no such host|connection refused|i/o timeout|Forbidden|fetching vulnerabilities'; then \
		echo "govulncheck: skipped, the vulnerability database cannot be reached"; \
	else echo "$$out"; exit $$code; fi

tidy:
	$(GO) mod tidy -diff

fuzz: ## run each fuzz target for FUZZTIME (60s; 4000x is a number of inputs), of the packages of FUZZ (all)
	@set -e; for pkg in $(or $(FUZZ),$$($(GO) list ./...)); do \
		for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "== $$pkg $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$pkg; \
		done; \
	done

# Hyperscan is a C library that the matcher is measured against where it is installed.
HYPERSCAN := $(if $(RACE),$(shell pkg-config --exists libhs 2>/dev/null && echo yes))

bench: ## measure speeds beside named rivals (BENCH names some, IN their packages, BENCHTIME=1x is the short form)
	@$(if $(HYPERSCAN),,echo "make bench: without Hyperscan, which needs libhyperscan-dev and a C compiler")
	$(if $(HYPERSCAN),CGO_ENABLED=1 )$(GO) test $(if $(HYPERSCAN),-tags hyperscan )-run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem $(or $(IN),./...)

eval: ## score extraction, listing, feeds and tags on the real corpora in ../shared, where they are
	$(GO) test -count=1 -v -run 'Corpus|Gold|Real' ./crawler/... ./classify

year: ## a simulated year of 120 newsrooms under a fake clock, in some minutes
	BLOTTER_YEAR=365 GOGC=800 $(GO) test -count=1 -v -timeout 60m -parallel 4 -run 'TestYear' ./internal/pipeline

soak: ## a daemon over 200 sources for 30 days of a fake clock, in some minutes
	BLOTTER_SOAK=30 $(GO) test -count=1 -v -timeout 60m -run 'TestSoak' ./internal/daemon

load: ## 50 readers search a daemon for 10 minutes while it takes in 20,000 articles
	BLOTTER_LOAD=10m $(GO) test -count=1 -v -timeout 30m -run 'TestLoad' ./cmd/blotter

crash: ## a busy daemon is killed 50 times, and loses nothing
	BLOTTER_KILLS=50 $(GO) test -count=1 -v -timeout 30m -run 'TestDaemonKilled' ./cmd/blotter

clean: ## remove what the tasks above made
	rm -rf bin $(DEMO_DATA)

.PHONY: help build demo test check fmt vet staticcheck vuln tidy fuzz bench eval year soak load crash clean
