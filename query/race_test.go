//go:build race

package query

// raceDetector says that the tests run with the race detector: ten times slower, and sync.Pool forgets on purpose.
const raceDetector = true
