package archive

import (
	"errors"
	"math"
	"testing"
	"time"
)

// Keep leaves the reserve of the disk alone, and goes on as soon as there is more.
func TestReserve(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, Options{Reserve: math.MaxInt64})
	_, err := a.Keep(t.Context(), []Fetch{page("a", "http://a.example/1", "one", time.Now())})
	var full *NoRoomError
	if !errors.As(err, &full) || !IsNoRoom(err) || full.Dir != dir {
		t.Fatalf("with too little room Keep says %v", err)
	}
	if n := ask[string](t, a, `SELECT count(*) || ' ' || (SELECT count(*) FROM captures) FROM ledger`); n != "0 0" {
		t.Errorf("something was kept: %s", n)
	}
	a.options.Reserve = 1
	if _, err := a.Keep(t.Context(), []Fetch{page("a", "http://a.example/1", "one", time.Now())}); err != nil {
		t.Error(err)
	}
}
