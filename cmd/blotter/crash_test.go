package main

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"blotter"
	"blotter/internal/newsroom"
	"blotter/internal/web"
)

// receiver takes messages by webhook, and its time to answer: between that it has one and that it says so the sender may be killed.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	messages map[string]message // by id
	again    int                // messages that came once more
	faults   []string
}

// message is one that tells of articles: the first ones, and how many there are.
type message struct {
	ID       string
	Total    int
	Articles []struct{ ID string }
}

func newReceiver() *receiver {
	r := &receiver{messages: map[string]message{}}
	r.Server = httptest.NewServer(r)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return // the sender was killed
	}
	r.note(q.Header.Get("Webhook-Id"), body)
	time.Sleep(200 * time.Millisecond)
}

func (r *receiver) came() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.messages)
}

func (r *receiver) note(id string, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var m message
	if err := json.Unmarshal(body, &m); err != nil || m.ID == "" || m.ID != id {
		r.faults = append(r.faults, fmt.Sprintf("a message of the id %q in its head and %q in its text, %v", id, m.ID, err))
	}
	if before, ok := r.messages[m.ID]; ok {
		r.again++
		if !reflect.DeepEqual(before, m) {
			r.faults = append(r.faults, "the message "+m.ID+" tells of other articles the second time")
		}
	}
	r.messages[m.ID] = m
}

// crash is a daemon that is killed again and again, with all that it is busy with.
type crash struct {
	t        *testing.T
	dir      string
	rooms    *newsroom.Newsrooms
	receiver *receiver
	random   *rand.Rand
	killed   int
	backups  int // that were whole, among those that were killed too
}

// TestDaemonKilled ends a busy daemon by SIGKILL at random moments: it crawls, tags, indexes and alerts, beside it a backup is made,
// which is killed too. In the end everything that was acknowledged is there once, archive and index agree, and each alert has
// come, more than once if need be, under one id. BLOTTER_KILLS is how often; see make crash.
func TestDaemonKilled(t *testing.T) {
	kills, err := strconv.Atoi(cmp.Or(os.Getenv("BLOTTER_KILLS"), "8"))
	if err != nil {
		t.Fatal(err)
	}
	hosts, articles := kills/2+1, (kills/2+1)*60
	rooms, err := newsroom.Bulk{Articles: articles, Hosts: hosts, Kind: blotter.KindFeed, Seed: 3}.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer rooms.Close()
	c := &crash{t: t, dir: t.TempDir(), rooms: rooms, receiver: newReceiver(), random: rand.New(rand.NewPCG(5, uint64(kills)))}
	defer c.receiver.Close()
	captures := 0
	for round := range kills {
		c.configure(round/2 + 1)
		if round%7 == 6 { // an index that is gone is one more thing to do
			if err := os.RemoveAll(filepath.Join(c.dir, "data", "index")); err != nil {
				t.Fatal(err)
			}
		}
		after := c.kill()
		captures = checkArchive(t, filepath.Join(c.dir, "data"), captures)
		t.Logf("kill %2d after %4d ms: %5d captures, whole and none lost; %3d messages have come, %d backups are whole",
			c.killed, after.Milliseconds(), captures, c.receiver.came(), c.backups)
	}
	c.configure(hosts)
	c.finish(articles)
	checkAgreement(t, filepath.Join(c.dir, "data"), articles, c.killed)
	c.checkAlerts()
	t.Logf("%d kills; %d messages of the daemon came, %d of them again; %d backups were whole", c.killed, len(c.receiver.messages), c.receiver.again, c.backups)
}

// configure writes a configuration with the first hosts.
func (c *crash) configure(hosts int) {
	c.t.Helper()
	if _, err := os.Stat(filepath.Join(c.dir, "rules")); err != nil {
		writeConfig(c.t, c.dir, c.rooms)
	}
	var sources strings.Builder
	sources.WriteString("sources:\n")
	for _, s := range c.rooms.Sources()[:hosts] {
		fmt.Fprintf(&sources, "  - {id: %q, name: %q, kind: feed, url: %q, schedule: every 1m, time_zone: UTC, country: gb, publisher: press, language: en}\n",
			s.ID, s.Name, s.URL)
	}
	for name, text := range map[string]string{
		"blotter.yaml": "contact: test@blotter.example\ndaemon: {listen: ''}\ncrawl:\n  min_interval: 1s\n  recheck: [1s]\n  allow: [" +
			strings.Join(quoted(c.rooms.Addrs()), ", ") + "]\nchannels:\n  desk: {kind: webhook, url: '" + c.receiver.URL + "', secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}\n",
		"sources/bulk.yaml": sources.String(),
		"queries/news.yaml": "query: police\nnotify: [desk]\nmax_age: 876000h\n",
	} {
		file := filepath.Join(c.dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			c.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// start starts a daemon and returns when it is at work.
func (c *crash) start() *exec.Cmd {
	c.t.Helper()
	log, err := os.Create(filepath.Join(c.dir, "log"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	data := filepath.Join(c.dir, "data")
	_ = os.Remove(filepath.Join(data, "daemon.json")) // of the one that was killed
	cmd := blotterCommand(c.t, "--config", c.dir, "daemon")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := web.ReadDoor(data); err == nil {
			return cmd
		}
		if time.Now().After(end) || cmd.ProcessState != nil {
			text, _ := os.ReadFile(log.Name())
			c.t.Fatalf("the daemon does not start:\n%s", text)
		}
	}
}

// kill lets a daemon work for a while, with a backup beside it, kills both, and says after how long.
func (c *crash) kill() (after time.Duration) {
	c.t.Helper()
	cmd := c.start()
	backup := blotterCommand(c.t, "--config", c.dir, "--quiet", "backup", filepath.Join(c.dir, "backups"))
	if err := backup.Start(); err != nil {
		c.t.Fatal(err)
	}
	after = time.Duration(c.random.Int64N(int64(1200 * time.Millisecond)))
	time.Sleep(after)
	if err := cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = backup.Process.Kill()
	_ = cmd.Wait()
	if backup.Wait() == nil {
		c.backups++
	}
	c.killed++
	return after
}

// finish lets a daemon do all that is left, and stops it.
func (c *crash) finish(articles int) {
	c.t.Helper()
	cmd := c.start()
	db := c.database()
	defer db.Close()
	left := func() (n int) {
		err := db.QueryRow(`SELECT ? - (SELECT count(*) FROM articles WHERE rules IS NOT NULL) + (SELECT count(*) FROM outbox WHERE delivered IS NULL)
			+ (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'seq') - (SELECT seq FROM watches)`, articles).Scan(&n)
		if err != nil {
			c.t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(4 * time.Minute); left() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			text, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			c.t.Fatalf("%d articles and messages are left\n%s", left(), text)
		}
	}
	began := time.Now()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || time.Since(began) > 10*time.Second {
		c.t.Errorf("stopped after %v: %v", time.Since(began), err)
	}
	if out, err := blotterCommand(c.t, "--config", c.dir, "update").CombinedOutput(); err != nil { // what came within the last seconds
		c.t.Errorf("update: %v\n%s", err, out)
	}
}

func (c *crash) database() *sql.DB {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.dir, "data", "blotter.sqlite")+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		c.t.Fatal(err)
	}
	return db
}

// checkAlerts holds what the archive says was told against what came.
func (c *crash) checkAlerts() {
	c.t.Helper()
	db := c.database()
	defer db.Close()
	told, total := map[string]bool{}, 0
	for id, m := range c.receiver.messages {
		var delivered sql.NullString
		if err := db.QueryRow(`SELECT delivered FROM outbox WHERE id = ?`, id).Scan(&delivered); err != nil || !delivered.Valid {
			c.t.Errorf("the message %s came; the archive says %v, %v", id, delivered, err)
		}
		for _, a := range m.Articles {
			if told[a.ID] {
				c.t.Errorf("two messages tell of the article %s", a.ID)
			}
			told[a.ID] = true
		}
		total += m.Total
	}
	var alerted int
	if err := db.QueryRow(`SELECT count(*) FROM alerted WHERE copy_of = ''`).Scan(&alerted); err != nil || alerted == 0 || alerted != total {
		c.t.Errorf("the messages that came tell of %d articles, the archive says %d (%v)", total, alerted, err)
	}
	for _, fault := range c.receiver.faults {
		c.t.Error(fault)
	}
}
