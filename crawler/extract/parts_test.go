package extract

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

// TestCharset has rows of bytes and the header they came with; all say the same or nearly so.
func TestCharset(t *testing.T) {
	const want = "“Größe” – é"
	encode := func(s []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(s)
	}
	cp1252 := encode(charmap.Windows1252.NewEncoder().Bytes([]byte(want)))
	for _, row := range []struct{ name, body, contentType string }{
		{"UTF-8", want, ""},
		{"UTF-8 under a wrong header", want, "text/html; charset=iso-8859-1"},
		{"UTF-8 with a mark", "\xEF\xBB\xBF" + want, ""},
		{"by the header", cp1252, "text/html; charset=windows-1252"},
		{"a label that means windows-1252", cp1252, "text/html; charset=iso-8859-1"},
		{"by the meta element", `<meta charset="windows-1252">` + cp1252, ""},
		{"by http-equiv", `<META http-equiv=Content-Type content="text/html; charset=ISO-8859-1">` + cp1252, "text/html"},
		{"a header that lies about bytes that are no UTF-8", `<meta charset=windows-1252>` + cp1252, "text/html; charset=utf-8"},
		{"UTF-16 with a mark", encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(want))), ""},
		{"UTF-16 without a mark", encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte("<html><body><p>" + want))), ""},
	} {
		if got := string(toUTF8([]byte(row.body), row.contentType)); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q", row.name, got)
		}
	}
	damaged := strings.Repeat(want, 5) + "\x93 cut \xE2\x80"
	if got := string(toUTF8([]byte(damaged), "")); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\uFFFD cut \uFFFD") {
		t.Errorf("damaged UTF-8: %q", got)
	}
	const kanji = "警察は火曜日に拳銃二丁を押収したと発表した。"
	if got := string(toUTF8([]byte("<meta charset=Shift_JIS>"+encode(japanese.ShiftJIS.NewEncoder().Bytes([]byte(kanji)))), "")); !strings.HasSuffix(got, kanji) {
		t.Errorf("Shift_JIS: %q", got)
	}
}

// TestPeople has rows of a byline and the names in it.
func TestPeople(t *testing.T) {
	for _, row := range []struct {
		byline string
		want   []string
	}{
		{"By Jane Doe", []string{"Jane Doe"}},
		{"Written by: Jane Doe | 3 June 2024", []string{"Jane Doe"}},
		{"Jane Doe and John Roe", []string{"Jane Doe", "John Roe"}},
		{"Jane Doe, John Roe & Ann van der Berg", []string{"Jane Doe", "John Roe", "Ann van der Berg"}},
		{"Jane Doe, Crime Correspondent", []string{"Jane Doe"}},
		{"Jane Doe, PhD", []string{"Jane Doe, PhD"}},
		{"Ministry of Justice and Home Affairs", []string{"Ministry of Justice and Home Affairs"}},
		{"by jane doe on June 3, 2024", []string{"jane doe"}},
		{"Jane Doe Updated 14:05", []string{"Jane Doe"}},
		{"Jane O&#39;Neill", []string{"Jane O'Neill"}},
		{"By Staff", nil},
		{"admin", nil},
		{"@force_news", nil},
		{"https://facebook.com/force", nil},
		{"press@force.example", nil},
		{"Follow us", nil},
		{"12", nil},
		{"", nil},
	} {
		if got := people([]string{row.byline}); !slices.Equal(got, row.want) {
			t.Errorf("%q: %q, want %q", row.byline, got, row.want)
		}
	}
}

func TestSpokenName(t *testing.T) {
	for text, want := range map[string]string{
		"By Jane Doe":                      "Jane Doe",
		"ByJane Doe, Crime Correspondent":  "Jane Doe, Crime Correspondent",
		"By Monday the cordon was lifted.": "",
		"Bystanders filmed the arrest":     "",
	} {
		if got := spokenName(line{text: text}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWithoutSite has rows of a title element, the name of the site, and the title.
func TestWithoutSite(t *testing.T) {
	for _, row := range []struct{ title, site, want string }{
		{"Two pistols found in Weir Street | Northmere Police", "", "Two pistols found in Weir Street"},
		{"Two pistols found in Weir Street - News - Northmere Police", "", "Two pistols found in Weir Street"},
		{"Northmere Police - Two pistols found", "Northmere Police", "Two pistols found"},
		{"Drugs - a growing problem for the towns of the north, say officers", "", "Drugs - a growing problem for the towns of the north, say officers"},
		{"Two pistols found", "Northmere Police", "Two pistols found"},
		{"", "", ""},
	} {
		if got := withoutSite(row.title, row.site); got != row.want {
			t.Errorf("%q: %q, want %q", row.title, got, row.want)
		}
	}
}

// TestLinkedData has rows of JSON-LD as sites write it, all of the same article.
func TestLinkedData(t *testing.T) {
	for name, script := range map[string]string{
		"plain":       `{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":{"@type":"Person","name":"Jane Doe"}}`,
		"graph":       `{"@graph":[{"@type":"Person","@id":"#j","name":"Jane Doe"},{"@type":["Article","X"],"headline":"Pistols found","datePublished":"2024-06-03","author":{"@id":"#j"}}]}`,
		"array":       `[{"@type":"BreadcrumbList"},{"@type":"ReportageNewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":["Jane Doe"]}]`,
		"main entity": `{"@type":"WebPage","mainEntity":{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":{"name":["Jane Doe"]}}}`,
		"comment":     "<!--\n" + `{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":"Jane Doe"};` + "\n-->",
		"line break":  "{\"@type\":\"NewsArticle\",\"headline\":\"Pistols found\",\"description\":\"one\ntwo\",\"datePublished\":\"2024-06-03\",\"author\":\"Jane Doe\"}",
		"entities":    `{&quot;@type&quot;:&quot;NewsArticle&quot;,&quot;headline&quot;:&quot;Pistols found&quot;,&quot;datePublished&quot;:&quot;2024-06-03&quot;,&quot;author&quot;:&quot;Jane Doe&quot;}`,
		"two pasted":  `{"@type":"WebSite"}{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":"Jane Doe"}`,
		"teasers too": `[{"@type":"NewsArticle","headline":"Something else","datePublished":"2001-01-01","author":"No One"},{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":"Jane Doe"}]`,
		"in a list":   `{"@type":"NewsArticle","headline":"Pistols found","datePublished":"2024-06-03","author":"Jane Doe","hasPart":{"@type":"NewsArticle","datePublished":"2001-01-01"}}`,
	} {
		d := readLinkedData([]string{script}, "Pistols found")
		if d.published != "2024-06-03" || !slices.Equal(d.authors, []string{"Jane Doe"}) || d.headline != "Pistols found" || !d.article {
			t.Errorf("%s: %+v", name, d)
		}
	}
	for _, script := range []string{"", "{", "null", "[[[[", `{"@type":1,"author":{"name":{}}}`, `{"@type":"NewsArticle","author":{"@id":"#a"},"@id":"#a"}`} {
		if d := readLinkedData([]string{script}, ""); d.published != "" || len(d.authors) > 0 {
			t.Errorf("%s: %+v", script, d)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for want, text := range map[string]string{
		"en": "The officers said that they had found the bag in the back of a car, which was parked for two days in front of the station and has now been searched.",
		"de": "Die Beamten fanden die Tasche auf dem Rücksitz eines Wagens, der seit zwei Tagen vor dem Bahnhof stand und nun von der Polizei durchsucht wurde.",
		"fr": "Les policiers ont trouvé le sac dans une voiture qui était garée depuis deux jours devant la gare et que les douaniers ont fouillée avec un chien.",
		"ja": "警察は火曜日に、駅前に駐車していた車の後部座席からかばんを見つけたと発表した。 中には 拳銃が あった と いう こと で ある。 捜査は 続いて いる。 人々は 驚いて いる と 話した。 これは 二件目 の 事件 で ある。",
		"":   "PIN 4711 x y z",
	} {
		if got := languageOf(text); got != want {
			t.Errorf("%q, want %q: %s", got, want, text)
		}
	}
}

// TestLitter has rows of a line and whether it is litter.
func TestLitter(t *testing.T) {
	for text, want := range map[string]string{
		"RELATED: Two men held after raid":  "pointer",
		"Advertisement":                     "advert",
		"Share this":                        "tool",
		"Follow us on Twitter":              "follow",
		"Sign up for our weekly newsletter": "newsletter",
		"© 2024 Northmere Police":           "legal",
		"File photo: officers at the scene": "caption",
		"Last updated: 3 June 2024":         "stamp",
		"press@force.example":               "address",
		"Police have issued a photo of a man they want to speak to.":                                                  "",
		"The gang used cookies tins to hide cash.":                                                                    "",
		"Anyone with information should ring 101.":                                                                    "",
		"Officers are reading messages found on the phone, and the inquiry goes on.":                                  "",
		"He told the court that he had become a supporter of the banned group in 2015.":                               "",
		"The accused had urged others to join his Telegram channel.":                                                  "",
		"She asked people to follow him on Telegram, where he praised the attack.":                                    "",
		"They were asked to donate to the group in cryptocurrency.":                                                   "",
		"Three men were held in the raid, a police source told Reuters.":                                              "",
		"Victims of the attack may receive compensation, the minister said.":                                          "",
		"Posted on a channel on 3 May, the video showed the weapon.":                                                  "",
		"Saturday 3 June 2017 was the night of the attack on the bridge.":                                             "",
		"Copyright pirates jailed after raid on a warehouse.":                                                         "",
		"Workers at the port pictured in 2019 (AP Photo/A. Nother)":                                                   "caption",
		"Published 10:02 AM EST Nov 19, 2019":                                                                         "stamp",
		"More than 40 officers took part.":                                                                            "",
		"Published figures show a rise of nine per cent in knife crime over the last twelve months, the report says.": "",
	} {
		if got := litterKind(line{text: text, size: countWords(text)}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
