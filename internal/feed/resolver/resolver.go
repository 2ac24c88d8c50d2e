// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

const (
	shortestPause = 30 * time.Second // between two answers
	longestPause  = 60 * time.Second
	firstRetry    = 5 * time.Second // after an attempt that told nothing
	longestRetry  = 5 * time.Minute
	timeout       = 5 * time.Second // of the questions for one family
	inFlight      = 16              // names that are asked for at a time
	mostHosts     = 5000
	mostAddrs     = 100 // of one family of one name, in an answer and in a window
)

// Lookup asks for addresses, as net.Resolver.LookupNetIP does: network is "ip4" or "ip6", and host ends in a dot.
type Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// Resolver brings facts of the kind fact.Host.
type Resolver struct {
	lookup Lookup
	places chan struct{}
}

// New returns a resolver that asks through lookup; nil is the system's resolver.
func New(lookup Lookup) *Resolver {
	if lookup == nil {
		lookup = net.DefaultResolver.LookupNetIP
	}
	return &Resolver{lookup: lookup, places: make(chan struct{}, inFlight)}
}

// follower asks for one host until its context ends.
type follower struct {
	host string
	stop context.CancelFunc
}

type found struct {
	by    *follower
	value fact.Value
}

// Run sends the value of each fact that is wanted, once it is known or seen not to be, and then whenever it changes, until the context
// ends; it returns the context's error. It is for one call at a time.
func (r *Resolver) Run(ctx context.Context, want <-chan fact.Want, out chan<- fact.News) error {
	var group sync.WaitGroup
	defer group.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hosts := make(map[fact.Key]*follower)
	answers := make(chan found)
	var queue []fact.News
	for {
		send, next := head(out, queue)
		select {
		case w := <-want:
			if f := hosts[w.Key]; f != nil { // what it found may not overtake what is asked for anew
				f.stop()
				delete(hosts, w.Key)
				queue = slices.DeleteFunc(queue, func(n fact.News) bool { return n.Key == w.Key })
			}
			switch {
			case w.Drop:
			case w.Key.Kind != fact.Host:
				queue = append(queue, fact.News{Key: w.Key, Value: fact.Unknown(reason.New(reason.FactPending, "nobody here brings the %s", w.Key))})
			case len(hosts) >= mostHosts:
				queue = append(queue, fact.News{Key: w.Key, Value: fact.Unknown(reason.New(reason.HostUnknown, "%s isn't resolved: %d host names are already", w.Key.Name, mostHosts))})
			default:
				each, stop := context.WithCancel(ctx)
				f := &follower{w.Key.Name, stop}
				hosts[w.Key] = f
				group.Go(func() { r.follow(each, f, answers) })
			}
		case a := <-answers:
			if key := fact.OfHost(a.by.host); hosts[key] == a.by {
				queue = append(queue, fact.News{Key: key, Value: a.value})
			}
		case send <- next:
			queue = queue[1:]
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// head is the first of the queue, and where to send it; nil where there is none.
func head(out chan<- fact.News, queue []fact.News) (chan<- fact.News, fact.News) {
	if len(queue) == 0 {
		return nil, fact.News{}
	}
	return out, queue[0]
}

// follow asks for a host again and again, and tells what has changed.
func (r *Resolver) follow(ctx context.Context, f *follower, answers chan<- found) {
	var v4, v6 window
	var last fact.Value
	tries := 0
	for {
		value, ok := r.ask(ctx, f.host, &v4, &v6)
		if !ok {
			return
		}
		if !value.Equal(last) {
			select {
			case answers <- found{f, value}:
			case <-ctx.Done():
				return
			}
		}
		last = value
		if tries++; value.V4.Known || value.V6.Known {
			tries = 0
		}
		select {
		case <-time.After(pause(tries)):
		case <-ctx.Done():
			return
		}
	}
}

// ask asks for both families; false: the context has ended.
func (r *Resolver) ask(ctx context.Context, host string, v4, v6 *window) (fact.Value, bool) {
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	case <-ctx.Done():
		return fact.Value{}, false
	}
	four := r.askFamily(ctx, "ip4", host)
	six := r.askFamily(ctx, "ip6", host)
	return judge(host, four, six, v4, v6), ctx.Err() == nil
}

func (r *Resolver) askFamily(ctx context.Context, network, host string) answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	addrs, err := r.lookup(ctx, network, host+".")
	return read(network, addrs, err)
}

// pause is how long to wait after an answer, or after so many attempts in a row that told nothing.
func pause(tries int) time.Duration {
	if tries == 0 {
		return shortestPause + rand.N(longestPause-shortestPause)
	}
	d := min(firstRetry<<min(tries-1, 10), longestRetry)
	return d/2 + rand.N(d/2)
}
