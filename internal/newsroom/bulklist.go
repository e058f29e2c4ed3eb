package newsroom

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Pager is how the listing of a bulk site leads to its older articles.
type Pager string

// The pagers of a Bulk.
const (
	PagerNext   Pager = "next"   // ?page=N, with a link to the next page
	PagerNumber Pager = "number" // ?page=N, with links that a script would make
	PagerPath   Pager = "path"   // /page/N/, likewise
	PagerYears  Pager = "years"  // one page, with links to the lists of years and months
	PagerHidden Pager = "hidden" // one page and the lists of years and months, which nothing links to
)

// listSize is the number of articles on one page of a listing.
const listSize = 50

// sort puts the articles into the order of a listing.
func (s *bulkSite) sort() {
	for i := range s.count {
		s.order = append(s.order, s.first+i)
	}
	slices.SortFunc(s.order, func(a, b int) int { return inventedTime(b).Compare(inventedTime(a)) })
}

// list fills in what stands on a page below /news/, or says that there is none.
func (s *bulkSite) list(v *bulkView, below, query string, edition int) bool {
	order, page := s.order, 1
	values, _ := url.ParseQuery(query)
	switch parts := strings.Split(strings.TrimSuffix(below, "/"), "/"); {
	case below == "" && (s.pager == "" || s.pager == PagerNext || s.pager == PagerNumber):
		if n, err := strconv.Atoi(values.Get("page")); err == nil {
			page = n
		}
	case below == "":
	case s.pager == PagerPath && len(parts) == 2 && parts[0] == "page":
		page, _ = strconv.Atoi(parts[1])
	case s.pager == PagerYears || s.pager == PagerHidden:
		order = s.of(v, parts)
	default:
		return false
	}
	v.Page, v.Pages = page, (len(order)+listSize-1)/listSize
	if page < 1 || page > v.Pages {
		return false
	}
	v.Links = s.pager == "" || s.pager == PagerNext
	if s.pager == PagerYears {
		for y := 2025; y >= 2016; y-- {
			v.Years = append(v.Years, y)
		}
	}
	from := (page - 1) * listSize
	for _, i := range order[from:min(from+listSize, len(order))] {
		v.Articles = append(v.Articles, invent(s.seed, i, edition))
	}
	return true
}

// of returns the articles of a year or of a month; a year links to its months.
func (s *bulkSite) of(v *bulkView, parts []string) []int {
	want := strings.Join(parts, "-")
	if _, err := time.Parse("2006-01-02"[:min(len(want), 7)], want); err != nil {
		return nil
	}
	if len(parts) == 1 && s.pager == PagerYears {
		for m := 1; m <= 12; m++ {
			v.Months = append(v.Months, fmt.Sprintf("/news/%s/%02d/", parts[0], m))
		}
	}
	var order []int
	for _, i := range s.order {
		if strings.HasPrefix(inventedTime(i).Format(time.DateOnly), want) {
			order = append(order, i)
		}
	}
	return order
}
