package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"blotter/archive"
)

const wirePiece = `Three men were arrested on Friday after armed officers searched a warehouse at the port and found eleven rifles hidden
behind a false wall, the police said. The weapons had been converted from blank-firing pistols in a workshop abroad and were
meant for gangs in two cities, according to the force. A spokeswoman said that the investigation had begun in January, when
customs officers opened a parcel that held parts for automatic weapons. "This is a significant seizure," she said, and thanked
the people who had called. The three men, aged 24, 31 and 45, remain in custody and are due before magistrates on Monday.`

func TestNotifyCopies(t *testing.T) {
	d := newDesk(t, twoChannels, map[string]string{"raids": "query: rifle* OR threat\nnotify: [one]\n"})
	d.notify()
	d.clock = d.clock.Add(time.Minute)
	copied := func(n int, source, title, body string) piece {
		return piece{url: fmt.Sprintf("https://%s.example/%d", source, n), source: source, title: title, body: body}
	}
	other := strings.NewReplacer("rifles", "rifles and a pistol", "warehouse at the port", "house near the coast", "January", "March").Replace(wirePiece)
	d.publish(
		copied(1, "wire", "Rifles found at port", wirePiece),
		copied(2, "herald", "Police hail seizure", "By our own reporter in town.\n\n"+wirePiece[:strings.Index(wirePiece, "The three men, aged")]), // cut, with a line of its own
		copied(3, "wire", "Rifles found, again", other), // a house that uses its own text again
		copied(4, "herald", "Threat level severe", "The threat level is severe."),
		copied(5, "wire", "Threat level severe", "The threat level is severe."), // too short to tell
	)
	if n := d.notify(); n != (Notified{Articles: 4, Copies: 1}) {
		t.Errorf("%+v", n)
	}
	d.wantOutbox("one articles raids 4: Rifles found at port, Rifles found, again, Threat level severe, Threat level severe")

	// Over a restart, and a copy's revision neither.
	d.open()
	d.clock = d.clock.Add(time.Hour)
	d.publish(copied(6, "herald", "Three held after raid", wirePiece), copied(2, "herald", "Police hail large seizure of rifles", "Something else by now."))
	if n := d.notify(); n != (Notified{Copies: 1}) {
		t.Errorf("%+v", n)
	}
	// Long after, it is news.
	d.clock = d.clock.Add(archive.CopyWindow)
	d.publish(page(7, "A rifle"))
	d.notify() // drops what is too old to compare
	d.publish(copied(8, "herald", "A year of raids", wirePiece))
	if n := d.notify(); n != (Notified{Articles: 1}) {
		t.Errorf("%+v", n)
	}
}

func TestResemblance(t *testing.T) {
	whole := sketch(wirePiece)
	for _, test := range []struct {
		text     string
		from, to float64
	}{
		{wirePiece, 1, 1}, {strings.ToUpper(wirePiece), 1, 1}, {wirePiece[:len(wirePiece)*3/4], 0.65, 0.85}, {wirePiece + " " + strings.Repeat("And more. ", 3), 0.9, 0.999},
		{strings.Join(strings.Fields(wirePiece)[:55], " "), 0.4, 0.6},
		{strings.Repeat("The club swam on Friday and won the cup of the county, its chairman said with some pride. ", 20), 0, 0},
	} {
		if got := resemblance(whole, sketch(test.text)); got < test.from || got > test.to {
			t.Errorf("%.3f, want %v to %v: %.40s", got, test.from, test.to, test.text)
		}
	}
	if s := sketch("too short to tell"); s != nil || resemblance(s, s) != 0 {
		t.Errorf("%v", s)
	}
	// What is stored stays comparable: another way to make sketches needs another column.
	if got := fmt.Sprintf("%x", whole[:8]); got != "04f784914402f795" {
		t.Errorf("the sketch begins with %s", got)
	}
}
