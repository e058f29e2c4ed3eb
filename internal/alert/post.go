package alert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// maxRead is how much of an answer is read.
const maxRead = 4 << 10

// post sends a body to an address of a channel. Every status of the 200s is the receiver's word that it has the message.
func post(ctx context.Context, c blotter.Channel, address string, body []byte, header http.Header) (string, error) {
	config, err := trust(c, "")
	if err != nil {
		return "", err
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: sameHost}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", errors.New("its url is no address")
	}
	header.Set("User-Agent", "Blotter")
	request.Header = header
	answer, err := client.Do(request)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // without the address
		}
		return "", fmt.Errorf("%s: %w", request.URL.Host, err)
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxRead)) // the status counts, whatever becomes of the text
	text := strings.TrimSpace(answer.Status + " " + string(said))
	if answer.StatusCode/100 == 2 {
		return text, nil
	}
	r := &Refusal{Answer: text, Final: answer.StatusCode == http.StatusGone, Wait: retryAfter(answer.Header.Get("Retry-After"), time.Now())}
	if to, err := answer.Location(); err == nil && answer.StatusCode/100 == 3 {
		r.Answer = fmt.Sprintf("%s to %s, which is not followed: put the new address into the configuration", answer.Status, to.Host)
	}
	return "", r
}

// sameHost follows a redirect that asks for the same request at the same place by the same scheme: a message and its signature
// are for whom the operator has named.
func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0]
	if len(before) > 3 || next.Method != first.Method || next.URL.Host != first.URL.Host || next.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// retryAfter reads the field Retry-After: seconds, or a date (RFC 9110, 10.2.3). 0: it says nothing.
func retryAfter(field string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(field); err == nil {
		return time.Duration(min(max(seconds, 0), 1<<30)) * time.Second
	}
	if at, err := http.ParseTime(field); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
