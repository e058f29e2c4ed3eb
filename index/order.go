package index

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
)

// row is an article that is a hit, with what it is ordered by.
type row struct {
	key    string // see orderKey
	source string
	score  float64
	doc    uint32 // its number in a snapshot of Bleve's; elsewhere, and in others, it says nothing
}

// compare says which of two rows comes first. The key, which ends in the ID, decides in the end: no two are equal.
func (o Order) compare(a, b row) int {
	switch o {
	case ByRelevance:
		if !sameScore(a.score, b.score) {
			return cmp.Compare(b.score, a.score)
		}
	case BySource:
		if c := strings.Compare(a.source, b.source); c != 0 {
			return c
		}
	}
	undatedA, undatedB := strings.HasPrefix(a.key, undated), strings.HasPrefix(b.key, undated)
	switch {
	case undatedA != undatedB && undatedA:
		return 1
	case undatedA != undatedB:
		return -1
	case undatedA || o == ByDate:
		return strings.Compare(a.key, b.key)
	}
	return compareNewestFirst(a.key, b.key)
}

// sameScore says that two scores differ by a rounding error at most.
func sameScore(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }

// cursor is where a row stands in the answer to a request, as Result.Next and Request.After write it.
func (q Request) cursor(r row) string {
	score := ""
	if q.Sort == ByRelevance {
		score = strconv.FormatUint(math.Float64bits(r.score), 16)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join([]string{string(q.Sort), q.mark(), score, r.source, strconv.FormatUint(uint64(r.doc), 10), r.key}, "\x00")))
}

// errCursor says what is wrong with a cursor that no Result has given.
var errCursor = errors.New("search: the place to go on from is not one that a search has named; begin without it")

// mark tells queries apart.
func (q Request) mark() string {
	text := ""
	if q.Query != nil {
		text = q.Query.String()
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// parseCursor is the way back. A cursor of another query or order names no place in this one.
func (q Request) parseCursor(s string) (row, error) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.Split(string(text), "\x00")
	if err != nil || len(parts) != 6 || len(parts[5]) < len(undated) {
		return row{}, errCursor
	}
	if Order(parts[0]) != q.Sort {
		return row{}, errors.New("search: the place to go on from is one in another order; ask for the order it came from")
	}
	if parts[1] != q.mark() {
		return row{}, errors.New("search: the place to go on from is one in the answer to another query; ask that, or begin without it")
	}
	doc, err := strconv.ParseUint(parts[4], 10, 32)
	if err != nil {
		return row{}, errCursor
	}
	r := row{key: parts[5], source: parts[3], doc: uint32(doc)}
	if !strings.HasPrefix(r.key, undated) && len(r.key) < len(orderLayout) {
		return row{}, errCursor
	}
	if q.Sort == ByRelevance {
		bits, err := strconv.ParseUint(parts[2], 16, 64)
		if err != nil {
			return row{}, errCursor
		}
		r.score = math.Float64frombits(bits)
	}
	return r, nil
}

// page orders rows and cuts out those that r asks for. It fills in the hits of res and where to go on.
func (r Request) page(rows []row, res *Result) error {
	slices.SortFunc(rows, r.Sort.compare)
	from := min(r.Offset, len(rows))
	if r.After != "" {
		after, err := r.parseCursor(r.After)
		if err != nil {
			return err
		}
		from, _ = slices.BinarySearchFunc(rows, after, func(x, after row) int {
			if r.Sort.compare(x, after) <= 0 {
				return -1
			}
			return 1
		})
	}
	to := min(len(rows), from+r.Limit)
	for _, row := range rows[from:to] {
		res.Hits = append(res.Hits, Hit{ID: idOfOrderKey(row.key), Score: row.score})
	}
	if from < to && to < len(rows) {
		res.Next = r.cursor(rows[to-1])
	}
	return nil
}

// best returns the first n of some rows by an order, in that order.
func best[T any](rows []T, n int, compare func(a, b T) int) []T {
	if n == 0 {
		return nil
	}
	if n > len(rows)/8 {
		rows = slices.Clone(rows)
		slices.SortFunc(rows, compare)
		return rows[:min(n, len(rows))]
	}
	first := make([]T, 0, n+1)
	for _, row := range rows {
		if len(first) == n && compare(row, first[n-1]) >= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(first, row, compare)
		first = slices.Insert(first, at, row)
		first = first[:min(n, len(first))]
	}
	return first
}
