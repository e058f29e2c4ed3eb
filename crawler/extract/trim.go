package extract

import (
	"regexp"
	"strings"
	"sync"
)

// litter are kinds of lines that stand in the text of an article and are none of it. A line is dropped when the
// pattern fits its lower-case text and it has no more than so many words: a long paragraph is text, whatever it
// begins with.
//
// The patterns are compiled when the first page is read: it takes 4 ms, which most commands of a program that links
// this package would pay for nothing.
var litter = sync.OnceValue(func() []litterRule {
	return []litterRule{
		{"pointer", 16, []string{
			"related", "see also", "read", "more", "watch", "video", "listen", "recommended", "miss",
			"like", "next", "mehr", "lire", "leggi", "lea también", "lees ook", "läs", "les også",
		}, regexp.MustCompile(
			`^\W*(?:related(?: (?:stor(?:y|ies)|articles?|news|content|topics?|posts?|reading|links))?\s*[:|»>-]|` +
				`related (?:stor(?:y|ies)|articles?|news|content|posts?|links)$|see also\b|read (?:more|also|next|` +
				`the full)\b|also read\b|more (?:on|from|about) (?:this|the)\b|(?:more|watch|video|listen|` +
				`recommended|don't miss|you may (?:also )?like|you might also like|most read|up next)\s*[:|»]|` +
				`(?:mehr zum thema|lesen sie auch|lire aussi|à lire aussi|leggi anche|lea también|lees ook|läs också|` +
				`les også)\b)`)},
		{"advert", 12, []string{
			"advert", "sponsor", "promoted", "continue", "scroll", "check price", "buy", "anzeige",
			"publicité", "loading", "skip",
		}, regexp.MustCompile(
			`^\W*(?:advertise?ment|sponsored(?: content| post)?|promoted(?: content)?|article continues (?:below|` +
				`after)\b.*|continue reading(?: below)?|story continues(?: below)?\b.*|scroll (?:down )?(?:to|` +
				`for) .*|check price (?:on|at) .*|buy (?:now )?(?:on|at|from) \S+|anzeige|publicité|loading\W*|` +
				`skip (?:advert\w*|ad|to .*))\W*$`)},
		{"tool", 8, []string{
			"share", "tweet", "print", "order", "text size", "mail", "save", "copy", "comment", "reply",
			"response", "log in", "sign in", "already", "back to", "previous", "next", "min", "download",
			"listen", "open in", "click",
		}, regexp.MustCompile(
			`^\W*(?:share(?: (?:this|on|via|article)\b.*)?|tweet|print(?: (?:this )?(?:article|page|version))?|` +
				`order reprints|text size|e-?mail(?: this)?|save(?: article)?|copy link|comments?(?: \(?\d+\)?)?|` +
				`\d+ comments?|(?:post|leave|add|write|view) (?:a |your )?(?:comments?|reply|response)\b.*|(?:log|` +
				`sign) in\b.*|already (?:have an account|a (?:member|subscriber))\b.*|back to (?:top|news|all\b.*)|` +
				`(?:previous|next)(?: (?:article|post|story))?|\d+ min(?:ute)?s?(?: read)?|download (?:pdf|image)|` +
				`listen(?: to (?:this )?article)?|open in app|click (?:here|to)\b.*)\W*$`)},
		{"follow", 40, []string{
			" us ", " me ", "follow", "join", "like", "find", "contact", "reached", "tip", "story", "write",
			"email", "reach", "protected",
		}, regexp.MustCompile(
			`^\W*(?:please |you can |(?:also|and) )?(?:follow|like|join|find|contact) (?:us|me|him|her|them|@\w+|[\w .’']{2,40}?) ` +
				`(?:on|at) (?:our )?(?:@?twitter|facebook|instagram|linkedin|youtube|tiktok|telegram|whatsapp|mastodon|bluesky|` +
				`x\b|social media|google news)|^have a (?:news )?(?:tip|story)\b.*\?|^(?:write|email|reach) .{3,40}\b(?:at|to) \S+@\S+|` +
				`\bmay be reached at \S+@|\[email.protected\]`)},
		{"newsletter", 45, []string{
			"newsletter", "mailing list", "mail", "inbox", "notifications", "podcast", "channel", "app",
			"unsubscribe", "become a", "patreon", "paypal", "ko-fi", "crypto",
		}, regexp.MustCompile(
			`\b(?:sign up|subscribe|register)\b.{0,60}\b(?:newsletters?|mailing list|e-?mail (?:list|alerts|updates)|inbox)\b|` +
				`^\W*(?:please )?(?:sign up|subscribe|register|join)\b.{0,60}\b(?:notifications|podcast|channel)\b|` +
				`\b(?:newsletters?|updates|headlines|stories|news|tips)\b.{0,50}\b(?:in|to|into) your (?:inbox|e-?mail)|` +
				`\bnewsletter forwarded to you|^(?:get|download) (?:the|our) .{0,30}\bapp\b|^\W*(?:click |tap )?.{0,12}\bunsubscribe\b|` +
				`^\W*(?:please )?become an? (?:paid |premium )?(?:subscriber|member|patron|supporter)\b|` +
				`^\W*(?:please )?(?:support us|support .{0,40}! |donate)\b.{0,60}\b(?:patreon|paypal|ko-fi|cryptocurrenc)`)},
		{"legal", 60, []string{
			"©", "rights reserved", "copyright", "(c)", "cookies", "affiliate", "may ", "javascript",
			"exclusive", "only available", "subscribers",
		}, regexp.MustCompile(
			`^\W*©|©\s*(?:copyright )?(?:19|20)\d\d|\ball rights reserved\b|^copyright (?:\W|\d|by )|\(c\) ?(?:19|20)\d\d|` +
				`\b(?:site|page|we) uses? (?:\w+ )?cookies\b|\baccept (?:all )?cookies\b|\b(?:contains?|includes?) affiliate links\b|` +
				`\b(?:we|i|us|site|page) (?:may )?(?:earn|receive|get)s? (?:an? )?(?:\w+ )?(?:commissions?|compensation)\b|` +
				`\brequires? javascript\b|\benable javascript\b|\bmay not be (?:reproduced|published, broadcast)\b|` +
				`^this (?:article|story|post|content) is (?:exclusive|only available|for subscribers)\b`)},
		{"caption", 45, []string{
			"file ", "image", "photo", "picture", "video", "illustration", "cover", "credit", "reuters",
			"getty", "courtesy", "afp", "shutterstock", "istock", "unsplash", "pexels",
		}, regexp.MustCompile(
			`^(?:file (?:photo|image|picture|pic)\b|image \d+ of \d+|` +
				`(?:photo|image|picture|photograph|video|illustration|cover|credit|source image|featured image)s?` +
				`(?: credit| courtesy| source)?(?: by| of)?\s?:|(?:photo|image|picture|video) (?:by|credit|courtesy)\b)|` +
				`\((?:photo|image|picture|ap photo|reuters|getty|credit|illustration|courtesy|afp)\b[^()]*\)$|` +
				`\b(?:via |courtesy (?:of )?|credit:? |photo:? |/ ?)?getty images\)?\.?$|` +
				`(?:/ ?|\(|\bvia |\bcourtesy of |\bcredit:? |\bphoto:? )(?:shutterstock|istock(?:photo)?|unsplash|pexels|ap photo|afp|reuters)` +
				`(?:/[\w .]+)?\)?\.?$|^(?:reuters|ap photo|afp)/`)},
		{"stamp", 14, []string{
			"published", "updated", "posted", "modified", "reviewed", "day", "mon", "tue", "wed", "thu",
			"fri", "sat", "sun",
		}, regexp.MustCompile(
			`^\W*(?:first |last |originally |date )?(?:published|updated|posted|modified|reviewed)\b(?: (?:date|on|at|in))?\s*[:|]?\s*` +
				`(?:(?:on|at) )?(?:\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b).{0,45}` +
				`(?:\d|[ap]\.?m\.?|[a-z]{2,4}t|utc)\W*$|` +
				`^\W*(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? .{3,20}(?:19|20)\d\d\b.{0,12}$`)},
		{"address", 3, []string{
			"http", "@", "www.", ".com/",
		}, regexp.MustCompile(
			`^(?:https?://\S+|\S+@\S+\.\S+|@\w+|(?:www\.|twitter\.com/|facebook\.com/)\S+)$`)},
	}
})

type litterRule struct {
	kind    string
	most    int
	cues    []string // one of these stands in such a line; looking for them is ten times as fast as the pattern
	pattern *regexp.Regexp
}

// shouted is a link set in capitals: a teaser within the text.
var shouted = regexp.MustCompile(`^[^\p{Ll}\d][^\p{Ll}]*\p{Lu}{2}[^\p{Ll}]*$`)

// litterKind names the kind of litter that the line is, or "".
func litterKind(l line) string {
	if l.linked() && l.size >= 5 && shouted.MatchString(l.text) {
		return "shouted"
	}
	if l.size > 60 {
		return ""
	}
	lower := strings.ToLower(l.text)
	for _, k := range litter() {
		if l.size <= k.most && containsAny(lower, k.cues...) && k.pattern.MatchString(lower) {
			return k.kind
		}
	}
	return ""
}

// endings are headings behind which an article has ended.
var endings = regexp.MustCompile(`^\W*(?:about the authors?|(?:more )?related(?: (?:articles?|posts?|stor(?:y|ies)|news|content|` +
	`topics?|links|reading|coverage))?|read (?:more|next)|more (?:from|stories|news|like this|` +
	`articles)\b.*|you (?:may|might) also (?:like|be interested in)\b.*|recommended(?: (?:for you|` +
	`reading|articles))?|leave a (?:reply|comment)|comments?|\d+ comments|share this(?: (?:article|post|` +
	`page|story))?|most (?:read|popular)|trending(?: now)?|latest (?:news|articles|posts|stories)|` +
	`join the (?:conversation|discussion)|subscribe\b.*|sign up\b.*|other stories|in other news|` +
	`also on .*)\W*$`)

// top is how many lines from the start of a text may repeat its title and byline.
const top = 6

// trim takes away what stands in the text of the article and is none of it. What a source's selector chose stays.
func trim(b body, title string, authors []string) []line {
	if b.chosen {
		return b.lines
	}
	title = fold(title)
	seen := make(map[string]bool)
	total, before := weight(b.lines), 0
	var out []line
	for i, l := range b.lines {
		before += l.size
		switch {
		case i < top && (title != "" && fold(l.text) == title || isByline(l, authors)),
			l.size >= 20 && seen[l.text],
			litterKind(l) != "":
			continue
		case l.size <= 8 && 2*before > total && 4*(total-before) < total && endings.MatchString(strings.ToLower(l.text)):
			return out
		}
		seen[l.text] = true
		out = append(out, l)
	}
	if 2*weight(out) < total {
		return b.lines // a page about cookies or newsletters
	}
	return out
}

// isByline says that the line holds the authors and little else.
func isByline(l line, authors []string) bool {
	if by.MatchString(l.text) || l.size <= 8 && spokenName(l) != "" {
		return true
	}
	rest := l.size
	for _, name := range authors {
		if strings.Contains(l.text, name) {
			rest -= countWords(name)
		}
	}
	return rest < l.size && rest <= 4
}

// lead is the standfirst that the page shows, when it is part of the text, else the first paragraph.
func lead(f *facts, text string) string {
	for _, m := range f.standfirst {
		if m.near && countWords(m.text) >= 8 && f.nearHeadline(m.line, 8) && strings.Contains(text, m.text) {
			return m.text
		}
	}
	first, _, _ := strings.Cut(text, "\n\n")
	return first
}
