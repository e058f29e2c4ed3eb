package crawler

import (
	"encoding/xml"
	"strings"

	"blotter"
)

// alert is an entry of the feed of the United States' National Terrorism Advisory System, which is no RSS:
//
//	<alerts><alert start="2025/06/22 12:00" end="…" type="Bulletin" link="…"><summary/><duration/><details/></alert></alerts>
type alert struct {
	Start    string `xml:"start,attr"`
	Type     string `xml:"type,attr"`
	Link     string `xml:"link,attr"`
	Summary  string `xml:"summary"`
	Duration string `xml:"duration"`
	Details  string `xml:"details"`
}

// readAlerts lists the alerts in force. None is a state too, and no failure.
func (l *lister) readAlerts(doc []byte) error {
	var alerts struct {
		Alert []alert `xml:"alert"`
	}
	if err := xml.Unmarshal(doc, &alerts); err != nil {
		return blotter.Fail(blotter.ReasonFormat, "no list of alerts: %v", err)
	}
	for _, a := range alerts.Alert {
		item := blotter.Item{
			Title:     alertTitle(a),
			Summary:   plainSummary(strings.Join([]string{a.Summary, a.Duration, a.Details}, "<p>")),
			Published: l.date("feed", a.Start),
		}
		link := a.Link
		if link == "" {
			link = l.base
		}
		l.addStatus(item, link)
	}
	return nil
}

func alertTitle(a alert) string {
	kind := plainLine(a.Type)
	if kind == "" {
		kind = "Alert"
	}
	line, _, _ := strings.Cut(plainSummary(a.Summary), "\n")
	if line == "" {
		return kind
	}
	return kind + ": " + bound(line, 160)
}
