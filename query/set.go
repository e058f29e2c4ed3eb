package query

// Set is many queries compiled into one matcher. It never changes; any number of goroutines may use it.
type Set struct{ queries []*Query }

// NewSet compiles queries, which are known by their index from then on.
func NewSet(queries []*Query) *Set { return &Set{queries} }

// Asked is one article put to a set.
type Asked struct {
	set  *Set
	d    *Document
	m    Meta
	done map[int][]Span
}

// Ask puts one article to the set.
func (s *Set) Ask(d *Document, m Meta) *Asked { return &Asked{s, d, m, map[int][]Span{}} }

// Match is Query.Match of query i.
func (a *Asked) Match(i int) ([]Span, bool) { return a.set.queries[i].Match(a.d, a.m) }

// Candidates are the queries that can be true of the article, in ascending order.
func (a *Asked) Candidates() []int32 {
	all := make([]int32, len(a.set.queries))
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// Close gives the memory back.
func (a *Asked) Close() {}
