//go:build race

package race

// Enabled says that the tests run with the race detector.
const Enabled = true
