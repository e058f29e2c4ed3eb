// Package hyperscan finds many words in a text with Intel's Hyperscan, a C library. It is there to be measured against:
// only the benchmarks of package query use it, and only with the build tag hyperscan, because test files cannot be cgo.
// Without the tag it is empty, and the program never links it.
package hyperscan
