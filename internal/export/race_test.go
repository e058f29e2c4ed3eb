//go:build race

package export

// raceDetector says that the tests run with the race detector, which makes them ten times slower.
const raceDetector = true
