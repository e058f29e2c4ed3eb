package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Announcement is what a running daemon says of itself in the file daemon.json of its data folder, for the commands beside it:
// who may read the data folder may ask the daemon.
type Announcement struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	URL     string    `json:"url"`              // of its door for this machine
	Public  string    `json:"public,omitempty"` // of the one that daemon.listen names
	Token   string    `json:"token"`            // for Authorization: Bearer, at the first
}

const announcementFile = "daemon.json"

// ErrNone says that no daemon has the data folder.
var ErrNone = errors.New("no daemon is running here; 'blotter daemon' starts one")

// Announced reads what the daemon of a data folder says of itself. ErrNone is in the chain when there is none; one that was
// killed has left its announcement, and does not answer.
func Announced(dataDir string) (Announcement, error) {
	var a Announcement
	text, err := os.ReadFile(filepath.Join(dataDir, announcementFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNone
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		return a, fmt.Errorf("data folder %s: %w", dataDir, err)
	}
	return a, nil
}

// write puts the announcement into a data folder, whole or not at all.
func (a Announcement) write(dataDir string) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(dataDir, announcementFile)
	if err := os.WriteFile(file+".new", append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// Ask sends a command, such as reload, to the daemon and returns its answer. What the daemon refuses is an error with its words.
func (a Announcement) Ask(ctx context.Context, command string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL+"/control/"+command, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the daemon (pid %d) does not answer: %w: was it killed? Start it again", a.PID, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(text)))
	}
	return text, err
}
