// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// BenchmarkAnswer measures how long after a change of an object the built-in name server answers with it: the objects in files and in an
// API server, the program's own process, questions over UDP. Run it with -benchtime=1x.
func BenchmarkAnswer(b *testing.B) {
	if *binary == "" {
		b.Skip("-binary names no program to measure")
	}
	program, err := filepath.Abs(*binary)
	if err != nil {
		b.Fatal(err)
	}
	const size = 1000
	for _, where := range []string{"files", "API server"} {
		b.Run(where, func(b *testing.B) {
			var o objects = folder{b.TempDir()}
			if where != "files" {
				if o, err = newCluster(b); err != nil {
					b.Fatal(err)
				}
			}
			if err := o.load(b.Context(), size); err != nil {
				b.Fatal(err)
			}
			took, err := answers(b, program, o, size)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(quantile(took, 0.5).Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(quantile(took, 0.99).Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(quantile(took, 1).Microseconds())/1000, "max-ms")
		})
	}
}

// answers changes one object after the other and asks until each is answered.
func answers(b *testing.B, program string, o objects, size int) ([]time.Duration, error) {
	at, err := freePort()
	if err != nil {
		return nil, err
	}
	c, err := execute(b, program, append([]string{
		"--source=ingress", "--provider=local", "--dns-zone=" + domain, "--dns-listen=" + at, "--state-dir=" + b.TempDir(),
		"--policy=sync", "--txt-owner-id=home", "--leader-elect=false", "--log-level=error",
	}, o.flags()...))
	if err != nil {
		return nil, err
	}
	if _, err := c.ready(b.Context()); err != nil {
		return nil, err
	}
	for i := range size {
		if _, err := answered(b.Context(), at, host(i), address(i, 0)); err != nil {
			return nil, err
		}
	}
	var out []time.Duration
	for k := range *changed {
		const least, jitter = 150 * time.Millisecond, 100 * time.Millisecond
		if err := pause(b.Context(), least+rand.N(jitter)); err != nil {
			return nil, err
		}
		i := (k * 7919) % size
		if err := o.change(b.Context(), i, 1+k/size); err != nil {
			return nil, err
		}
		began := time.Now()
		when, err := answered(b.Context(), at, host(i), address(i, 1+k/size))
		if err != nil {
			return nil, err
		}
		out = append(out, when.Sub(began))
	}
	return out, nil
}

// freePort is an address that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return "127.0.0.1:" + strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// answered asks every millisecond until the address is the answer.
func answered(ctx context.Context, server, name, want string) (time.Time, error) {
	client := &dns.Client{Timeout: time.Second}
	q := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA)
	last := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		r, _, err := client.ExchangeContext(ctx, q, server)
		last = fmt.Sprint(r, err)
		if err == nil && len(r.Answer) == 1 && r.Answer[0].(*dns.A).A.String() == want {
			return time.Now(), nil
		}
		if err := pause(ctx, time.Millisecond); err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, fmt.Errorf("%s isn't answered with %s: %s", name, want, last)
}
