package archive

import (
	"errors"
	"testing"
	"time"
)

func TestRuns(t *testing.T) {
	a := open(t, t.TempDir(), Options{})
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	for i, failure := range []error{nil, errors.New("disk full"), nil} {
		id, err := a.BeginRun(t.Context(), "verify", at(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.EndRun(t.Context(), id, at(i).Add(time.Minute), failure); err != nil {
			t.Fatal(err)
		}
		last, err := a.LastRuns(t.Context())
		want := Run{ID: id, Job: "verify", Started: at(i), Ended: at(i).Add(time.Minute)}
		if failure != nil {
			want.Error = failure.Error()
		}
		if err != nil || len(last) != 1 || last["verify"] != want {
			t.Errorf("the last runs are %+v (%v), want %+v", last, err, want)
		}
	}
	if _, err := a.BeginRun(t.Context(), "backup", at(9)); err != nil {
		t.Fatal(err)
	}
	last, err := a.LastRuns(t.Context())
	if err != nil || len(last) != 2 || !last["backup"].Ended.IsZero() {
		t.Errorf("the last runs are %+v, %v", last, err)
	}
}
