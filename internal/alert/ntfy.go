package alert

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"blotter"
)

// maxNtfy is how many bytes a message may have. What is longer than 4,096 becomes an attachment.
const maxNtfy = 3900

// sendNtfy publishes to a topic as JSON, since headers would have to be ASCII: to the server's root, with the topic inside.
func sendNtfy(ctx context.Context, c blotter.Channel, m Message) (string, error) {
	u, err := url.Parse(string(c.URL))
	if err != nil {
		return "", errors.New("its url is no address")
	}
	topic := path.Base(u.Path)
	u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), topic)
	message := map[string]any{
		"topic": topic, "title": cut(m.Subject(), 250), "message": m.text(maxNtfy, plainLine),
		// From version 2.16 on a second message with the same one takes the place of the first.
		"sequence_id": m.ID,
	}
	if len(m.Articles) == 1 && m.Total == 1 {
		message["click"] = m.Articles[0].URL
	}
	if m.Kind == AboutAlarms {
		message["tags"] = []string{"warning"}
	}
	body, err := json.Marshal(message)
	if err != nil {
		return "", err
	}
	request := http.Request{Header: http.Header{"Content-Type": {"application/json"}}}
	switch {
	case c.Secret != "":
		request.Header.Set("Authorization", "Bearer "+string(c.Secret))
	case c.User != "":
		request.SetBasicAuth(c.User, string(c.Password))
	}
	return post(ctx, c, u.String(), body, request.Header)
}
