package newsroom

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// invent writes the i-th article of a seed: the same text for the same arguments, always. The sentences are put
// together from a stock; they read like news and say nothing.
func invent(seed uint64, i, edition int) *article {
	w := writer{rand.New(rand.NewPCG(seed, uint64(i)))}
	t := topics[w.IntN(len(topics))]
	a := &article{
		Path:      fmt.Sprintf("/news/%d", i),
		Title:     w.fill(t.title),
		Authors:   []string{w.fill("{name}")},
		Published: inventedTime(i),
	}
	opening := w.fill(t.opening + " The reference of this report is {ref}.")
	a.Blocks = append(a.Blocks, block{Kind: "text", Text: opening})
	for range 8 + w.IntN(6) {
		var sentences []string
		for range 2 + w.IntN(3) {
			stock := t.sentences
			if w.IntN(3) == 0 {
				stock = asides
			}
			sentences = append(sentences, w.fill(stock[w.IntN(len(stock))]))
		}
		a.Blocks = append(a.Blocks, block{Kind: "text", Text: strings.Join(sentences, " ")})
	}
	if edition > 1 && i%100 == 0 {
		a.Updated = time.Date(2026, 4, 21, 17, 0, 0, 0, a.Published.Location())
		text := "This article was corrected on 21 April 2026. An earlier version gave a name wrongly."
		a.Blocks = append(a.Blocks, block{Kind: "text", Text: text})
	}
	return a
}

// inventedTime is when the i-th article was published: 37 hours and 11 minutes apart, round and round in the ten years
// from 2016.
func inventedTime(i int) time.Time {
	minutes := i * (37*60 + 11) % (3652 * 24 * 60)
	return time.Date(2016, 1, 1, 6, minutes, 0, 0, time.FixedZone("GMT", 0))
}

// writer fills the slots of sentences by chance.
type writer struct{ *rand.Rand }

var slot = regexp.MustCompile(`\{[a-z]+\}`)

func (w writer) fill(sentence string) string {
	return slot.ReplaceAllStringFunc(sentence, func(name string) string {
		switch name = strings.Trim(name, "{}"); name {
		case "n":
			return strconv.Itoa(2 + w.IntN(60))
		case "money":
			return fmt.Sprintf("£%d,%03d", 1+w.IntN(900), w.IntN(1000))
		case "ref":
			return fmt.Sprintf("%d/%d", 10+w.IntN(90), 10000+w.IntN(90000))
		case "name":
			return w.one("first") + " " + w.one("last")
		default:
			return w.one(name)
		}
	})
}

func (w writer) one(list string) string { return words[list][w.IntN(len(words[list]))] }

// words is what a slot other than a figure may hold.
var words = map[string][]string{
	"town": {"Marlbeck", "Stainmouth", "Ostwick", "Ravensford", "Aldersea", "Fenmarsh", "Saltby", "Corrie Haven",
		"Great Ardley", "Wickham Cross", "Penhallow Bridge"},
	"street": {"Corn Street", "Tannery Lane", "Quay Road", "Saltby Road", "Market Hill", "Church Hill", "Bobbin Street",
		"Mercer Street", "Sluice Lane", "Priory Lane"},
	"first": {"Agnes", "Brian", "Carol", "Dilys", "Edmund", "Fenella", "Gareth", "Hannah", "Imran", "Joanna", "Kieran",
		"Lottie", "Marcus", "Noreen", "Oliver", "Preeti", "Rowan", "Samira", "Terry", "Will"},
	"last": {"Asante", "Boothroyd", "Calloway", "Dow", "Faraday", "Garrick", "Hallam", "Ibbotson", "Mawson", "Nair",
		"Orde", "Pargeter", "Quayle", "Rook", "Stoat", "Thwaite", "Venn", "Wray"},
	"day":  {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"},
	"drug": {"cannabis", "cocaine", "heroin", "ketamine", "amphetamine"},
	"gun":  {"a shotgun", "two handguns", "an air rifle", "a converted pistol", "a crossbow"},
}

// topic is the stock of one kind of report.
type topic struct {
	title, opening string
	sentences      []string
}

var topics = []topic{
	{
		"{n} kilos of {drug} seized in {town} raid",
		"Police have seized {n}kg of {drug} and {money} in cash in a raid on a house in {street}, {town}.",
		[]string{
			"Officers forced entry shortly before dawn on {day} and found the drugs under a floor.",
			"A {n}-year-old man from {town} was arrested and remains in custody.",
			"They also recovered {gun}, which has been sent for examination.",
			"Detective Sergeant {name} said that the find would be felt by dealers across the county.",
			"The house had been watched for {n} days after a complaint from a neighbour.",
		},
	},
	{
		"{town} man jailed over plot to attack station",
		"A man who planned to set off a bomb at {town} station has been jailed for {n} years.",
		[]string{
			"The plot was foiled when officers searched a garage in {street} on {day}.",
			"The court heard that he had made {n} visits to the station and had drawn a plan of it.",
			"Detective Superintendent {name} said that lives had been saved.",
			"He had pleaded guilty to the preparation of terrorist acts.",
			"A second man was cleared of all the charges.",
		},
	},
	{
		"Appeal after crash in {street}, {town}",
		"Police are appealing for witnesses after a lorry and a car collided in {street}, {town}, on {day}.",
		[]string{
			"The driver of the car, {name}, was taken to hospital with a broken wrist.",
			"Anyone with dashcam footage is asked to call 101.",
			"The road was closed for {n} hours while oil was cleared from the surface.",
			"No arrests have been made.",
			"It is the third accident at the junction in {n} weeks.",
		},
	},
	{
		"{town} market to move after {n} years",
		"The market at {town} is to leave {street}, where it has been held for {n} years, for a new hall.",
		[]string{
			"The council voted by {n} to one to spend {money} on the move.",
			"Stallholders are divided, and {name}, who sells cheese, has threatened to stay.",
			"Councillor {name} said that the old site flooded on most days with a y in them.",
			"Work on the roof will begin on {day}.",
			"A petition against the plan attracted {n} signatures.",
		},
	},
	{
		"{town} win again to go {n} points clear",
		"{town} attacked from the start and beat {town} by {n} points at Priory Park on {day}.",
		[]string{
			"{name} seized control of the midfield and was never dislodged.",
			"The visitors had a try disallowed and a captain sent off.",
			"It was the side's best haul of points since {name} retired.",
			"The coach, {name}, said that nobody was getting carried away.",
			"A crowd of {n} hundred saw the last of the season's home matches.",
		},
	},
	{
		"Threat level stays at substantial, says minister",
		"The national threat level remains at substantial, the minister, {name}, told a meeting in {town} on {day}.",
		[]string{
			"Substantial means that an attack is likely.",
			"Patrols in {town} have been stepped up as a precaution.",
			"{name}, who runs a shop in {street}, said that it was good to see more officers about.",
			"The level was last changed {n} weeks ago.",
			"Events planned for {day} will go ahead.",
		},
	},
}

// asides may stand in any report.
var asides = []string{
	"{name}, who has lived in {street} for {n} years, said that nothing like it had been seen before.",
	"A meeting for residents will be held in the church hall on {day} evening.",
	"Buses between {town} and {town} were delayed by up to {n} minutes.",
	"The cost is put at {money}.",
	"A spokeswoman said that it was too early to tell.",
	"The weather, which had been poor all week, improved towards the afternoon.",
	"Neighbours in {town} described the street as quiet, apart from the geese.",
	"{name} was not available for comment.",
}
