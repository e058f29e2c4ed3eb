package classify

import (
	"strings"
	"testing"

	"blotter"
)

// facts writes facts on one line, each as Fact.String does.
func factLine(facts []blotter.Fact) string {
	texts := make([]string, len(facts))
	for i, f := range facts {
		texts[i] = f.String()
	}
	return strings.Join(texts, ", ")
}

type readerTest struct{ text, want string }

// run reads each text; the words that stand between asterisks are the match.
func runReader(t *testing.T, f *factRule, tests []readerTest) {
	t.Helper()
	for _, test := range tests {
		text := test.text
		match := extent{0, len(text)}
		if before, rest, ok := strings.Cut(text, "*"); ok {
			inside, after, _ := strings.Cut(rest, "*")
			text = before + inside + after
			match = extent{len(before), len(before) + len(inside)}
		}
		c := clauseOf(f, text)
		c.match = match
		got := factReaders[f.reader].read(c, f.name, nil)
		if line := factLine(got); line != test.want {
			t.Errorf("%s\nhave %s\nwant %s", test.text, line, test.want)
		}
		checkFacts(t, text, got)
	}
}

func checkFacts(t *testing.T, text string, facts []blotter.Fact) {
	t.Helper()
	for _, f := range facts {
		if f.Quote == "" || !strings.Contains(text, f.Quote) {
			t.Errorf("the quote %q of %v is not in %q", f.Quote, f, text)
		}
	}
}

func TestQuantities(t *testing.T) {
	runReader(t, seizureFacts(t), []readerTest{
		{"Officers seized 25kg of heroin worth £1.25m.", "heroin=25kg, value=1250000GBP"},
		{"Officers seized £53,000 in cash.", "cash=53000GBP"},
		{"They took away £65,000 of cocaine.", "cocaine, value=65000GBP"},
		{"They found cocaine worth £65,000 behind a panel.", "cocaine, value=65000GBP"},
		{"They found cocaine with an estimated street value of £65,000.", "cocaine, value~65000GBP"},
		{"12 illegal handguns and 300 rounds of ammunition were seized.", "firearm=12, ammunition=300 round"},
		{"A stun gun was recovered.", "weapon=1"},
		{"Customs opened 18 packages containing 20kg of cocaine.", "cocaine=20kg"},
		{"Troops seized rifles, ammunition and documents.", "firearm, ammunition, document"},
		{"Police seized twelve pistols.", "firearm=12"},
		{"Police seized twenty-five pistols.", "firearm=25"},
		{"Police seized two hundred and six knives.", "knife=206"},
		{"Police seized a dozen knives.", "knife=12"},
		{"Police seized two dozen knives.", "knife=24"},
		{"Police seized dozens of knives.", "knife"},
		{"Police seized hundreds of cannabis plants.", "cannabis"},
		{"Police seized several hundred knives.", "knife"},
		{"Half a tonne of cannabis was burned.", "cannabis=500kg"},
		{"Two and a half tonnes of cannabis was burned.", "cannabis=2500kg"},
		{"Half a million cigarettes were seized.", "tobacco=500000"},
		{"Some 1.2 million cigarettes were seized.", "tobacco~1200000"},
		{"Customs seized 2m cigarettes.", "tobacco=2000000"},
		{"More than 40 guns were handed over.", "firearm>40"},
		{"Over 40 guns were handed over.", "firearm>40"},
		{"At least 40 guns were handed over.", "firearm>=40"},
		{"Up to 40 guns were handed over.", "firearm<=40"},
		{"Nearly 40 guns were handed over.", "firearm~40"},
		{"An estimated 40 guns were handed over.", "firearm~40"},
		{"Fewer than 40 guns were handed over.", "firearm<40"},
		{"No fewer than 40 guns were handed over.", "firearm>=40"},
		{"As many as 40 guns were handed over.", "firearm<=40"},
		{"In excess of 40 guns were handed over.", "firearm>40"},
		{"40 or more guns were handed over.", "firearm>=40"},
		{"Some 40 guns were handed over.", "firearm~40"},
		{"Between 10 and 15 guns were handed over.", "firearm=10..15"},
		{"10 to 15 guns were handed over.", "firearm=10..15"},
		{"10–15 guns were handed over.", "firearm=10..15"},
		{"They found 10-15kg of heroin.", "heroin=10..15kg"},
		{"They found heroin worth £1m to £2m.", "heroin, value=1000000..2000000GBP"},
		{"They found heroin worth £1-2 million.", "heroin, value=1000000..2000000GBP"},
		{"They found A$5,000 in cash.", "cash=5000AUD"},
		{"They found NZ$5,000 in cash.", "cash=5000NZD"},
		{"They found US$5,000 in cash.", "cash=5000USD"},
		{"They found $5,000 cash.", "cash=5000USD"},
		{"They found €5,000 in cash.", "cash=5000EUR"},
		{"They found 5,000 euros in cash.", "cash=5000EUR"},
		{"They found five thousand pounds in cash.", "cash=5000GBP"},
		{"They found 5,000 Australian dollars in cash.", "cash=5000AUD"},
		{"They found $27million in undeclared cash.", "cash=27000000USD"},
		{"They found cash totalling £900.", "cash=900GBP"},
		{"They seized 16 pounds of heroin.", "heroin=7.257kg"},
		{"They seized 2,960 kilos (6,525 pounds) of cocaine.", "cocaine=2960kg"},
		{"They seized 300g of cannabis.", "cannabis=0.3kg"},
		{"They seized a kilo of cannabis.", "cannabis=1kg"},
		{"They seized cocaine weighing 25kg.", "cocaine=25kg"},
		{"They seized handguns (12) and knives (3).", "firearm=12, knife=3"},
		{"They seized 30 litres of spirits.", "alcohol=30l"},
		{"They seized 800 cannabis plants.", "cannabis=800 plant"},
		{"They seized 800 ecstasy tablets.", "ecstasy=800 tablet"},
		{"They seized 60 wraps of heroin.", "heroin=60 wrap"},
		{"They seized 900 vials, said to contain anabolic steroids.", "medicine=900 vial"},
		{"They seized an 18-inch machete.", "knife=1"},
		{"They seized a 9mm pistol.", "firearm=1"},
		{"They seized a .22 rifle.", "firearm=1"},
		{"They seized three 9mm pistols.", "firearm=3"},
		{"They seized a World War II submachine gun.", "firearm=1"},
		{"They seized 40 shotgun cartridges.", "ammunition=40"},
		{"They seized an AK-47 and two mobile phones.", "firearm=1, device=2"},
		{"They seized a quantity of cannabis.", "cannabis"},
		{"They seized a haul of guns.", "firearm"},
		{"They seized a $142 million shipment of cocaine.", "cocaine, value=142000000USD"},
		{"They dismantled a cannabis farm.", "cannabis"},
		// Traps.
		{"Two firearms officers searched the house in 2019.", ""},
		{"He is a drug dealer known for gun crime.", ""},
		{"The man, 34, of 12 High Street, was stopped in a car.", ""},
		{"It was hidden in the boot of a stolen car.", ""},
		{"They waited two days after guns were mentioned.", "firearm"},
		{"He was fined £500 and banned for 12 months.", ""},
		{"He made 500 phone calls.", ""},
		{"In 2019 guns were rare.", ""},
		{"Class A drugs were found.", "drug"},
		{"No drugs were found.", ""},
		{"Five men with guns were seen.", "firearm"},
		{"Steroids worth some 2m euros (£1.7m) were seized.", "medicine, value~2000000EUR"},
		{"Police seized 12 guns in 2019, compared with 9 in 2018.", "firearm=12 (2019, was 9)"},
		{"Police seized 12 guns in 2021/22.", "firearm=12 (2021/22)"},
		{"", ""},
	})
}

func TestPersons(t *testing.T) {
	runReader(t, &factRule{reader: "persons", name: "arrests"}, []readerTest{
		{"Three men were arrested.", "arrests=3"},
		{"Two women and nine men were arrested.", "arrests=11"},
		{"Agents arrested two women and nine men during 11 raids.", "arrests=11"},
		{"A 34-year-old man was arrested.", "arrests=1"},
		{"A 34-year-old man and a 28-year-old woman were arrested.", "arrests=2"},
		{"Two 16-year-olds were arrested.", "arrests=2"},
		{"Seven people have been arrested.", "arrests=7"},
		{"He announced the arrest of a fourth suspect.", "arrests=1"},
		{"Police arrested John Smith on Tuesday.", "arrests=1"},
		{"Mr Khan was arrested at 10.55am.", "arrests=1"},
		{"After two hours he was arrested.", "arrests=1"},
		{"The operation led to 38 arrests.", "arrests=38"},
		{"Officers made 12 further arrests.", "arrests=12"},
		{"An arrest was made within the hour.", "arrests=1"},
		{"About 1,000 people were arrested.", "arrests~1000"},
		{"More than 20 people were arrested.", "arrests>20"},
		{"Between 10 and 15 people were arrested.", "arrests=10..15"},
		{"A man and a woman were arrested.", "arrests=2"},
		{"A man, 34, and a woman, 28, were arrested.", "arrests=2"},
		{"Two men, aged 24 and 48, were arrested.", "arrests=2"},
		{"After landing two men aged 24 and 48 were arrested.", "arrests=2"},
		{"The four men, aged 16, 16, 20 and 25, were arrested.", "arrests=4"},
		{"A further three individuals were detained.", "arrests=3"},
		{"Four officers arrested her.", "arrests=1"},
		{"He robbed a man in Leeds on Friday, and four men were arrested.", "arrests=4"},
		{"Buhler was handcuffed on September 2 over a post and charged.", "arrests=1"},
		{"She won custody of five children.", ""},
		{"Two men from Leeds were arrested.", "arrests=2"},
		{"Man arrested after a chase.", "arrests=1"},
		{"Four quizzed over stolen lead.", "arrests=4"},
		{"Police arrested two more in Cirebon.", "arrests=2"},
		{"Police killed one suspect while two others were arrested.", "arrests=2"},
		{"They rounded up about 20 people.", "arrests~20"},
		{"The couple were arrested at dawn.", "arrests=2"},
		{"A group of five men was detained.", "arrests=5"},
		{"Both brothers were detained.", "arrests=2"},
		{"Police detained a total of 14 protesters.", "arrests=14"},
		{"Seventeen members of the Red Wheels club were arrested.", "arrests=17"},
		{"Smith and Jones were arrested.", "arrests=2"},
		{"Adams, Baker, Clark and Dean are being held.", "arrests=4"},
		{"His arrest followed a tip.", "arrests=1"},
		{"Detectives arrested and charged two youths.", "arrests=2"},
		{"Three individuals were taken into custody.", "arrests=3"},
		{"Police have arrested over 100 concertgoers.", "arrests>100"},
		{"Ten people were *arrested* and three were charged.", "arrests=10"},
		{"Ten people were arrested and three were *charged*.", "arrests=3"},
		{"The twins were held overnight.", "arrests=2"},
		{"POLICE HAVE ARRESTED JUAN PEREZ, AN IMPORTANT MEMBER OF A TERRORIST COLUMN IN THE NORTH.", "arrests=1"},
		// Traps.
		{"No one was arrested.", ""},
		{"Smith has not been charged.", ""},
		{"No arrests have been made.", ""},
		{"They were arrested on 4 November 2019.", ""},
		{"The suspects were arrested after 12 years.", ""},
		{"A man was arrested 12 miles away on 3 June.", "arrests=1"},
		{"A man was jailed for 12 years.", "arrests=1"},
		{"A man was charged with three counts of theft.", "arrests=1"},
		{"A man was arrested over the murder of three women.", "arrests=1"},
		{"Those arrested are in hospital.", ""},
		{"Dozens were arrested.", ""},
		{"The minister held talks with three men.", ""},
		{"", ""},
	})
}

func TestOffences(t *testing.T) {
	runReader(t, &factRule{reader: "offence", name: "offence"}, []readerTest{
		{"He was arrested on suspicion of possessing a firearm, police said.", "offence=possessing a firearm"},
		{"She was charged with murder after the shooting.", "offence=murder"},
		{"They were convicted of theft and fraud in Leeds.", "offence=theft and fraud"},
		{"He was found guilty of first-degree murder.", "offence=first-degree murder"},
		{"He pleaded guilty to handling stolen goods.", "offence=handling stolen goods"},
		{"She is accused of the attempted murder of a guard.", "offence=attempted murder of a guard"},
		{"He was arrested for shoplifting on Friday.", "offence=shoplifting"},
		{"He was charged with two counts of assault.", "offence=assault"},
		{"He was jailed for 12 years for arson.", "offence=arson"},
		{"He was held for the murder of a guard.", "offence=murder of a guard"},
		{"Nobody was charged with any crime.", ""},
		{"He was charged with Theft and then convicted of Arson.", "offence=theft, offence=arson"},
		{"The fees were charged by the bank.", ""},
		{"", ""},
	})
}

func TestFigures(t *testing.T) {
	runReader(t, &factRule{reader: "figures", name: "figure"}, []readerTest{
		{"There were 1,204 knife offences in 2021/22.", "figure=1204 knife offence (2021/22)"},
		{"1,204 knife offences recorded in the year to March 2022.", "figure=1204 knife offence (2021/22)"},
		{"There was a 12% rise in burglary.", "figure=12%"},
		{"Burglary fell by 12 per cent in 2019.", "figure=12% (2019)"},
		{"There were 512 robberies, compared with 480 in 2019.", "figure=512 robbery (was 480)"},
		{"There were 512 robberies in 2020, up from 480.", "figure=512 robbery (2020, was 480)"},
		{"There were 412 robberies in 2020, down from 480 in 2019.", "figure=412 robbery (2020, was 480)"},
		{"Robberies rose from 480 to 512.", "figure=512 (was 480)"},
		{"The force has lost 21,000 officers since 2010.", "figure=21000 officer (2010..)"},
		{"Police recorded 40 murders between April 2021 and March 2022.", "figure=40 murder (2021/22)"},
		{"Police recorded 40 murders in the first quarter of 2020.", "figure=40 murder (2020Q1)"},
		{"About 300 people were stopped in March 2024.", "figure~300 person (2024-03)"},
		{"The budget is £1.2bn for 2023.", "figure=1200000000GBP (2023)"},
		{"Between 2010 and 2015 there were 31 plots.", "figure=31 plot (2010..2015)"},
		{"Call 101 or go to room 12.", ""},
		{"A man aged 34 met him on 4 November 2019.", ""},
		{"Section 44 of the Terrorism Act 2000 applies.", ""},
		{"Smith, 34, said so in 2019.", ""},
		{"", ""},
	})
}

func TestSince(t *testing.T) {
	runReader(t, &factRule{reader: "since", name: "since"}, []readerTest{
		{"It has been severe since July 2021.", "since=2021-07"},
		{"It was lowered on 4 November 2019.", "since=2019-11-04"},
		{"It was raised on November 4, 2019, to severe.", "since=2019-11-04"},
		{"It has been orange since 2001.", "since=2001"},
		{"It was lowered in May 2017 and has been so since June 2017.", "since=2017-06"},
		{"It may change.", ""},
		{"It was raised on Tuesday.", ""},
		{"It has been so since last year.", ""},
		{"", ""},
	})
}

func TestPeriods(t *testing.T) {
	tests := []readerTest{
		{"in 2021/22", "2021/22"}, {"in 2021-22", "2021/22"}, {"in 2021–22", "2021/22"}, {"in 2021/2022", "2021/22"},
		{"in the year to March 2022", "2021/22"}, {"in the year ending 31 March 2022", "2021/22"},
		{"in the 12 months to June 2022", "2021-07..2022-06"}, {"between April 2021 and March 2022", "2021/22"},
		{"since 2017", "2017.."}, {"since July 2017", "2017-07.."}, {"in 2019", "2019"}, {"during 2019", "2019"},
		{"in the first quarter of 2020", "2020Q1"}, {"in Q3 2020", "2020Q3"}, {"in the three months to March 2020", "2020Q1"},
		{"in the first half of 2020", "2020-01..2020-06"}, {"in the first six months of 2020", "2020-01..2020-06"},
		{"in March 2024", "2024-03"}, {"from 2010 to 2015", "2010..2015"}, {"in 2017-2019", "2017..2019"},
		{"last year", ""}, {"2,019 people", ""}, {"2019 people", ""}, {"in room 2019b", ""}, {"$2019", ""}, {"march 2020 miles", ""},
	}
	for _, test := range tests {
		c := newClause("It was so " + test.text + ".")
		c.findPeriods()
		var got []string
		for _, p := range c.periods {
			got = append(got, p.value)
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%q: have %q, want %q", test.text, got, test.want)
		}
	}
}

// FuzzReaders: no text makes a reader fail, and what it quotes stands in the text.
func FuzzReaders(f *testing.F) {
	rule := seizureFacts(f)
	for _, s := range []string{"Police seized 12 guns and £53,000 in cash in 2021/22.", "Two men, aged 24 and 48, were arrested.",
		"half a tonne of ½ kg (55lb) 10–15 £1-2 million $ A$", "\xff 9\xff kg of cocaine, 99999999999999999999 guns", "a a a an one of the"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := clauseOf(rule, text)
		for _, reader := range factReaders {
			facts := reader.read(c, "name", nil)
			if len(facts) > len(text) {
				t.Fatalf("%d facts in %d bytes", len(facts), len(text))
			}
			checkFacts(t, text, facts)
		}
	})
}

func BenchmarkReaders(b *testing.B) {
	const text = "Officers seized 25kg of heroin worth £1.25m, 12 illegal handguns and 300 rounds of ammunition from a house in Leeds, " +
		"and two men aged 24 and 48 were arrested on suspicion of possessing a firearm."
	rule := seizureFacts(b)
	things := clauseOf(rule, text).things
	b.Run("cut", func(b *testing.B) {
		for b.Loop() {
			newClause(text)
		}
	})
	for name, reader := range factReaders {
		b.Run(name, func(b *testing.B) {
			c := newClause(text)
			c.match = extent{0, len(text)}
			for _, th := range things {
				c.words[th.first].thing = len(c.things) + 1
				c.things = append(c.things, th)
			}
			facts := make([]blotter.Fact, 0, 16)
			b.ReportAllocs()
			for b.Loop() {
				c.periods = c.periods[:0]
				reader.read(c, "name", facts)
			}
		})
	}
}
