// SPDX-License-Identifier: Apache-2.0

// Package nameserver answers DNS questions about the zones that we serve ourselves, over UDP and TCP. It is authoritative only: it
// asks nobody else, never sets RA, and refuses names outside of its zones.
//
// It is a primary for others. Whoever --dns-transfer names, by address or by TSIG key, takes a zone with AXFR (RFC 5936) or what has
// changed with IXFR (RFC 1995); the secondaries of --dns-notify are told of each new version (RFC 1996). By default nobody may
// transfer, not even from this machine. A key is --dns-tsig-key=NAME:ALGORITHM:FILE (RFC 8945), its secret in the file as base64 or in
// a variable; signed questions get signed answers. The serial of a zone rises by one with each version; the last 1024 edits of a zone,
// or a mebibyte of them, are remembered for IXFR, since the start.
//
// Answers over UDP fit into 1232 bytes. Equal ones to one network (/24, /56) are limited to --dns-rate-limit a second, private and
// loopback addresses and signed questions apart. Over TCP there are 256 connections, 64 from one address, and 8 transfers at a time.
//
// What a Server does is counted: answers by transport and response code, transfers and NOTIFY by what became of them (Answered, Stats).
package nameserver
