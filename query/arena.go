package query

// arena hands out slices and takes them all back at once, so that evaluating a query allocates nothing once it is warm.
type arena[T any] struct {
	blocks [][]T
	block  int // the one in use
	used   int // of it
}

const (
	blockSize = 4096    // elements
	keptSize  = 1 << 20 // elements that an arena may hold when it goes back to a pool
)

// take returns room for n elements, of length 0.
func (a *arena[T]) take(n int) []T {
	for ; a.block < len(a.blocks); a.block, a.used = a.block+1, 0 {
		if b := a.blocks[a.block]; len(b)-a.used >= n {
			a.used += n
			return b[a.used-n : a.used-n : a.used]
		}
	}
	a.blocks = append(a.blocks, make([]T, max(n, blockSize)))
	a.used = n
	return a.blocks[a.block][:0:n]
}

// trim says that of the last room taken only what s has in it is needed.
func (a *arena[T]) trim(s []T) []T {
	a.used -= cap(s) - len(s)
	return s[:len(s):len(s)]
}

// mark is where an arena stands.
type mark struct{ block, used int }

func (a *arena[T]) mark() mark { return mark{a.block, a.used} }

// release takes back what was handed out since.
func (a *arena[T]) release(m mark) { a.block, a.used = m.block, m.used }

// reset takes everything back, and lets go of what a huge article needed. It says whether there was that.
func (a *arena[T]) reset() (huge bool) {
	total := 0
	for i, b := range a.blocks {
		if total += len(b); total > keptSize {
			clear(a.blocks[i:])
			a.blocks, huge = a.blocks[:i], true
			break
		}
	}
	a.block, a.used = 0, 0
	return huge
}
