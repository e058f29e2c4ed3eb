package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"blotter"
)

// fetchAll fetches the URLs at once and returns when all have ended.
func fetchAll(t *testing.T, f *Fetcher, urls ...string) {
	var done sync.WaitGroup
	for _, u := range urls {
		done.Go(func() {
			_, err := f.Fetch(t.Context(), Request{URL: u})
			if err != nil {
				t.Errorf("%s: %v", u, err)
			}
		})
		synctest.Wait() // so that they queue in this order
	}
	done.Wait()
}

func requireTimes(t *testing.T, w *web, want ...time.Duration) {
	t.Helper()
	var got []time.Duration
	for _, v := range w.asked("") {
		got = append(got, v.at)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("requests at %v, want %v", got, want)
	}
}

const second = time.Second

func TestDelay(t *testing.T) {
	slow := func(_ http.ResponseWriter, r *http.Request) { sleep(r.Context(), 7*second) }
	crawlDelay := robotsServer(says("User-agent: *\nCrawl-delay: 20"))
	urls := []string{"http://a.example/1", "http://a.example/2", "http://a.example/3"}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		delay   time.Duration
		allow   string
		urls    []string
		want    []time.Duration // robots.txt first, which the first page follows at once
	}{
		{"default", withoutRobots(says("")), 0, "", urls, []time.Duration{0, 0, 5 * second, 10 * second}},
		{"set", withoutRobots(says("")), 8 * second, "", urls, []time.Duration{0, 0, 8 * second, 16 * second}},
		{"slower host", withoutRobots(slow), 0, "", urls, []time.Duration{0, 0, 7 * second, 14 * second}},
		{"Crawl-delay", crawlDelay, 0, "", urls, []time.Duration{0, 0, 20 * second, 40 * second}},
		{"Crawl-delay below ours", crawlDelay, 30 * second, "", urls, []time.Duration{0, 0, 30 * second, 60 * second}},
		{"allow-listed", withoutRobots(says("")), 0, "A.example:80", urls, []time.Duration{0, 0, 0, 0}},
		{"allow-listed and slow", withoutRobots(slow), 0, "a.example:80", urls, []time.Duration{0, 0, 7 * second, 14 * second}},
		{"Crawl-delay, allow-listed", crawlDelay, 0, "a.example:80", urls, []time.Duration{0, 0, 0, 0}},
		{
			"two hosts", withoutRobots(says("")), 0, "",
			[]string{"http://a.example/1", "http://b.example/1", "http://a.example/2", "http://b.example/2"},
			[]time.Duration{0, 0, 0, 0, 5 * second, 5 * second},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, test.handler, func(t *testing.T, w *web) {
				w.fetcher.Delay, w.fetcher.Allow = test.delay, []string{test.allow}
				fetchAll(t, w.fetcher, test.urls...)
				requireTimes(t, w, test.want...)
				for host, n := range w.most {
					if n != 1 {
						t.Errorf("%s had %d requests at once", host, n)
					}
				}
			})
		})
	}
}

// A redirect is a request like any other: it keeps the delay of the host it leads to.
func TestDelayOfRedirects(t *testing.T) {
	inBubble(t, withoutRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/1":
			http.Redirect(w, r, "/2", http.StatusFound)
		case "/2":
			http.Redirect(w, r, "http://b.example/3", http.StatusFound)
		}
	}), func(t *testing.T, w *web) {
		fetchOf(t, w.fetcher, Request{URL: "http://a.example/1"}, "")
		requireTimes(t, w, 0, 0, 5*second, 5*second, 5*second)
	})
}

// The robots.txt of a host is fetched in the host's turn and after its delay.
func TestDelayBeforeRobots(t *testing.T) {
	inBubble(t, robotsServer(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
	}), func(t *testing.T, w *web) {
		fetchAll(t, w.fetcher, "http://a.example/1")
		time.Sleep(58 * second)
		fetchAll(t, w.fetcher, "http://a.example/2") // at 58 s, robots.txt is known until 60 s
		time.Sleep(3 * second)
		fetchAll(t, w.fetcher, "http://a.example/3")
		requireTimes(t, w, 0, 0, 58*second, 63*second, 63*second)
	})
}

func TestCancelWhileWaiting(t *testing.T) {
	inBubble(t, withoutRobots(says("")), func(t *testing.T, w *web) {
		fetchAll(t, w.fetcher, "http://a.example/1")
		ctx, cancel := context.WithTimeout(t.Context(), 2*second)
		defer cancel()
		var queued sync.WaitGroup
		for range 2 { // the first waits for the delay, the second for the first
			queued.Go(func() {
				_, err := w.fetcher.Fetch(ctx, Request{URL: "http://a.example/never"})
				if !errors.Is(err, context.DeadlineExceeded) || blotter.AsFailure(err) != nil {
					t.Errorf("got %v, want the context's error", err)
				}
			})
		}
		queued.Wait()
		if took := time.Since(w.began); took != 2*second {
			t.Errorf("gave up after %v", took)
		}
		fetchAll(t, w.fetcher, "http://a.example/2") // the turn was given back
		requireTimes(t, w, 0, 0, 5*second)
	})
}

func TestBusyHostIsLeftAlone(t *testing.T) {
	// A bubble's clock begins at midnight UTC on 2000-01-01.
	tests := []struct {
		status     int
		retryAfter string
		wait       time.Duration
	}{
		{429, "120", 120 * second},
		{503, "120", 120 * second},
		{503, "Sat, 01 Jan 2000 01:00:00 GMT", time.Hour},
		{503, "Fri, 31 Dec 1999 23:00:00 GMT", 0},
		{429, "0", 0},
		{429, "", defaultHold},
		{429, "soon", defaultHold},
		{429, "-5", defaultHold},
		{429, "99999999999999999999", maxHold},
		{429, "Sat, 01 Jan 2050 00:00:00 GMT", maxHold},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.status, " ", test.retryAfter), func(t *testing.T) {
			inBubble(t, withoutRobots(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/busy" {
					if test.retryAfter != "" {
						w.Header().Set("Retry-After", test.retryAfter)
					}
					w.WriteHeader(test.status)
				}
			}), func(t *testing.T, w *web) {
				a, err := w.fetcher.Fetch(t.Context(), Request{URL: "http://a.example/busy"})
				requireBusy(t, err, test.wait)
				if len(a.Exchanges) != 1 || a.Exchanges[0].Status != test.status {
					t.Errorf("exchanges %v", a.Exchanges)
				}
				if test.wait > 0 {
					time.Sleep(10 * second)
					a, err = w.fetcher.Fetch(t.Context(), Request{URL: "https://a.example/other"}) // same host
					requireBusy(t, err, test.wait-10*second)
					if len(a.Exchanges) != 0 || time.Since(w.began) != 10*second {
						t.Errorf("%d exchanges after %v", len(a.Exchanges), time.Since(w.began))
					}
				}
				fetchOf(t, w.fetcher, Request{URL: "http://b.example/"}, "") // another host
				time.Sleep(max(0, test.wait-time.Since(w.began)))
				fetchOf(t, w.fetcher, Request{URL: "http://a.example/page"}, "")
			})
		})
	}
}

// A Fetcher that succeeds another keeps its manners: the delay since its last request, what a host asked for, robots.txt.
func TestSucceed(t *testing.T) {
	inBubble(t, withoutRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/busy" {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}), func(t *testing.T, w *web) {
		fetchAll(t, w.fetcher, "http://a.example/1")
		_, err := w.fetcher.Fetch(t.Context(), Request{URL: "http://b.example/busy"})
		requireBusy(t, err, defaultHold)

		next := &Fetcher{Agent: testAgent, Dial: w.network.Dial}
		next.Succeed(w.fetcher)
		t.Cleanup(func() { next.Close() })
		_, err = next.Fetch(t.Context(), Request{URL: "http://b.example/other"})
		requireBusy(t, err, defaultHold)
		fetchAll(t, next, "http://a.example/2")
		requireTimes(t, w, 0, 0, 0, 0, 5*second) // robots.txt and a page of a, of b, and the second page of a
	})
}

func requireBusy(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	requireReason(t, err, blotter.ReasonBusy)
	if got := blotter.AsFailure(err).Wait; got != wait {
		t.Errorf("wait %v, want %v", got, wait)
	}
}

// Those who queue when the host asks to be left alone do not ask it, nor do they wait.
func TestBusyReachesTheQueue(t *testing.T) {
	inBubble(t, withoutRobots(func(w http.ResponseWriter, r *http.Request) {
		sleep(r.Context(), 2*second)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}), func(t *testing.T, w *web) {
		var queued sync.WaitGroup
		for range 5 {
			queued.Go(func() {
				_, err := w.fetcher.Fetch(t.Context(), Request{URL: "http://a.example/"})
				requireReason(t, err, blotter.ReasonBusy)
			})
		}
		queued.Wait()
		requireTimes(t, w, 0, 0)
		if took := time.Since(w.began); took != 2*second {
			t.Errorf("they waited %v", took)
		}
	})
}

// A robots.txt that answers 429 forbids, and its host is left alone too.
func TestBusyRobots(t *testing.T) {
	inBubble(t, robotsServer(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["User-Agent"]) == 1 {
			w.Header().Set("Retry-After", "300")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}), func(t *testing.T, w *web) {
		_, err := w.fetcher.Fetch(t.Context(), Request{URL: "http://a.example/"})
		requireReason(t, err, blotter.ReasonRobots)
		if wait := blotter.AsFailure(err).Wait; wait != 300*second {
			t.Errorf("wait %v", wait)
		}
		_, err = w.fetcher.Fetch(t.Context(), Request{URL: "http://a.example/"})
		requireBusy(t, err, 300*second)
		time.Sleep(300 * second)
		w.fetcher.Fetch(t.Context(), Request{URL: "http://a.example/"})
		requireTimes(t, w, 0, 300*second)
	})
}

func TestHostsAreForgotten(t *testing.T) {
	inBubble(t, withoutRobots(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "busy.example" {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}), func(t *testing.T, w *web) {
		fetchOf(t, w.fetcher, Request{URL: "http://busy.example/"}, blotter.ReasonBusy)
		for i := range 3 * maxHosts {
			fetchOf(t, w.fetcher, Request{URL: fmt.Sprintf("http://host%d.example/", i)}, "")
			time.Sleep(time.Second / 10)
			w.fetcher.Close()
		}
		if n := len(w.fetcher.pacer.hosts); n > maxHosts {
			t.Errorf("%d hosts are remembered, want %d at most", n, maxHosts)
		}
		if n := len(w.fetcher.robots.sites); n > maxHosts {
			t.Errorf("%d robots.txt are remembered, want %d at most", n, maxHosts)
		}
		fetchOf(t, w.fetcher, Request{URL: "http://busy.example/"}, blotter.ReasonBusy)
		if n := len(w.asked("http://busy.example/")); n != 1 {
			t.Errorf("the busy host was asked %d times", n)
		}
	})
}

func TestPaceKey(t *testing.T) {
	for raw, want := range map[string]string{
		"http://a.example/": "a.example", "https://A.example/": "a.example", "http://a.example:443/": "a.example",
		"http://a.example:8080/": "a.example:8080", "http://[2606:4700::1]/": "2606:4700::1",
	} {
		u, err := parseURL("", raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := paceKey(u); got != want {
			t.Errorf("%s is counted under %q, want %q", raw, got, want)
		}
	}
}
