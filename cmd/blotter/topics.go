package main

import "github.com/spf13/cobra"

// queryTopic is `blotter help query-language`.
func queryTopic(*app) *cobra.Command {
	return &cobra.Command{
		Use:   "query-language",
		Short: "How to write queries, for search, export and rules",
		Long: `Operators are upper case, so that "and" is a word. From the tightest to the loosest:

  seize                the word and its inflections (seized, seizes, seizing), not seizure
  "threat level"       these exact words, in this order
  =seized              this exact form
  seiz*  wom?n         any ending; exactly one character
  case:MET             as written, capitals included
  title:x lead:x body:x  in that field; without one, title or body
  @weapons             a word list of the rules: any of its words
  ATLEAST/3 x          at three places or more
  x NEAR/5 y           at most 5 words apart, either way round; ONEAR/5: x first; NOT NEAR/5: an x without a y
  x SAME/S y           in one sentence; SAME/P: in one paragraph; NOT SAME/S
  NOT x  -x            the article has no x
  x AND y  x y         both
  x OR y               either
  ( … )                grouping

Of the article itself:

  source:met-current  country:gb  lang:en  author:"jane smith"  url:met.police.uk/news
  tag:seizure  status:seizure=reported  fact:firearm>=100  level:severe
  published:2015  published:2015-01..2015-06  fetched:>=2026-11-01  words:>300

What analysts know from elsewhere is read too: W/5 and ~5 for NEAR/5, PRE/5 for ONEAR/5, W/S, W/P, AND NOT, intitle:.
'blotter query convert' takes whole queries of other services; 'blotter query explain' shows how a query is understood.
A query that begins with - follows --, as in: blotter search -- '-police raid'.`,
	}
}
