package index

import (
	"context"
	"fmt"
	"sync"

	"blotter"
)

// Memory is an Index that keeps the articles and asks query.Match about each of them, one after another. It is the
// measure of every other index, and quick enough for some thousands of articles.
type Memory struct {
	mu       sync.RWMutex
	articles map[string]blotter.Article
	seq      int64
	closed   bool
}

var _ Index = (*Memory)(nil)

// NewMemory returns an empty index.
func NewMemory() *Memory { return &Memory{articles: make(map[string]blotter.Article)} }

// Seq implements Index.
func (m *Memory) Seq() (int64, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return 0, ErrClosed
	}
	return m.seq, nil
}

// Count implements Index.
func (m *Memory) Count() (int, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return 0, ErrClosed
	}
	return len(m.articles), nil
}

// Update implements Index.
func (m *Memory) Update(ctx context.Context, put []blotter.Article, gone []string, seq int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkIDs(put); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return ErrClosed
	}
	for _, id := range gone {
		delete(m.articles, id)
	}
	for _, a := range put {
		m.articles[a.ID] = a
	}
	m.seq = seq
	return nil
}

// checkIDs refuses articles that could not be named in a hit.
func checkIDs(articles []blotter.Article) error {
	for i := range articles {
		if articles[i].ID == "" {
			return fmt.Errorf("index: article %q has no id", articles[i].URL)
		}
	}
	return nil
}

// Search implements Index. The score of a hit is the number of places that matched; Request.Load is not used.
func (m *Memory) Search(ctx context.Context, r Request) (Result, error) {
	if err := r.Check(); err != nil {
		return Result{}, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return Result{}, ErrClosed
	}
	var rows []row
	var counts = make([]map[string]int, len(r.Facets))
	for i := range counts {
		counts[i] = map[string]int{}
	}
	line := newTimeline(r.Timeline)
	for id := range m.articles {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		a := m.articles[id]
		spans, ok := r.matches(&a)
		date := calendarOf(daysTerm(a.Published))
		if !ok {
			line.count(date, 0, 1)
			continue
		}
		line.count(date, 1, 1)
		rows = append(rows, row{key: orderKey(&a), source: fold(a.Source), score: float64(len(spans))})
		for i, name := range r.Facets {
			for _, value := range facetValues(name, &a, r.country) {
				counts[i][value]++
			}
		}
	}
	res := Result{Total: len(rows)}
	for i, name := range r.Facets {
		res.Facets = append(res.Facets, newFacet(name, counts[i]))
	}
	if r.Timeline != "" {
		res.Timeline, res.Undated = line.buckets(), line.undated
	}
	return res, r.page(rows, &res)
}

// Close implements Index.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.articles = nil
	return nil
}
