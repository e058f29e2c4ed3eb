package blotter

import (
	"errors"
	"fmt"
	"testing"
)

func TestAsFailure(t *testing.T) {
	f := Fail(ReasonRobots, "line %d", 3)
	if got := AsFailure(fmt.Errorf("fetch: %w", f)); got != f {
		t.Errorf("AsFailure of a wrapped failure = %v", got)
	}
	if AsFailure(errors.New("disk full")) != nil || AsFailure(nil) != nil {
		t.Error("AsFailure takes our own errors for the world's")
	}
	if f.Error() != "robots: line 3" || Fail(ReasonDNS, "").Error() != "dns" {
		t.Errorf("texts %q and %q", f, Fail(ReasonDNS, ""))
	}
}
