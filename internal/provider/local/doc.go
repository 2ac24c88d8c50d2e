// SPDX-License-Identifier: Apache-2.0

// Package local publishes to zones that this process serves itself, on --dns-listen: the DNS of a LAN needs no other server.
//
// The zones are those of --dns-zone; each has a SOA and NS made of the options, which the loop never changes. A batch is applied whole
// or not at all, each change on the condition that what it replaces is there exactly so; questions are answered from it at once.
//
// What outlives the process is one file a zone below --state-dir. It is written within a second of an edit (later where writing a large
// zone takes long), as a whole, with a checksum, and once more at the end. After a crash a zone is therefore as it was a moment before,
// until the objects have been read again; who asks meanwhile is answered. The serial of the SOA never goes back: the file has a number
// ahead of those that are given out, from which a process goes on that finds no clean end; a zone without a file starts at the seconds
// since 1970. A file that isn't as we wrote it is kept under another name, and its zone starts empty, far ahead of that time.
//
// A zone that starts empty is filling until the loop says that it is settled (Filled): what it doesn't have yet fails with SERVFAIL rather
// than being denied, for unknown isn't absent, and it is neither transferred nor announced. The file says so too.
//
// Each process has its own zones. Of several replicas each fills its own from the same objects, and all answer; nothing is shared, so
// nobody is elected where this is the only provider. Their serials differ: a secondary follows one of them.
//
// Ownership is kept as elsewhere, by default in TXT record sets, which are served too. In a zone that nobody else writes,
// --registry=noop does without.
package local
