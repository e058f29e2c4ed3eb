// Package query is the Boolean language of rules and of search: one parser, one tree, one matcher, so that a rule and
// a search that read the same mean the same.
//
// Begin with [Parse] (or [ParseWith], for a query that may name the word lists of a rule pack), cut an article once
// with [NewDocument], and ask [Query.Match]. Whoever has many queries compiles them into a [Set] and puts each article
// to all of them at once with [Set.Ask]. The answers are the same, but the queries share their words and their equal
// parts, and those that the words of the article rule out cost next to nothing: ten thousand queries take a few times as
// long as ten.
//
// The matcher is the definition of the language: whatever else evaluates a query, such as a search index, finds a
// superset and lets Match confirm it. The package reads no file, no clock and no network, and does not guess: a query
// that is not understood is a [SyntaxError] with a column and what was probably meant.
// [Convert] takes queries of other services, each with its own order of operators and its own way of counting; what they
// mean otherwise is said, and what cannot be said here is an error too.
//
// # Text
//
// An article has three fields: title, lead and body; the lead is part of the body. A field is cut into words by
// [Tokenize]; a word knows its position, its bytes in the original, its sentence and its paragraph. A query without a
// field looks in title and body, which never touch: nothing matches across them.
//
// # Places
//
// A place is a run of positions in one field, written here from its first word to its last. Some expressions have
// places, the others are only true or false of an article:
//
//   - A word has a place wherever it stands; a phrase wherever its words stand next to each other in that order, be it
//     across the end of a sentence. A word list has the places of its entries.
//   - x OR y has the places of both; it has places only if both have.
//   - title:x and the like have the places of x that lie in that field.
//   - x NEAR/n y joins a place of x with one of y when n positions or fewer lead from the last word of the one to the
//     first of the other. The place it makes runs from the first to the last word of both. Of the places made so that
//     begin at the same word only the shortest counts, and likewise of those that end at the same word; a place that
//     is the shortest either way stays.
//   - x ONEAR/n y is the same with the whole of x before the whole of y.
//   - x SAME/S y and x SAME/P y join, in the same way and at any distance, two places that lie wholly in one sentence
//     or one paragraph. The title is a paragraph of its own.
//   - x NOT NEAR/n y has those places of x that have no place of y within n positions; x NOT SAME/S y those with no
//     place of y in any sentence that x touches. A y that overlaps x counts as within; x itself does not.
//   - ATLEAST/n x has all places of x when at least n of them do not overlap, and none otherwise.
//
// Two words that are the same word of the text are never near each other: a place of words or of a phrase joins
// with another only when they share none. A place that NEAR or SAME made has room in it: what stands wholly between its first and
// its last word is near it, and two such places that overlap are near each other.
//
// AND, NOT and conditions on metadata have no places; they are errors inside NEAR, SAME and ATLEAST. An expression
// with places is true of an article in which it has one. x AND y, x OR y and NOT x are as in logic; title:(NOT x)
// says that the title has no x.
//
// What [Query.Match] returns are the places of those parts of the query that made it true, outside any NOT.
package query
