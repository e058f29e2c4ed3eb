package export

import (
	"io"
	"strconv"
	"time"

	"blotter"
)

// sheet writes rows, the values of which are as columns has them.
type sheet interface {
	write(values []any) error
	close() error
}

// table is an Encoder of rows.
type table struct {
	sheet
	rows    Rows
	columns []column
	values  []any
}

// newTable makes an Encoder of what a format does with rows.
func newTable(w io.Writer, o Options, open func(w io.Writer, columns []column) (sheet, error)) (Encoder, error) {
	chosen, err := o.chosen()
	if err != nil {
		return nil, err
	}
	s, err := open(w, chosen)
	if err != nil {
		return nil, err
	}
	return &table{sheet: s, rows: o.Rows, columns: chosen, values: make([]any, len(chosen))}, nil
}

func (t *table) Encode(a blotter.Article) error {
	for r := range rowsOf(&a, t.rows) {
		for i, c := range t.columns {
			t.values[i] = c.value(r)
		}
		if err := t.write(t.values); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) Close() error { return t.close() }

// rowsOf are the rows of an article.
func rowsOf(a *blotter.Article, by Rows) func(yield func(row) bool) {
	return func(yield func(row) bool) {
		if by == ByArticle {
			yield(row{article: a})
			return
		}
		n := 0
		for i := range a.Tags {
			r := row{article: a, tag: &a.Tags[i]}
			of := 1
			switch by {
			case ByEvidence:
				of = len(r.tag.Evidence)
			case ByFact:
				of = len(r.tag.Facts)
			}
			for j := range of {
				n++
				r.number = n
				switch by {
				case ByEvidence:
					r.evidence = &r.tag.Evidence[j]
				case ByFact:
					r.fact = &r.tag.Facts[j]
				}
				if !yield(r) {
					return
				}
			}
		}
	}
}

// text is a value in a format that has nothing but text.
func text(t Type, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		if t == Date {
			return v.Format(time.DateOnly)
		}
		return v.Format(time.RFC3339)
	}
	return ""
}
