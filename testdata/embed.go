// Package testdata holds the made-up newsrooms that the tests crawl and `blotter demo` shows.
//
// Each folder of Sites is one newsroom: its page templates, its feed, listing or sitemap templates, and a folder
// of articles in plain text; the folder bulk has templates alone. Package newsroom serves them and says how they
// are written. Every town, force, paper and person in them is invented. Sites/truth.jsonl says, article by
// article, what a crawl must find.
package testdata

import "embed"

// Sites holds the folder sites.
//
//go:embed sites
var Sites embed.FS
