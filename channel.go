package blotter

import "fmt"

// Channel is a way to reach people: where messages about news go, and how. Which of the fields count is its kind's.
type Channel struct {
	Name     string
	Kind     string // one of alert.Kinds
	URL      Secret // where a message is posted; who knows that of a topic or an incoming webhook may post there, so it is secret
	Secret   Secret // signs what a webhook gets; the access token of ntfy
	Server   string // of mail: host:port
	TLS      string // of mail: "starttls", "implicit" or "none"
	From     string // of mail
	To       []string
	User     string
	Password Secret
	CA       []byte // PEM: certificates that are trusted beside the system's; nil: none
}

// Secret is a text that is used and never shown: whatever prints or encodes it writes three dots. In a field without a capital
// it would be shown, since package fmt asks nobody there.
type Secret string

const hidden = "•••"

// Format writes dots under every verb, so that no %v of a struct around it tells more.
func (s Secret) Format(f fmt.State, _ rune) {
	if s != "" {
		fmt.Fprint(f, hidden)
	}
}

// MarshalText writes dots, for JSON and logs.
func (s Secret) MarshalText() ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	return []byte(hidden), nil
}

// UnmarshalText takes any text, so that no reader of a configuration quotes one that it does not like.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}
