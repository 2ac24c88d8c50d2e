// SPDX-License-Identifier: Apache-2.0

// Package r53emu emulates Route 53: its REST-XML API of 2013-04-01 over zones in memory, with its rules, limits and refusals, and
// with faults on demand. Apply has the rules alone, for use without HTTP.
//
// Sources are AWS's documentation pages, named where a rule is (Route 53 Developer Guide and API Reference), and messages that
// users of the service have published. Where these leave a question open the emulator takes the stricter answer.
package r53emu
