package blotter

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// allowed holds the architecture: for each package the packages of this module that it may import. A package that
// is not listed fails the test, so that a new room is a decision and not an accident.
var allowed = map[string][]string{
	"blotter":          {},
	"blotter/query":    {"blotter"},
	"blotter/testdata": {},

	"blotter/internal/coding":    {},
	"blotter/internal/corpora":   {},
	"blotter/internal/golden":    {},
	"blotter/internal/hyperscan": {},
	"blotter/internal/others":    {},
	"blotter/internal/race":      {},
	"blotter/internal/strict":    {},

	"blotter/archive":           {"blotter"},
	"blotter/classify":          {"blotter", "blotter/query", "blotter/internal/strict"},
	"blotter/configs":           {"blotter", "blotter/internal/strict"},
	"blotter/crawler":           {"blotter"},
	"blotter/crawler/extract":   {"blotter"},
	"blotter/index":             {"blotter", "blotter/query"},
	"blotter/internal/alert":    {"blotter"},
	"blotter/internal/export":   {"blotter"},
	"blotter/internal/answer":   {"blotter", "blotter/query", "blotter/archive", "blotter/configs", "blotter/index", "blotter/internal/export"},
	"blotter/internal/bundle":   {"blotter", "blotter/archive", "blotter/internal/export"},
	"blotter/internal/newsroom": {"blotter", "blotter/testdata"},
	"blotter/internal/web": {
		"blotter", "blotter/query", "blotter/archive", "blotter/classify", "blotter/configs", "blotter/index", "blotter/internal/answer",
		"blotter/internal/export",
	},

	"blotter/internal/pipeline": {
		"blotter", "blotter/query", "blotter/archive", "blotter/classify", "blotter/configs", "blotter/crawler",
		"blotter/crawler/extract", "blotter/index", "blotter/internal/alert",
	},

	"blotter/internal/daemon": {
		"blotter", "blotter/archive", "blotter/classify", "blotter/configs", "blotter/crawler", "blotter/index",
		"blotter/internal/answer", "blotter/internal/pipeline", "blotter/internal/web",
	},

	"blotter/cmd/blotter": {
		"blotter", "blotter/query", "blotter/archive", "blotter/classify", "blotter/configs", "blotter/crawler",
		"blotter/crawler/extract", "blotter/index", "blotter/internal/alert", "blotter/internal/answer", "blotter/internal/bundle", "blotter/internal/coding",
		"blotter/internal/daemon", "blotter/internal/export", "blotter/internal/newsroom",
		"blotter/internal/pipeline", "blotter/internal/strict", "blotter/internal/web",
	},
}

// pure packages turn values into values: no files, no network, no clock of their own, no database, no log.
var pure = []string{"blotter", "blotter/query", "blotter/classify", "blotter/crawler/extract", "blotter/internal/coding"}

// impure is what a pure package may not import.
var impure = []string{"os", "net", "net/http", "log", "log/slog", "database/sql", "context"}

// owners names, for some imports, the only packages that may have them.
var owners = map[string][]string{
	"database/sql":                   {"blotter/archive"},
	"github.com/blevesearch/bleve/":  {"blotter/index"},
	"github.com/gocolly/colly/":      {"blotter/crawler"},
	"github.com/mmcdole/gofeed":      {"blotter/crawler"},
	"github.com/markusmobius/":       {"blotter/crawler/extract"},
	"github.com/robfig/cron/":        {"blotter/configs", "blotter/internal/daemon"},
	"github.com/coreos/go-systemd/":  {"blotter/cmd/blotter"},
	"github.com/spf13/cobra":         {"blotter/cmd/blotter"},
	"github.com/sergi/go-diff/":      {"blotter/cmd/blotter"},
	"codeberg.org/readeck/":          {"blotter/crawler/extract"},
	"github.com/wneessen/go-mail":    {"blotter/internal/alert"},
	"github.com/xuri/excelize/":      {"blotter/internal/export"},
	"github.com/parquet-go/":         {"blotter/internal/export"},
	"modernc.org/sqlite":             {"blotter/archive"},
	"github.com/jimsmart/grobotstxt": {"blotter/crawler"},
	"log/slog": {
		"blotter/internal/pipeline", "blotter/internal/web", "blotter/internal/daemon", "blotter/cmd/blotter",
	},
	"github.com/prometheus/": {"blotter/internal/web"},
	"golang.org/x/time/":     {"blotter/internal/web"},
}

func TestImports(t *testing.T) {
	packages := modulePackages(t)
	if len(packages) < 10 {
		t.Fatalf("found %d packages; the walk is broken", len(packages))
	}
	for path, imports := range packages {
		may, known := allowed[path]
		if !known {
			t.Errorf("%s is not in the table of allowed imports: decide its layer there", path)
			continue
		}
		for _, imp := range imports {
			if ours(imp) && !slices.Contains(may, imp) {
				t.Errorf("%s imports %s, which its layer does not allow", path, imp)
			}
			if slices.Contains(pure, path) && slices.Contains(impure, imp) {
				t.Errorf("%s is pure and imports %s", path, imp)
			}
			for owned, by := range owners {
				if strings.HasPrefix(imp, owned) && !slices.Contains(by, path) {
					t.Errorf("%s imports %s, which belongs to %s", path, imp, strings.Join(by, ", "))
				}
			}
		}
	}
}

func isFile(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func ours(imp string) bool { return imp == "blotter" || strings.HasPrefix(imp, "blotter/") }

// modulePackages maps each package of the module to what its non-test files import.
func modulePackages(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if dir != "." && (strings.HasPrefix(d.Name(), ".") || isFile(filepath.Join(dir, "go.mod"))) {
			return filepath.SkipDir // hidden, or a module of its own
		}
		pkg, err := build.ImportDir(dir, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		packages[strings.TrimSuffix("blotter/"+filepath.ToSlash(dir), "/.")] = pkg.Imports
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
