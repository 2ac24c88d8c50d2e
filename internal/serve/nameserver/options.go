// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// Options configure the name server. The zero Options are usable.
type Options struct {
	// Host is the name by which others know this server. It stands in the SOA and NS of zones that hold none of their own.
	// Empty: ns. and the zone's name.
	Host string `kong:"-"`
	// NegativeTTL is how long resolvers may remember that a name isn't there, in zones without a SOA of their own (RFC 2308).
	NegativeTTL time.Duration `name:"dns-negative-ttl" default:"30s" help:"How long resolvers may remember that a name isn't there."`
	// TTL is for record sets that say none.
	TTL time.Duration `name:"dns-ttl" default:"300s" help:"TTL of answers from record sets that have none."`
	// Addresses are where the server listens, for UDP and TCP. Listen opens them.
	Addresses []string `name:"dns-listen" sep:"none" placeholder:"ADDRESS:PORT" help:"Address that questions are answered at, over UDP and TCP, such as 192.0.2.53:53. Repeatable; none: :53, every address of this machine."`
	// Transfer names who may take whole zones.
	Transfer []string `name:"dns-transfer" sep:"none" placeholder:"PREFIX|key:NAME" help:"Who may take whole zones (AXFR, IXFR): an address, a prefix, or the holder of a TSIG key. Repeatable; nobody unless named."`
	// Notify are the secondaries that are told of new versions (RFC 1996).
	Notify []string `name:"dns-notify" sep:"none" placeholder:"ADDRESS[:PORT]" help:"A secondary that is told when a zone changes (NOTIFY). Repeatable."`
	// Keys are TSIG keys, whose secrets Load reads.
	Keys []string `name:"dns-tsig-key" sep:"none" placeholder:"NAME:ALGORITHM:FILE" help:"A TSIG key (RFC 8945): its name, hmac-sha256 or another of the SHA-2 family, and the file that has its secret as base64, or env:VARIABLE. Repeatable."`
	// RateLimit bounds equal answers over UDP to one network.
	RateLimit int `name:"dns-rate-limit" default:"20" placeholder:"N" help:"Most equal answers a second over UDP to one network (/24 or /56) outside of private ranges, so that forged questions can't flood others; 0: no limit."`

	// Pick returns a number from 0 up to, not including, n; it chooses among weighted sets. Nil: the runtime's random source.
	// It is called from several goroutines.
	Pick func(n uint64) uint64 `kong:"-"`
	// Log tells what goes wrong. Nil: nothing is logged.
	Log *slog.Logger `kong:"-"`

	keys keyring // read by Load
}

// maxTTL is the most that RFC 2181 section 8 allows, in seconds.
const maxTTL = 1<<31 - 1

// Check returns all that is wrong with the options. It reads no file.
func (o Options) Check() error {
	var errs []error
	if o.Host != "" {
		if _, err := dnsname.Parse(o.Host); err != nil {
			errs = append(errs, fmt.Errorf("--dns-host=%q: %w", o.Host, err))
		}
	}
	if o.NegativeTTL < 0 || o.NegativeTTL > maxTTL*time.Second {
		errs = append(errs, fmt.Errorf("--dns-negative-ttl=%v: must be from 0s to %ds", o.NegativeTTL, maxTTL))
	}
	if o.TTL < 0 || o.TTL > maxTTL*time.Second {
		errs = append(errs, fmt.Errorf("--dns-ttl=%v: must be from 0s to %ds", o.TTL, maxTTL))
	}
	if o.RateLimit < 0 || o.RateLimit > maxRate {
		errs = append(errs, fmt.Errorf("--dns-rate-limit=%d: must be from 0, for no limit, to %d", o.RateLimit, maxRate))
	}
	return errors.Join(append(errs, o.checkLists()...)...)
}

// maxRate is the largest --dns-rate-limit.
const maxRate = 1_000_000

// checkLists looks at the flags that can be repeated.
func (o Options) checkLists() []error {
	names := make(map[string]bool)
	key := func(text string) error {
		spec, err := parseKey(text)
		if err == nil && names[spec.name] {
			err = errors.New("the name is given twice")
		}
		names[spec.name] = true
		return err
	}
	transfer := func(text string) error {
		_, name, err := parseAllowed(text)
		if err == nil && name != "" && !names[name] {
			err = errors.New("no --dns-tsig-key has that name")
		}
		return err
	}
	notify := func(text string) error {
		_, err := parseSecondary(text)
		return err
	}
	return slices.Concat(wrong("--dns-listen", o.Addresses, checkAddress), wrongAs("--dns-tsig-key", o.Keys, shown, key), // before those that name them
		wrong("--dns-transfer", o.Transfer, transfer), wrong("--dns-notify", o.Notify, notify))
}

// wrong returns what a check says of the values of a flag.
func wrong(flag string, values []string, check func(string) error) []error {
	return wrongAs(flag, values, func(text string) string { return text }, check)
}

// wrongAs is wrong where values are told in another way.
func wrongAs(flag string, values []string, shown func(string) string, check func(string) error) (errs []error) {
	for _, text := range values {
		if err := check(text); err != nil {
			errs = append(errs, fmt.Errorf("%s=%s: %w", flag, shown(text), err))
		}
	}
	return errs
}

// checkAddress reads ADDRESS:PORT, where the address may be left out for all of them.
func checkAddress(text string) error {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return errors.New("it isn't ADDRESS:PORT: write 192.0.2.53:53, [2001:db8::53]:53 or :53")
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil {
		return fmt.Errorf("%q isn't an address", host)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q isn't a port", port)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.NegativeTTL == 0 {
		o.NegativeTTL = 30 * time.Second
	}
	if o.TTL == 0 {
		o.TTL = 300 * time.Second
	}
	if o.Pick == nil {
		o.Pick = rand.Uint64N
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
