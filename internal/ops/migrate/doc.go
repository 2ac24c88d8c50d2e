// SPDX-License-Identifier: Apache-2.0

// Package migrate says what becomes of a running ExternalDNS when its image is swapped for ours: what each of its arguments does here,
// which changes of the plan come from a difference that is on purpose, which flag avoids it, and the commands there and back.
//
// It reads no cluster and no zone. Plans are made by a function that the caller gives it; a change is put down to a difference by
// making the plan again with the flag that restores the old way and seeing that the change isn't in it. Where there is no such flag,
// the change's own shape tells, and the report says that it is a guess. The table of differences is that of docs/differences.md; a test
// compares the two. Arguments and manifests are taken to be hostile: what is read is bounded, values of variables and of flags that we
// don't have are never printed.
package migrate
