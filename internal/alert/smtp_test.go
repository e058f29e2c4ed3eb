package alert

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"blotter"
)

// mailServer is a real SMTP server on loopback, and what it got.
type mailServer struct {
	mu      sync.Mutex
	got     []string // mails
	users   []string // who logged in
	secure  []bool   // whether the mail came over TLS
	refuse  error    // what it answers to a recipient
	address string
	ca      []byte
}

// certificate makes one for 127.0.0.1 that signs itself.
func certificate(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func serveMail(t *testing.T, implicit, startTLS bool) *mailServer {
	t.Helper()
	cert, ca := certificate(t)
	m := &mailServer{ca: ca}
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{m: m, conn: c}, nil }))
	s.Domain = "localhost"
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if startTLS {
		s.TLSConfig = config
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	if implicit {
		l = tls.NewListener(l, config)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-done })
	return m
}

type mailSession struct {
	m    *mailServer
	conn *smtp.Conn
}

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "the-pass-word" {
			return errors.New("wrong password the-pass-wrong") // as some servers do, it quotes what it got
		}
		s.m.mu.Lock()
		defer s.m.mu.Unlock()
		s.m.users = append(s.m.users, user)
		return nil
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(string, *smtp.RcptOptions) error { return s.m.refuse }

func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	_, secure := s.conn.TLSConnectionState()
	s.m.got, s.m.secure = append(s.m.got, string(text)), append(s.m.secure, secure)
	return err
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func mailChannel(m *mailServer, kind string) blotter.Channel {
	return blotter.Channel{
		Name: "mail", Kind: "email", Server: m.address, TLS: kind, From: "Blotter <blotter@news.example>", To: []string{"desk@news.example"},
		CA: m.ca,
	}
}

func TestMail(t *testing.T) {
	for _, test := range []struct {
		tls                string
		implicit, startTLS bool
		user               string
	}{
		{"starttls", false, true, "blotter"}, {"implicit", true, false, "blotter"}, {"none", false, false, ""}, {"starttls", false, true, ""},
	} {
		m := serveMail(t, test.implicit, test.startTLS)
		c := mailChannel(m, test.tls)
		if c.User = test.user; c.User != "" {
			c.Password = "the-pass-word"
		}
		answer, err := Send(t.Context(), c, twoArticles())
		if err != nil {
			t.Errorf("%+v: %v", test, err)
			continue
		}
		if len(m.got) != 1 || m.secure[0] != (test.tls != "none") || len(m.users) != len(test.user)/len("blotter") {
			t.Errorf("%+v: %d mails, secure %v, users %v", test, len(m.got), m.secure, m.users)
		}
		if !strings.HasPrefix(answer, "accepted") {
			t.Errorf("%+v: answer %q", test, answer)
		}
		checkMail(t, m.got[0])
	}
}

func checkMail(t *testing.T, text string) {
	t.Helper()
	mail, err := netmail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for field, want := range map[string]string{
		"Message-Id": "<01ABC@news.example>", "List-Id": `"Blotter, the query raids" <raids.blotter.news.example>`,
		"Auto-Submitted": "auto-generated", "Subject": "@raids: 2 new articles", "Content-Transfer-Encoding": "quoted-printable",
		"To": "<desk@news.example>", "From": `"Blotter" <blotter@news.example>`,
	} {
		if got := mail.Header.Get(field); got != want {
			t.Errorf("%s is %q, want %q", field, got, want)
		}
	}
	if got := mail.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/plain; charset=UTF-8") {
		t.Errorf("content type %q", got)
	}
	if mail.Header.Get("Bcc") != "" {
		t.Error("a title has become a header")
	}
}

// A server without TLS, or whose certificate nobody vouches for, gets neither password nor mail.
func TestMailRefused(t *testing.T) {
	plain, secure := serveMail(t, false, false), serveMail(t, false, true)
	stranger, wrong, gone := mailChannel(secure, "starttls"), mailChannel(secure, "starttls"), mailChannel(secure, "starttls")
	stranger.CA = nil
	wrong.User, wrong.Password = "blotter", "the-pass-wrong"
	for name, test := range map[string]struct {
		c    blotter.Channel
		want string
	}{
		"no TLS":         {mailChannel(plain, "starttls"), "STARTTLS"},
		"unknown":        {stranger, "certificate"},
		"wrong password": {wrong, "wrong password •••"},
	} {
		_, err := Send(t.Context(), test.c, twoArticles())
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "the-pass") {
			t.Errorf("%s: %v", name, err)
		}
		if r := (*Refusal)(nil); errors.As(err, &r) && r.Final {
			t.Errorf("%s: given up for good", name)
		}
	}
	for code, final := range map[int]bool{450: false, 550: true} {
		secure.refuse = &smtp.SMTPError{Code: code, Message: "no such desk"}
		_, err := Send(t.Context(), gone, twoArticles())
		r := (*Refusal)(nil)
		if !errors.As(err, &r) || r.Final != final || !strings.Contains(r.Answer, "no such desk") {
			t.Errorf("%d: %v", code, err)
		}
	}
	if len(plain.got)+len(secure.got)+len(plain.users)+len(secure.users) > 0 {
		t.Errorf("something was taken: %v %v", plain.got, secure.got)
	}
}

// A server that says nothing, or nothing more, costs no longer than the context lasts, and no connection is left.
func TestMailSilent(t *testing.T) {
	for _, greeting := range []string{"", "220 localhost\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		closed := make(chan error, 1)
		go func() {
			conn, err := l.Accept()
			if err == nil {
				defer conn.Close()
				_, err = io.WriteString(conn, greeting)
			}
			if err == nil {
				_, err = io.Copy(io.Discard, conn) // until the client is gone
			}
			closed <- err
		}()
		ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("a moment is over"))
		defer cancel()
		begin := time.Now()
		c := mailChannel(&mailServer{address: l.Addr().String()}, "starttls")
		if _, err := Send(ctx, c, twoArticles()); err == nil || !strings.Contains(err.Error(), "a moment is over") || time.Since(begin) > Timeout/2 {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		if err := <-closed; err != nil {
			t.Error(err)
		}
	}
}
