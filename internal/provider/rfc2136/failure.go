// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/provider"
)

// keyError is what a server says of our key (RFC 8945 section 3).
type keyError struct{ text string }

func (e keyError) Error() string { return e.text }

func tsigError(code uint16) error {
	switch code {
	case dns.RcodeBadSig:
		return keyError{"the server finds our signature wrong (BADSIG): compare the secret and algorithm of the TSIG key"}
	case dns.RcodeBadKey:
		return keyError{"the server doesn't know our TSIG key, or doesn't let it do this (BADKEY): compare its name and algorithm, and what the server allows it"}
	case dns.RcodeBadTime:
		return keyError{"the server's clock and ours differ (BADTIME): set the clocks of both machines"}
	case dns.RcodeBadTrunc:
		return keyError{"the server wants a longer signature (BADTRUNC): use a TSIG key with another algorithm"}
	default:
		return keyError{fmt.Sprintf("the server refuses our signature (code %d)", code)}
	}
}

// codeError is an answer that isn't a success.
type codeError int

func (e codeError) Error() string {
	if name, ok := dns.RcodeToString[int(e)]; ok {
		return "the server answers " + name
	}
	return fmt.Sprintf("the server answers the code %d", int(e))
}

// failed gives an error its class where it has none, and says before it what was being done.
func failed(err error, doing string) error {
	if e, ok := errors.AsType[*provider.Error](err); ok {
		out := *e
		out.Err = fmt.Errorf("%s: %w", doing, e.Err)
		return &out
	}
	return &provider.Error{Class: classOf(err), Err: fmt.Errorf("%s: %w", doing, err)}
}

// classOf sorts what a server says; what comes of broken connections is Unavailable.
func classOf(err error) provider.Class {
	if _, is := errors.AsType[keyError](err); is {
		return provider.Denied
	}
	code, is := errors.AsType[codeError](err)
	if !is {
		return provider.Unavailable
	}
	switch int(code) {
	case dns.RcodeRefused, dns.RcodeNotAuth, dns.RcodeNotImplemented:
		return provider.Denied
	case dns.RcodeNameError, dns.RcodeYXDomain, dns.RcodeYXRrset, dns.RcodeNXRrset:
		return provider.Stale
	case dns.RcodeFormatError, dns.RcodeNotZone:
		return provider.Rejected
	default:
		return provider.Unavailable
	}
}
