// Package blotter holds the vocabulary of the program: the values that walk from a newsroom to a search hit.
//
// Blotter watches police, government and press sites. It lists their feeds and pages, keeps every answer as
// evidence, reads the articles, tags them by Boolean rules with the sentence that earned each tag, indexes them,
// and answers searches and exports.
//
// # The way of an article
//
//	source → item → capture → article → tags → index → hit → row
//
// A [Source] is a place that publishes: a feed, a listing page, a sitemap, a status feed. Listing it gives
// [Item] values: a link with what the source says of it. Fetching an item gives an [Exchange], the request and
// the answer as they went over the wire; the archive keeps it as a [Capture], which never changes. Reading a
// capture gives an [Article], or a reason why it holds none; a later capture with another text gives the same
// article a new revision. Rules give an article its [Tag] values, each with [Evidence]: the sentence, by byte
// offsets, that earned it. The index finds articles; a search confirms each hit against the text; an export
// writes rows.
//
// Each step asks the archive what is left to do, and does it. No step keeps state of its own, so that new
// articles, changed rules, a better extractor, a lost index and a crash are the same short loops with more or
// less to do.
//
// # Two kinds of error
//
// What the world gets wrong is data: a [Failure] with a [Reason] from a fixed list, written into the ledger; it
// costs one item or one source for one pass and never ends the program. What we get wrong (a full disk, a wrong
// rule, a damaged archive) is an ordinary error and stops the pass.
//
// This package imports nothing but the standard library, and nothing in it reads a file, a clock or the network.
package blotter
