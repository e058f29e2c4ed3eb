// Package race tells tests of the race detector, which makes code about ten times slower.
package race

import "testing"

// Skip skips a test that takes long and does little at once: it runs without the race detector, see `make test`.
func Skip(t testing.TB) {
	t.Helper()
	if Enabled {
		t.Skip("it takes ten times as long with the race detector; make test runs it without")
	}
}
