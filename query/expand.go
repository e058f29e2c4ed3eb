package query

// Expanded is the query with the words of its lists in the place of their names: it means the same without the rules that
// the lists are from.
func (q *Query) Expanded() *Query { return &Query{root: expanded(q.root)} }

func expanded(n Node) Node {
	switch n := n.(type) {
	case *List:
		if len(n.Entries) == 1 {
			return n.Entries[0]
		}
		return &Or{n.Entries}
	case *And:
		return &And{expandAll(n.X)}
	case *Or:
		return &Or{expandAll(n.X)}
	case *Not:
		return &Not{expanded(n.X)}
	case *Field:
		return &Field{n.Name, expanded(n.X)}
	case *AtLeast:
		x := *n
		x.X = expanded(n.X)
		return &x
	case *Near:
		x := *n
		x.X, x.Y = expanded(n.X), expanded(n.Y)
		return &x
	case *Same:
		x := *n
		x.X, x.Y = expanded(n.X), expanded(n.Y)
		return &x
	}
	return n
}

func expandAll(nodes []Node) []Node {
	all := make([]Node, len(nodes))
	for i, n := range nodes {
		all[i] = expanded(n)
	}
	return all
}
