// Package web answers over HTTP: searches, articles, exports, coverage and the rest as JSON under /api/v1, any query as a
// feed, health for whoever watches the daemon, and figures for Prometheus. docs/http.md is its manual for those who ask, and
// openapi.json the same for programs; both are held to what is answered by tests.
//
// Begin with [Server], the values it takes from the daemon, and operations, the table of all there is to ask. A request goes
// through guard.go (who may ask, and how often), params.go (nothing is taken that is not understood) and slots.go (how much is
// done at once), and what comes of it is a value of package answer or a problem ([Problem]).
//
// The other half is [RemoteIndex]: the index of a running daemon for a command beside it, which cannot open that itself. The
// daemon leaves word of where it is in its data folder ([Door]).
//
// Nothing is changed over HTTP but what [Server.Control] changes, which only the commands beside a daemon reach. No text of outside
// is sent as anything that a browser would run.
package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"blotter/classify"
	"blotter/configs"
	"blotter/internal/answer"
)

// House is what a daemon answers from. It is never changed: at a reload there is another.
type House struct {
	Config *configs.Config
	Pack   *classify.Pack
	Reader *answer.Reader
}

// Server answers over HTTP. House is required.
type Server struct {
	House func() *House // asked once a request; nil from it: not there yet

	// Token is what requests must carry, but for those about health. "": everybody may ask whom the listener reaches, which
	// only a loopback address makes safe.
	Token    string
	Loopback bool     // only this machine reaches it: the Host of a request must be one of its names, and the limits are wide
	Origins  []string // of pages that may ask from a browser, such as https://desk.example; none: no page may

	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now
	Metrics *Metrics         // nil: there are none

	// Answering is told when somebody begins to wait for an answer, and done when that ends; nil: nobody needs to know.
	Answering func() (done func())

	// Control answers what steers the daemon, under /control/, to who has the token; nil: nothing does.
	Control http.Handler

	// Ready says why searches cannot be answered well yet, Live why the daemon must be started anew; nil for fine.
	Ready, Live func() error
}

// Handler returns what answers. Limits hold for all requests of one handler.
func (s *Server) Handler() http.Handler {
	h := &handler{Server: *s, clients: newClients(s.Loopback), searches: newSlots(searchSlots(), 256), exports: newSlots(2, 8)}
	h.Log = s.log()
	if h.Now == nil {
		h.Now = time.Now
	}
	return h
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}

// The times that a request may take. What is answered whole is bounded as a whole. An export may be long, and is cut when whoever
// asked does not take it; the hour is for one who takes a byte now and then.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	answerTimeout = 30 * time.Second
	writeTimeout  = 30 * time.Second
	exportTimeout = time.Hour
	idleTimeout   = 2 * time.Minute
	stopTimeout   = 5 * time.Second
)

// maxHeader bounds the head of a request: a query of 64 KiB, each byte of it as three.
const maxHeader = 256 << 10

// Serve answers on a listener, over TLS if there is a configuration of it, until ctx ends. Requests at work then have five
// seconds to end, and are cut after that. The listener is closed when it returns.
func (s *Server) Serve(ctx context.Context, l net.Listener, security *tls.Config) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, TLSConfig: security, ErrorLog: slog.NewLogLogger(s.log().Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	served := make(chan error, 1)
	go func() {
		if security != nil {
			served <- server.ServeTLS(l, "", "")
		} else {
			served <- server.Serve(l)
		}
	}()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := server.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-served
	return err
}
