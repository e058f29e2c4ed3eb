package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"blotter/archive"
	"blotter/configs"
	"blotter/internal/alert"
)

// receiver is a real webhook on loopback: what it got, and what it answers.
type receiver struct {
	mu     sync.Mutex
	n      int // requests
	ids    []string
	bodies []alert.Message
	answer func(n int, w http.ResponseWriter, r *http.Request) // to the n-th request, from 1; nil: 200
	url    string
}

func startReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		var m alert.Message
		_ = json.Unmarshal(body, &m)
		r.mu.Lock()
		r.ids, r.bodies = append(r.ids, q.Header.Get("Webhook-Id")), append(r.bodies, m)
		r.n++
		n, answer := r.n, r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(n, w, q)
		}
	}))
	t.Cleanup(s.Close)
	r.url = s.URL
	return r
}

// answers sets what it answers.
func (r *receiver) answers(f func(n int, w http.ResponseWriter, r *http.Request)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// take returns the ids of the requests since the last call.
func (r *receiver) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := r.ids
	r.ids, r.bodies = nil, nil
	return ids
}

func hooks(urls ...string) string {
	text := "channels:\n"
	for i, url := range urls {
		text += fmt.Sprintf("  %s: {kind: webhook, url: \"%s/hidden-hook\", secret: hidden-secret}\n", []string{"one", "two", "three"}[i], url)
	}
	return text
}

// raids makes a desk whose query has found something for each of its channels.
func raids(t *testing.T, settings string, channels string) *desk {
	t.Helper()
	d := newDesk(t, settings, map[string]string{"raids": "query: raid*\nnotify: [" + channels + "]\n"})
	d.notify()
	d.find("A raid")
	return d
}

// find publishes an article that the query finds, a minute later.
func (d *desk) find(title string) {
	d.t.Helper()
	d.clock = d.clock.Add(time.Minute)
	d.publish(piece{url: "https://herald.example/" + strings.ReplaceAll(title, " ", "-"), title: title, body: "x"})
	d.notify()
}

func (d *desk) deliver() Delivering {
	d.t.Helper()
	n, err := d.Deliver(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

func (d *desk) deliveries(which archive.Which) []archive.Delivery {
	d.t.Helper()
	all, err := d.Archive.Deliveries(d.t.Context(), which)
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func TestDeliver(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	if n := d.deliver(); n != (Delivering{Delivered: 1}) {
		t.Errorf("%+v", n)
	}
	m := r.bodies[0]
	if m.ID == "" || m.ID != r.ids[0] || m.Kind != alert.About || m.Query != "raids" || m.Total != 1 || len(m.Articles) != 1 || m.Articles[0].Title != "A raid" {
		t.Errorf("%+v", m)
	}
	if n := d.deliver(); n != (Delivering{}) || len(r.ids) != 1 {
		t.Errorf("again: %+v, %v", n, r.ids)
	}
	all := d.deliveries(archive.AllDeliveries)
	if len(all) != 1 || !all[0].Delivered.Equal(d.clock) {
		t.Errorf("%+v", all)
	}
	// Kept for a month.
	d.clock = d.clock.Add(31 * 24 * time.Hour)
	d.find("Another raid")
	d.deliver()
	if all := d.deliveries(archive.AllDeliveries); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}

// A receiver that fails is asked again, later each time, with the same id, over restarts; then everything else goes out too.
func TestDeliverAgain(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	const failures = 5
	r.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
		if n <= failures {
			w.WriteHeader(http.StatusBadGateway)
		}
	})
	for n := range failures {
		if n := d.deliver(); n != (Delivering{Failed: 1}) {
			t.Fatalf("%+v", n)
		}
		d.open()
		x := d.deliveries(archive.Waiting)[0]
		wait := x.Due.Sub(d.clock)
		least := time.Minute << n
		if wait < least || wait > 2*least || x.Attempts != n+1 || !strings.Contains(x.Error, "502 Bad Gateway") {
			t.Errorf("try %d: again after %s: %+v", n+1, wait, x)
		}
		if n == failures-1 {
			d.find("Another raid")
		}
		if d.deliver() != (Delivering{}) {
			t.Error("the channel was not left alone")
		}
		d.clock = d.clock.Add(2 * least)
	}
	ids := r.take()
	if n := d.deliver(); n.Delivered != 2 || n.Failed != 0 {
		t.Errorf("%+v", n)
	}
	last := r.take()
	if len(ids) != failures || len(last) != 2 {
		t.Fatalf("%q, %q", ids, last)
	}
	slices.Sort(last)
	if seen := slices.Compact(slices.Sorted(slices.Values(append(ids, last...)))); len(seen) != 2 {
		t.Errorf("%d ids of 2 messages: %q", len(seen), seen)
	}
}

// What may be configured can be sent.
func TestChannelKinds(t *testing.T) {
	if may, can := configs.ChannelKinds(), alert.Kinds(); !slices.Equal(may, can) {
		t.Errorf("the configuration takes %q, and messages go by %q", may, can)
	}
}

func TestDeliverPause(t *testing.T) {
	for failures := range 100 {
		if p := pause(failures); p < firstRetry || p > lastRetry {
			t.Errorf("after %d: %s", failures, p)
		}
	}
	if a, b := pause(50), pause(50); a == b {
		t.Errorf("two pauses of %s", a)
	}
}

// One message that a receiver cannot take does not keep others from it.
func TestDeliverPoison(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	first := d.deliveries(archive.Waiting)[0].ID
	r.answers(func(_ int, w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Webhook-Id") == first {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	d.deliver()
	d.find("A second raid")
	d.find("A third raid")
	d.clock = d.clock.Add(2 * time.Minute)
	if n := d.deliver(); n != (Delivering{Delivered: 2, Failed: 1}) {
		t.Errorf("%+v", n)
	}
}

func TestDeliverRetryAfter(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	for _, test := range []struct{ field, want string }{{"7200", "2h0m0s"}, {"9999999", "24h0m0s"}, {"30", "30s"}} {
		r.answers(func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", test.field)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		d.deliver()
		x := d.deliveries(archive.Waiting)[0]
		if got := x.Due.Sub(d.clock); got.String() != test.want {
			t.Errorf("Retry-After: %s: after %s, want %s", test.field, got, test.want)
		}
		d.clock = x.Due.Add(-time.Second)
		if d.deliver() != (Delivering{}) {
			t.Error("the receiver was not left alone")
		}
		d.clock = x.Due
	}
}

// A receiver that is gone for good, or a channel that nobody knows any more, is not asked again; nor is any after three days.
func TestDeliverDead(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url, r.url), "one, two")
	r.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	d.write("blotter.yaml", hooks(r.url))
	d.write("queries/raids.yaml", "query: raid*\nnotify: [one]\n")
	d.open()
	if n := d.deliver(); n != (Delivering{Dead: 2}) {
		t.Errorf("%+v", n)
	}
	dead := d.deliveries(archive.Dead)
	slices.SortFunc(dead, func(a, b archive.Delivery) int { return strings.Compare(a.Channel, b.Channel) })
	if len(dead) != 2 || !strings.Contains(dead[0].Error, "410 Gone") || !strings.Contains(dead[1].Error, "no such channel in the configuration") {
		t.Fatalf("%+v", dead)
	}
	// Put right, they go out again with their ids.
	d.write("blotter.yaml", hooks(r.url, r.url))
	d.open()
	r.answers(nil)
	r.take()
	if n, err := d.Archive.RetryDeliveries(t.Context(), "", archive.Dead, d.clock); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if n := d.deliver(); n != (Delivering{Delivered: 2}) {
		t.Errorf("%+v", n)
	}
	if ids := r.take(); !slices.Contains(ids, dead[0].ID) || !slices.Contains(ids, dead[1].ID) {
		t.Errorf("%q", ids)
	}

	// Three days in vain are enough, also for what only waited behind.
	r.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	d.find("A third raid")
	d.find("A fourth raid")
	begin := d.clock
	d.deliver()
	for d.clock.Sub(begin) < giveUp-lastRetry {
		d.clock = d.clock.Add(lastRetry)
		d.deliver()
	}
	if n := len(d.deliveries(archive.Dead)); n > 0 {
		t.Errorf("%d were given up before their time", n)
	}
	d.clock = begin.Add(giveUp + lastRetry)
	if n := d.deliver(); n.Dead != 2 || len(d.deliveries(archive.Waiting)) != 0 {
		t.Errorf("%+v, %+v", n, d.deliveries(archive.Waiting))
	}
	if _, err := d.Archive.RetryDeliveries(t.Context(), "ZZZZ", archive.Waiting, d.clock); !errors.Is(err, archive.ErrNotFound) {
		t.Error(err)
	}
	id := d.deliveries(archive.Dead)[0].ID
	if n, err := d.Archive.RetryDeliveries(t.Context(), strings.ToLower(id[:10]), archive.Waiting, d.clock); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// A machine that was off for days has not tried for days: nothing is given up for that.
func TestDeliverOff(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	r.answers(func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	d.deliver()
	d.find("A raid that waits behind")
	d.clock = d.clock.Add(4 * 24 * time.Hour)
	for range 2 {
		if n := d.deliver(); n != (Delivering{Failed: 1}) {
			t.Errorf("%+v", n)
		}
		d.clock = d.clock.Add(lastRetry)
	}
	o, err := d.Archive.Outbox(t.Context())
	if err != nil || o.Waiting != 2 || o.Failed != 2 || o.Dead != 0 || !o.Oldest.Before(d.clock.Add(-4*24*time.Hour)) {
		t.Errorf("%+v, %v", o, err)
	}
}

// A channel that is slow, or down, holds no other up, and Ctrl-C breaks it off and loses nothing.
func TestDeliverStopped(t *testing.T) {
	slow, quick := startReceiver(t), startReceiver(t)
	d := raids(t, hooks(slow.url, quick.url), "one, two")
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan struct{})
	slow.answers(func(_ int, _ http.ResponseWriter, q *http.Request) { close(asked); <-q.Context().Done() })
	quick.answers(func(int, http.ResponseWriter, *http.Request) { <-asked; cancel() })
	if _, err := d.Deliver(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, x := range d.deliveries(archive.AllDeliveries) {
		if x.Attempts > 0 || x.Error != "" || x.Channel == "one" && !x.Delivered.IsZero() {
			t.Errorf("%+v", x)
		}
	}
	ids := slow.take()
	slow.answers(nil)
	quick.answers(nil)
	d.deliver()
	if again := slow.take(); !slices.Equal(again, ids) || len(d.deliveries(archive.Waiting)) > 0 {
		t.Errorf("%q after %q", again, ids)
	}
}

// deliverIn is the environment of TestDeliverKilled's child: the folder of its configuration.
const deliverIn = "BLOTTER_TEST_DELIVER_IN"

// TestDeliverChild is the process that TestDeliverKilled kills.
func TestDeliverChild(t *testing.T) {
	dir := os.Getenv(deliverIn)
	if dir == "" {
		t.Skip("a part of TestDeliverKilled")
	}
	c, err := configs.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	arc, err := archive.Open(c.DataDir, archive.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &Pipeline{Config: c, Archive: arc, Log: slog.New(slog.DiscardHandler)}
	_, err = p.Deliver(t.Context())
	t.Fatalf("the process lives, %v", err)
}

// Killed when the receiver has taken a message and that is not written down yet, a daemon sends it again under the same id.
func TestDeliverKilled(t *testing.T) {
	r := startReceiver(t)
	d := raids(t, hooks(r.url), "one")
	d.Archive.Close()
	child := exec.Command(os.Args[0], "-test.run=^TestDeliverChild$")
	child.Env = append(os.Environ(), deliverIn+"="+d.dir)
	asked, dead := make(chan struct{}), make(chan struct{})
	r.answers(func(n int, _ http.ResponseWriter, _ *http.Request) {
		if n == 1 {
			close(asked)
			<-dead
		}
	})
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- child.Wait() }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("the child has ended by itself: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	close(dead)
	d.open()
	if n := d.deliver(); n != (Delivering{Delivered: 1}) {
		t.Errorf("%+v", n)
	}
	if ids := r.take(); len(ids) != 2 || ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("the receiver got %q", ids)
	}
}

// Neither logs nor what is kept of a failure tell a secret.
func TestDeliverHidesSecrets(t *testing.T) {
	r := startReceiver(t)
	r.answers(func(_ int, w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, "no %s, and your secret is hidden-secret", q.URL)
	})
	d := raids(t, hooks(r.url, "http://127.0.0.1:1"), "one, two")
	var log bytes.Buffer
	d.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.Log.Info("all", "config", fmt.Sprintf("%+v %#v", d.Config, d.Config))
	if n := d.deliver(); n.Failed != 2 {
		t.Errorf("%+v", n)
	}
	c, err := d.Config.Channel("one")
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	d.Log.Info("channel", "channel", c)
	text := fmt.Sprintf("%s %s %+v %q %x %d", &log, encoded, c, c, c.Secret, []any{c.Secret})
	for _, x := range d.deliveries(archive.AllDeliveries) {
		text += x.Error
	}
	if strings.Contains(text, "hidden") || strings.Contains(text, fmt.Sprintf("%x", "hidden")) || !strings.Contains(text, "404 Not Found") {
		t.Errorf("%s", text)
	}
}
