//go:build hyperscan

package hyperscan

/*
#cgo pkg-config: libhs
#include <hs.h>
#include <stdlib.h>

typedef struct { unsigned int id; unsigned int from; unsigned int to; } hit;
typedef struct { hit *hits; size_t n, room; } hits;

static int collect(unsigned int id, unsigned long long from, unsigned long long to, unsigned int flags, void *context) {
	hits *h = context;
	if (h->n == h->room) {
		h->room = h->room ? 2 * h->room : 1024;
		h->hits = realloc(h->hits, h->room * sizeof(hit));
		if (!h->hits) return 1;
	}
	h->hits[h->n++] = (hit){id, (unsigned int)from, (unsigned int)to};
	return 0;
}

static int scan(const hs_database_t *db, const char *text, unsigned int n, hs_scratch_t *scratch, hits *h) {
	h->n = 0;
	return hs_scan(db, text, n, 0, scratch, collect, h);
}
*/
import "C"

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Database is a compiled set of patterns, with the memory for one scan at a time.
type Database struct {
	db      *C.hs_database_t
	scratch *C.hs_scratch_t
	hits    C.hits
}

// Hit is a place where a pattern matches.
type Hit struct {
	Pattern, Start, End uint32
}

// Compile compiles regular expressions whose hits are to have their starts, capitals or not. Close frees the memory.
func Compile(patterns []string) (*Database, error) {
	n := len(patterns)
	var pinner runtime.Pinner
	defer pinner.Unpin()
	texts := make([]*C.char, n)
	flags := make([]C.uint, n)
	ids := make([]C.uint, n)
	for i, p := range patterns {
		texts[i] = C.CString(p)
		defer C.free(unsafe.Pointer(texts[i]))
		flags[i] = C.HS_FLAG_CASELESS | C.HS_FLAG_SOM_LEFTMOST
		ids[i] = C.uint(i)
	}
	pinner.Pin(&texts[0])
	d := &Database{}
	var failure *C.hs_compile_error_t
	if C.hs_compile_multi(&texts[0], &flags[0], &ids[0], C.uint(n), C.HS_MODE_BLOCK, nil, &d.db, &failure) != C.HS_SUCCESS {
		defer C.hs_free_compile_error(failure)
		return nil, fmt.Errorf("hyperscan: compile %q: %s", patterns[max(0, int(failure.expression))], C.GoString(failure.message))
	}
	if code := C.hs_alloc_scratch(d.db, &d.scratch); code != C.HS_SUCCESS {
		return nil, fmt.Errorf("hyperscan: allocate scratch: code %d", int(code))
	}
	return d, nil
}

// Scan returns all hits in a text. They are good until the next call.
func (d *Database) Scan(text string) ([]Hit, error) {
	if text == "" {
		return nil, nil
	}
	p := (*C.char)(unsafe.Pointer(unsafe.StringData(text)))
	if code := C.scan(d.db, p, C.uint(len(text)), d.scratch, &d.hits); code != C.HS_SUCCESS {
		return nil, fmt.Errorf("hyperscan: scan: code %d", int(code))
	}
	return unsafe.Slice((*Hit)(unsafe.Pointer(d.hits.hits)), int(d.hits.n)), nil
}

// Close frees the memory.
func (d *Database) Close() {
	C.hs_free_scratch(d.scratch)
	C.hs_free_database(d.db)
	C.free(unsafe.Pointer(d.hits.hits))
}
