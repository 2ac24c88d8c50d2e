// SPDX-License-Identifier: Apache-2.0

// Package bench measures the built program against a real Kubernetes API server and the emulated Route 53, and writes the table
// of docs/benchmarks.md. It is run by "make bench"; it asserts nothing, and no test waits for a time.
package bench
