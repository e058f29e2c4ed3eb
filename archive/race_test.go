//go:build race

package archive

// raceDetector says that the tests run with the race detector, which makes them ten times slower.
const raceDetector = true
