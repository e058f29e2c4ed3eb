package daemon

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"blotter/configs"
)

// leastToken is how long a token is at least: 16 characters that nobody guesses in a year of asking.
const leastToken = 16

// doors are where a daemon is asked. The one for this machine is always there, on a free port of loopback, and takes the token
// of the announcement: by it the commands beside the daemon search and steer. The other is where the configuration says.
type doors struct {
	all          []*door
	announcement string // the file
}

type door struct {
	listener  net.Listener
	handler   http.Handler
	cert, key string // PEM files; "" without TLS
}

// open opens the doors and announces them.
func (d *Daemon) open(c *configs.Config) (_ *doors, err error) {
	all := &doors{announcement: filepath.Join(c.DataDir, announcementFile)}
	defer func() {
		if err != nil {
			all.close()
		}
	}()
	a := Announcement{PID: os.Getpid(), Version: d.Version, Started: d.started.UTC(), Token: rand.Text()}
	own, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("loopback: %w", err)
	}
	all.all = append(all.all, &door{listener: own, handler: d.control(a.Token)})
	a.URL = "http://" + own.Addr().String()
	if c.Daemon.Listen != "" {
		public, err := net.Listen("tcp", c.Daemon.Listen)
		if err != nil {
			return nil, fmt.Errorf("daemon.listen: %w: is another program there? Choose another port in blotter.yaml", err)
		}
		token, err := readToken(c.Daemon.TokenFile)
		if err != nil {
			return nil, errors.Join(err, public.Close())
		}
		_ = token
		all.all = append(all.all, &door{listener: public, handler: http.NotFoundHandler(), cert: c.Daemon.TLSCert, key: c.Daemon.TLSKey})
		a.Public = "http://" + public.Addr().String()
		if c.Daemon.TLSCert != "" {
			a.Public = "https://" + public.Addr().String()
		}
	}
	return all, a.write(c.DataDir)
}

// readToken reads the file of a token; "" without one.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("daemon.token_file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if len(token) < leastToken {
		return "", fmt.Errorf("daemon.token_file: the token in %s has %d characters, and %d or more are needed: openssl rand -hex 16 makes one",
			file, len(token), leastToken)
	}
	return token, nil
}

// public is the address that the configuration names, for the log.
func (d *doors) public() string {
	if len(d.all) < 2 {
		return "loopback only"
	}
	return d.all[1].listener.Addr().String()
}

// close ends what open began. Closing a listener twice is no harm.
func (d *doors) close() {
	for _, door := range d.all {
		_ = door.listener.Close()
	}
	_ = os.Remove(d.announcement)
}

// serve answers until ctx ends, and then finishes the answers under way, for as long as the grace goes.
func (d *door) serve(ctx context.Context) error {
	server := &http.Server{Handler: d.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, IdleTimeout: time.Minute}
	finished := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		last, end := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer end()
		if server.Shutdown(last) != nil {
			_ = server.Close()
		}
	})
	defer stop()
	var err error
	if d.cert != "" {
		err = server.ServeTLS(d.listener, d.cert, d.key)
	} else {
		err = server.Serve(d.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		<-finished // Serve returns when Shutdown begins
		return nil
	}
	return fmt.Errorf("http: %w", err)
}
