package extract

import (
	"strings"
	"unicode"
)

// functionWords are the commonest words of languages, without those that two of them share much. They make up a
// quarter of any text and none of another language.
var functionWords = map[string]string{
	"en": "the of and to that was for with his her they this from have which were said has been who",
	"de": "der die und das nicht von ist mit sich des auf für ein eine dem auch wird wurde bei nach",
	"fr": "les des est une dans pour qui que sur avec pas par sont aux été plus cette ses mais ont",
	"es": "los las una por con para como más pero sus del este está fue han sobre entre también desde hasta",
	"it": "il che della per non sono con del gli dei nel alla anche più dal delle questo come stato è",
	"nl": "het een van dat niet zijn voor met aan ook maar wordt door hij bij naar werd worden heeft uit",
	"pt": "que não uma para com dos mais como foi ao das pelo seu sua são também à pela ele os",
	"sv": "och att som det för är på med inte har till den av ett var från han om hade eller",
	"da": "og at det er til af for på med som ikke har den blev ved fra han være eller også",
	"no": "og at det er til av for på med som ikke har den ble ved fra han være eller også",
	"pl": "się nie na jest że do przez dla oraz jak był został przed tym ale jego które po policji",
	"id": "yang dan di dengan untuk dari ini itu pada tidak dalam akan telah oleh adalah juga ke para",
	"tr": "bir ve bu için ile olarak çok daha olan gibi sonra kadar ancak ise olduğu tarafından",
	"ro": "și în care din pentru este mai fost prin sunt după despre acest cu la au",
}

// scripts that one language alone writes, or nearly so.
var scripts = []struct {
	table *unicode.RangeTable
	lang  string
}{
	{unicode.Hangul, "ko"}, {unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Greek, "el"},
	{unicode.Hebrew, "he"}, {unicode.Arabic, "ar"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi"},
	{unicode.Cyrillic, "ru"}, {unicode.Han, "zh"},
}

// enough is how many words are looked at, and evident the share of function words that settles the matter.
const (
	enough  = 400
	evident = 0.10
)

// languageOf tells the language of the text by its function words or its script, or returns "" when neither is
// evident.
func languageOf(text string) string {
	words := 0
	seen := make(map[string]int)
	letters := make(map[string]int)
	for w := range strings.FieldsFuncSeq(text, parts) {
		if words++; words > enough {
			break
		}
		seen[strings.ToLower(w)]++
		for _, s := range scripts {
			if r := []rune(w)[0]; r > unicode.MaxLatin1 && unicode.Is(s.table, r) {
				letters[s.lang]++
				break
			}
		}
	}
	words = min(words, enough)
	for _, s := range scripts { // kana settles Japanese, whose text has more Han
		if least := words / 3; letters[s.lang] > 0 && (letters[s.lang] > least || s.lang == "ja" && 10*letters["ja"] > words) {
			return s.lang
		}
	}
	best, second, lang := 0, 0, ""
	for code, list := range functionWords {
		n := 0
		for w := range strings.FieldsSeq(list) {
			n += seen[w]
		}
		switch {
		case n > best || n == best && code < lang:
			best, second, lang = n, best, code
		case n > second:
			second = n
		}
	}
	if words < 20 || float64(best) < evident*float64(words) || 5*best < 6*second {
		return ""
	}
	return lang
}

// language is the ISO 639-1 code that the first of the tags begins with.
func language(tags ...string) string {
	for _, tag := range tags {
		code, _, _ := strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(tag)), "_", "-"), "-")
		if len(code) == 2 && code[0] >= 'a' && code[0] <= 'z' && code[1] >= 'a' && code[1] <= 'z' {
			return code
		}
	}
	return ""
}
