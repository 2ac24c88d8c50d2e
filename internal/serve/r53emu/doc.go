// SPDX-License-Identifier: Apache-2.0

// Package r53emu emulates Route 53: its REST-XML API of 2013-04-01 over zones in memory, with its rules, limits and refusals, and
// with faults on demand. Apply has the rules alone, for use without HTTP.
//
// Sources are AWS's documentation pages, named where a rule is (Route 53 Developer Guide and API Reference), and messages that
// users of the service have published. Where these leave a question open the emulator takes the stricter answer, so that what
// passes here passes there:
//
//   - changes are checked in their order: a CREATE that conflicts with a set deleted later in the batch is refused;
//   - beside DELETE and then CREATE, no record set may be in a batch twice;
//   - a DELETE must spell values as they were sent, in any order;
//   - an alias can't target itself.
//
// Not emulated: health checks beyond their ids, the lists of regions, countries and states, traffic policies, DNSSEC, VPC associations, the content of DS, TLSA, SSHFP, SVCB
// and HTTPS values, equal TTLs and single values within weighted groups, the throttling by number of changes, and the quota of
// zones.
package r53emu
