package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"blotter"
	"blotter/index"
)

// doorFile lies in the data folder while a daemon answers.
const doorFile = "daemon.json"

// Door says where a daemon answers the commands beside it: who may read its data folder may ask it.
type Door struct {
	PID     int       `json:"pid"`
	Version string    `json:"version,omitempty"`
	Started time.Time `json:"started,omitzero"`
	URL     string    `json:"url"` // http://127.0.0.1:41234
	Token   string    `json:"token,omitempty"`
	Public  string    `json:"public,omitempty"` // where it answers others, if it does
}

// Leave writes the door into a data folder, for the eyes of this user only.
func (d Door) Leave(dataDir string) error {
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	path := filepath.Join(dataDir, doorFile)
	f, err := os.CreateTemp(dataDir, doorFile+".*") // its mode is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Remove takes the door away, unless it is another daemon's by now.
func (d Door) Remove(dataDir string) error {
	now, err := ReadDoor(dataDir)
	if err != nil || now.PID != d.PID {
		return nil // gone, or no longer ours
	}
	return os.Remove(filepath.Join(dataDir, doorFile))
}

// ReadDoor reads the door in a data folder. The error is fs.ErrNotExist when no daemon has left one.
func ReadDoor(dataDir string) (Door, error) {
	path := filepath.Join(dataDir, doorFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Door{}, err
	}
	var d Door
	if err := json.Unmarshal(text, &d); err != nil {
		return Door{}, fmt.Errorf("%s: %w", path, err)
	}
	if u, err := url.Parse(d.URL); err != nil || u.Host == "" {
		return Door{}, fmt.Errorf("%s: %q is no address of a daemon", path, d.URL)
	}
	return d, nil
}

// Steer sends a command, such as reload, with its arguments to the daemon behind a door, and reads what it answers into answer. What
// it refuses is an error in its words.
func (d Door) Steer(ctx context.Context, command string, arguments, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	text, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL+controlPath+command, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+d.Token)
	client := newClient()
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("the daemon (pid %d) does not answer: %w; was it killed? Start it again", d.PID, err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return errors.New(strings.TrimSpace(string(text)))
	}
	return json.Unmarshal(text, answer)
}

// newClient asks the daemon of this machine alone: it takes no proxy, for the token is for nobody else, and follows nobody.
func newClient() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: dialTimeout}).DialContext, MaxIdleConnsPerHost: 2},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// RemoteIndex is the index of a running daemon, for commands that read the archive beside it.
type RemoteIndex struct {
	door   Door
	client *http.Client
}

var _ index.Index = (*RemoteIndex)(nil)

// What a command waits for, and how often it asks again when the daemon has too much to do.
const (
	dialTimeout   = 3 * time.Second
	remoteTimeout = answerTimeout + patience + 5*time.Second
	tries         = 5
	maxRetry      = 10 * time.Second
	maxFound      = 256 << 20
)

// Dial reaches the daemon behind a door, and makes sure that it has the archive with this id.
func Dial(ctx context.Context, d Door, archiveID string) (*RemoteIndex, error) {
	x := &RemoteIndex{door: d, client: newClient()}
	f, err := x.followed(ctx)
	if err != nil {
		return nil, fmt.Errorf("the daemon (pid %d) that has the index open does not answer at %s: %w; "+
			"wait until it does, or stop it: the index can then be read without it", d.PID, d.URL, err)
	}
	if f.Archive != archiveID {
		return nil, fmt.Errorf("the daemon at %s answers from another archive than this data folder holds; start it anew", d.URL)
	}
	return x, nil
}

// ask sends a request and reads the answer. A daemon that has too much to do is asked again.
func (x *RemoteIndex) ask(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		wait, err := x.askOnce(ctx, method, path, text, into)
		if wait == 0 || try == tries {
			return err
		}
		select {
		case <-time.After(min(wait, maxRetry)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// askOnce is one try. With an error it says how long to wait before the next, or 0 when another is in vain.
func (x *RemoteIndex) askOnce(ctx context.Context, method, path string, body []byte, into any) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, x.door.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if x.door.Token != "" {
		request.Header.Set("Authorization", "Bearer "+x.door.Token)
	}
	response, err := x.client.Do(request)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // the address is said already
		}
		return 0, err
	}
	defer response.Body.Close()
	answer := io.LimitReader(response.Body, maxFound)
	if response.StatusCode == http.StatusOK {
		return 0, json.NewDecoder(answer).Decode(into)
	}
	p := Problem{}
	if err := json.NewDecoder(answer).Decode(&p); err != nil || p.Status == 0 {
		return 0, fmt.Errorf("it answered %s, which no daemon of this program does", response.Status)
	}
	if response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		wait = time.Duration(max(seconds, 1)) * time.Second
	}
	return wait, &p
}

func (x *RemoteIndex) followed(ctx context.Context) (f followed, err error) {
	err = x.ask(ctx, http.MethodGet, "/api/v1/index/seq", nil, &f)
	return f, err
}

// Seq implements index.Index.
func (x *RemoteIndex) Seq() (int64, error) {
	f, err := x.followed(context.Background())
	return f.Seq, x.named(err)
}

// Count implements index.Index.
func (x *RemoteIndex) Count() (int, error) {
	f, err := x.followed(context.Background())
	return f.Count, x.named(err)
}

// Search implements index.Index. Load and Source of the request are the daemon's own.
func (x *RemoteIndex) Search(ctx context.Context, r index.Request) (index.Result, error) {
	if err := r.Check(); err != nil {
		return index.Result{}, err
	}
	var f found
	if err := x.ask(ctx, http.MethodPost, "/api/v1/index/search", askedFor(r), &f); err != nil {
		return index.Result{}, x.named(err)
	}
	return f.result(), nil
}

// Update implements index.Index: the daemon follows the archive by itself.
func (x *RemoteIndex) Update(context.Context, []blotter.Article, []string, int64) error {
	return errors.New("the index of a running daemon is changed by that alone")
}

// Close implements index.Index. The daemon goes on.
func (x *RemoteIndex) Close() error {
	x.client.CloseIdleConnections()
	return nil
}

// named says of an error where it comes from.
func (x *RemoteIndex) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("the daemon at %s: %w", x.door.URL, err)
}
