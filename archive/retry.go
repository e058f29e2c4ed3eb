package archive

import (
	"time"

	"blotter"
)

const (
	maxWait = 30 * 24 * time.Hour

	// maxTries ends the fetching of an item that has left its source's listing.
	maxTries = 12

	// backfillTries ends the tries of a list or a page of the past for reasons that may pass.
	backfillTries = 5
)

// firstWait is how long an item waits after its first failure, by what went wrong; each further one doubles it.
// What passes by itself is tried again soon; what only changes when someone changes it, seldom.
func firstWait(r blotter.Reason) time.Duration {
	switch r {
	case blotter.ReasonTimeout, blotter.ReasonConnect:
		return 15 * time.Minute
	case blotter.ReasonBusy, blotter.ReasonStatus, blotter.ReasonDNS:
		return time.Hour
	case blotter.ReasonChallenge:
		return 6 * time.Hour
	case blotter.ReasonAddress, blotter.ReasonURL, blotter.ReasonSize, blotter.ReasonEncoding:
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// retryAfter is how long an item waits after its nth failure in a row. A host that asked for longer gets it.
func retryAfter(f *blotter.Failure, n int) time.Duration {
	wait := firstWait(f.Reason)
	for ; n > 1 && wait < maxWait; n-- {
		wait *= 2
	}
	return max(min(wait, maxWait), min(f.Wait, maxWait))
}

// nextTry is when a backfill tries again what failed for the nth time; zero: never, since only somebody's change would
// mend it.
func nextTry(f *blotter.Failure, n int, now time.Time) time.Time {
	switch f.Reason {
	case blotter.ReasonTimeout, blotter.ReasonConnect, blotter.ReasonDNS, blotter.ReasonStatus, blotter.ReasonChallenge:
		if n < backfillTries {
			return now.Add(retryAfter(f, n))
		}
	case blotter.ReasonBusy: // the host says itself when to come again, and is right as often as it says so
		return now.Add(min(max(f.Wait, time.Minute), maxWait))
	}
	return time.Time{}
}
