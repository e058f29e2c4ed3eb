package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"blotter"
)

// maxMail is how many bytes the text of a mail may have; 50 articles with their sentences stay well below.
const maxMail = 200 << 10

// sendMail hands a plain text mail to a server, over TLS unless the channel says otherwise.
func sendMail(ctx context.Context, c blotter.Channel, m Message) (string, error) {
	host, port, err := net.SplitHostPort(c.Server)
	if err != nil {
		return "", fmt.Errorf("server %q: %w", c.Server, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return "", fmt.Errorf("server %q: its port is not a number", c.Server)
	}
	config, err := trust(c, host)
	if err != nil {
		return "", err
	}
	msg, err := mailOf(c, m)
	if err != nil {
		return "", err
	}
	options := []mail.Option{mail.WithPort(number), mail.WithTimeout(Timeout), mail.WithTLSConfig(config), mail.WithHELO(heloName(c))}
	switch c.TLS {
	case "implicit":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if c.User != "" {
		options = append(options, mail.WithUsername(c.User), mail.WithPassword(string(c.Password)),
			mail.WithOpportunisticSMTPAuth(mail.SMTPAuthSCRAMSHA256, mail.SMTPAuthSCRAMSHA1, mail.SMTPAuthPlain, mail.SMTPAuthLogin))
	}
	// The library gives a connection up unclosed when the server's greeting, TLS or the password fails, and does not look at
	// the context once it is dialled: so the connection is ours.
	hangUp := func() {}
	defer func() { hangUp() }()
	options = append(options, mail.WithDialContextFunc(func(dialling context.Context, _, _ string) (conn net.Conn, err error) {
		dialer := &net.Dialer{}
		if c.TLS == "implicit" {
			conn, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(dialling, "tcp", c.Server)
		} else {
			conn, err = dialer.DialContext(dialling, "tcp", c.Server)
		}
		if err == nil {
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			hangUp = func() { stop(); conn.Close() }
		}
		return conn, err
	}))
	client, err := mail.NewClient(host, options...)
	if err != nil {
		return "", err
	}
	return hand(ctx, client, msg)
}

// hand gives a mail to the server. Once the server has taken it, a connection that then ends badly is no failure: the mail
// would be sent twice.
func hand(ctx context.Context, client *mail.Client, msg *mail.Msg) (string, error) {
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", err
	}
	err = client.SendWithSMTPClient(session, msg)
	if msg.IsDelivered() {
		_ = client.CloseWithSMTPClient(session)
		return strings.TrimSpace("accepted " + msg.ServerResponse()), nil
	}
	refused := (*mail.SendError)(nil)
	if errors.As(err, &refused) && refused.ErrorCode() != 0 {
		return "", &Refusal{Answer: refused.Error(), Final: refused.ErrorCode() >= 500}
	}
	return "", err
}

// mailOf writes the mail. Its Message-ID is made of the delivery's id, so that mail programs show a second copy once; its List-Id
// (RFC 2919) is made of the query, for filters.
func mailOf(c blotter.Channel, m Message) (*mail.Msg, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	msg := mail.NewMsg(mail.WithEncoding(mail.EncodingQP), mail.WithNoDefaultUserAgent())
	if err := msg.From(c.From); err != nil {
		return nil, err
	}
	if err := msg.To(c.To...); err != nil {
		return nil, err
	}
	list, about := m.Kind, "alarms"
	if m.Query != "" {
		list, about = m.Query, "the query "+m.Query
	}
	msg.Subject(m.Subject())
	msg.SetDateWithValue(time.Now())
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetGenHeaderPreformatted("List-Id", fmt.Sprintf("%q <%s.blotter.%s>", "Blotter, "+about, list, domain))
	msg.SetGenHeaderPreformatted("Auto-Submitted", "auto-generated") // RFC 3834: no answers of absence, please
	msg.SetBodyString(mail.TypeTextPlain, m.text(maxMail, plainLine)+"\n")
	return msg, nil
}

// heloName is what the client calls itself: the domain it writes from, since the machine's name would tell what it is none of.
func heloName(c blotter.Channel) string {
	if a, err := netmail.ParseAddress(c.From); err == nil {
		if _, domain, ok := strings.Cut(a.Address, "@"); ok {
			return domain
		}
	}
	return "localhost"
}
