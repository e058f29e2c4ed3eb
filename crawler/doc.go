// Package crawler is the outside world: it lists what sources publish, and fetches pages politely.
//
// [List] reads the page of a source and gives its items. It is pure: bytes in, items out. A feed is repaired byte by
// byte first (a wrong charset, control characters, bare ampersands, tags that do not match, a tail that is cut off),
// because one bad byte costs other readers the whole of it; what was mended is named in [Listing].Faults and every
// complete item is kept. The list on an HTML page is found without any configuration, by the repeated block of links
// that holds titles and dates; a selector of the source overrules that. Sitemaps, indexes of sitemaps, JSON feeds and
// the alert list of the United States are read too. A status feed, whose link is always the same, gives each state a
// URL of its own.
//
// A page that lists nothing where a list was expected is a failure, never "no news": a challenge page, HTML in place
// of a feed, a redesigned page. No page, however hostile, takes List more than a second or two.
//
// [Fetcher] fetches: one connection a host, the delay of the host between two requests, robots.txt at every hop, no
// address inside a private network, and a cap on what a body may grow to when it is decoded. [Decode] undoes a
// content encoding under such a cap.
//
// What the world gets wrong is a *blotter.Failure with its reason. The package keeps nothing: what was seen before
// is the archive's to know.
package crawler
