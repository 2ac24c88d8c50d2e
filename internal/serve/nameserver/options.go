// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
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

	// Pick returns a number from 0 up to, not including, n; it chooses among weighted sets. Nil: the runtime's random source.
	// It is called from several goroutines.
	Pick func(n uint64) uint64 `kong:"-"`
	// Log tells what goes wrong. Nil: nothing is logged.
	Log *slog.Logger `kong:"-"`
}

// maxTTL is the most that RFC 2181 section 8 allows, in seconds.
const maxTTL = 1<<31 - 1

// Check returns what is wrong with the options.
func (o Options) Check() error {
	if o.Host != "" {
		if _, err := dnsname.Parse(o.Host); err != nil {
			return fmt.Errorf("--dns-host=%q: %w", o.Host, err)
		}
	}
	if o.NegativeTTL < 0 || o.NegativeTTL > maxTTL*time.Second {
		return fmt.Errorf("--dns-negative-ttl=%v: must be from 0s to %ds", o.NegativeTTL, maxTTL)
	}
	if o.TTL < 0 || o.TTL > maxTTL*time.Second {
		return fmt.Errorf("--dns-ttl=%v: must be from 0s to %ds", o.TTL, maxTTL)
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
