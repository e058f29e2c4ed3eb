package alert

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"blotter"
)

// maxSlack is how many bytes of text a message may have: Slack asks for at most 4,000 characters and cuts at 40,000.
const maxSlack = 4000

// sendSlack posts to an incoming webhook of Slack, or of what takes the same: Mattermost, Rocket.Chat, Zulip, and Discord with
// /slack behind its address.
func sendSlack(ctx context.Context, c blotter.Channel, m Message) (string, error) {
	text := "*" + slackText(m.Subject()) + "*\n" + m.text(maxSlack, slackLine)
	body, err := json.Marshal(map[string]any{"text": text, "unfurl_links": false})
	if err != nil {
		return "", err
	}
	return post(ctx, c, string(c.URL), body, http.Header{"Content-Type": {"application/json"}})
}

func slackLine(l line) string {
	head := slackText(l.head)
	if l.url != "" {
		// A bar ends the address: what follows it in the query of one would be shown in the place of the title.
		head = "<" + slackText(strings.ReplaceAll(l.url, "|", "%7C")) + "|" + strings.ReplaceAll(head, "|", "¦") + ">"
	}
	if l.details != "" {
		head += " – " + slackText(l.details)
	}
	if l.quote != "" {
		head += "\n> " + slackText(l.quote)
	}
	return "• " + head + "\n"
}

// slackText keeps a text from being read as markup: no link, no <!channel> that calls a whole room.
func slackText(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
