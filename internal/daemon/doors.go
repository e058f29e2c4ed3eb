package daemon

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"blotter/configs"
	"blotter/internal/web"
)

// leastToken is how long a token is at least: 16 characters that nobody guesses in a year of asking.
const leastToken = 16

// door is an address at which the daemon is asked.
type door struct {
	listener net.Listener
	security *tls.Config // nil: none
	server   *web.Server
}

// open opens the doors: one for the commands of this machine, which is always there, on a free port of loopback and with a token
// of its own, and the one that the configuration names. It leaves word of them in the data folder, and returns how to
// take that away.
func (d *Daemon) open(c *configs.Config) (doors []*door, remove func(), err error) {
	defer func() {
		if err != nil {
			closeAll(doors)
		}
	}()
	word := web.Door{PID: os.Getpid(), Version: d.Version, Started: d.started.UTC(), Token: rand.Text()}
	own, err := d.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("loopback: %w", err)
	}
	server := d.server(word.Token)
	server.Loopback, server.Control = true, d.control()
	doors = append(doors, &door{listener: own, server: server})
	word.URL = "http://" + own.Addr().String()
	if c.Daemon.Listen != "" {
		public, err := d.openPublic(c.Daemon)
		if err != nil {
			return doors, nil, err
		}
		doors = append(doors, public)
		word.Public = "http://" + public.listener.Addr().String()
		if public.security != nil {
			word.Public = "https://" + public.listener.Addr().String()
		}
	}
	return doors, func() { _ = word.Remove(c.DataDir) }, word.Leave(c.DataDir)
}

// openPublic opens the door that the configuration names.
func (d *Daemon) openPublic(c configs.Daemon) (*door, error) {
	token, err := readToken(c.TokenFile)
	if err != nil {
		return nil, err
	}
	x := &door{server: d.server(token)}
	x.server.Loopback, x.server.Origins = c.Loopback(), c.Origins
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("daemon.tls_cert: %w", err)
		}
		x.security = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if x.listener, err = d.Listen("tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("daemon.listen: %w: is another program there? Choose another port in blotter.yaml", err)
	}
	return x, nil
}

// server is what both doors have in common.
func (d *Daemon) server(token string) *web.Server {
	return &web.Server{House: d.house.Load, Token: token, Log: d.Log, Metrics: d.metrics, Ready: d.ready, Live: d.live, Answering: d.courtesy.answering}
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

// serve answers until ctx ends, and then finishes the answers under way, for some seconds.
func (x *door) serve(ctx context.Context) error {
	if err := x.server.Serve(ctx, x.listener, x.security); err != nil {
		return fmt.Errorf("http at %s: %w", x.listener.Addr(), err)
	}
	return nil
}

// closeAll closes doors; that one is closed already is no harm.
func closeAll(doors []*door) {
	for _, x := range doors {
		_ = x.listener.Close()
	}
}

// errFull says of a daemon that it takes nothing in.
var errFull = errors.New("the disk is full: nothing is fetched until there is room")

// ready says why the daemon is not doing all that it should.
func (d *Daemon) ready() error {
	if d.stuck.is() {
		return errFull
	}
	return nil
}

// live says why the daemon should be started anew: it has not looked for what is due for far too long.
func (d *Daemon) live() error {
	if late := d.sinceTick(); late > lateTick {
		return fmt.Errorf("nothing was looked for since %s", late)
	}
	return nil
}
