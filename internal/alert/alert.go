// Package alert takes messages to people: by webhook, e-mail, ntfy and Slack-compatible webhook.
//
// Send gives a message to one channel, once, and says what the receiver answered. A nil error means that the receiver has taken
// it over; every other outcome is an error, a *Refusal when the receiver answered at all. Whether to try again, and when, is
// the caller's to decide: this package keeps no state. A message carries the id of its delivery, the same at every try, so
// that a receiver which was reached twice can tell.
//
// No error and no answer that is returned holds a secret of the channel: not its URL either, since whoever knows that of an
// incoming webhook or a topic may post there.
//
// A kind of channel is one file with one function, and one line in the table kinds.
package alert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"blotter"
)

// Timeout is how long one message may take.
const Timeout = 30 * time.Second

// kinds are the ways to send.
var kinds = map[string]func(context.Context, blotter.Channel, Message) (answer string, err error){
	"webhook": sendWebhook,
	"email":   sendMail,
	"ntfy":    sendNtfy,
	"slack":   sendSlack,
}

// Kinds are the kinds of channel there are.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Refusal is the answer of a receiver that does not take a message.
type Refusal struct {
	Answer string        // what it said, on one line
	Wait   time.Duration // for how long it asks to be left alone; 0: it does not say
	Final  bool          // trying again would be in vain: the address is gone, the mail is refused for good
}

func (r *Refusal) Error() string { return r.Answer }

// Send gives a message to a channel.
func Send(ctx context.Context, c blotter.Channel, m Message) (answer string, err error) {
	send, known := kinds[c.Kind]
	if !known {
		return "", fmt.Errorf("channel %s: no kind is called %q", c.Name, c.Kind)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, Timeout, fmt.Errorf("no answer within %s", Timeout))
	defer cancel()
	answer, err = send(ctx, c, m)
	if err == nil {
		return scrub(c, answer), nil
	}
	refusal := (*Refusal)(nil)
	if errors.As(err, &refusal) {
		refusal.Answer = scrub(c, refusal.Answer)
		return "", fmt.Errorf("channel %s: %w", c.Name, refusal)
	}
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, context.Canceled) {
		return "", fmt.Errorf("channel %s: %w", c.Name, context.Canceled)
	}
	return "", fmt.Errorf("channel %s: %s", c.Name, scrub(c, err.Error()))
}

// maxAnswer is how much of an answer is shown.
const maxAnswer = 300

// scrub takes what is secret out of a text of outside, which may quote what it was sent, and makes it one short line.
func scrub(c blotter.Channel, text string) string {
	hide := []string{string(c.Password), string(c.Secret)}
	if u, err := url.Parse(string(c.URL)); err == nil {
		hide = append(hide, string(c.URL), u.RequestURI(), strings.Trim(u.EscapedPath(), "/"), u.RawQuery, u.User.String())
		if password, is := u.User.Password(); is {
			hide = append(hide, password)
		}
		hide = append(hide, strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")...)
	}
	// The longest first, or a part would be hidden and the rest shown. What is short is no secret, and would tear words apart.
	slices.SortFunc(hide, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range hide {
		if len(secret) >= 6 {
			text = strings.ReplaceAll(text, secret, "•••")
		}
	}
	return cut(blotter.CleanLine(text), maxAnswer)
}

// cut shortens a text to at most n bytes, at the end of a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	n -= len("…")
	for n > 0 && text[n]&0xC0 == 0x80 {
		n--
	}
	return text[:n] + "…"
}

// trust is what a channel's TLS trusts.
func trust(c blotter.Channel, host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if len(c.CA) == 0 {
		return config, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a machine without any
	}
	if !pool.AppendCertsFromPEM(c.CA) {
		return nil, errors.New("ca_file holds no certificate in PEM")
	}
	config.RootCAs = pool
	return config, nil
}
