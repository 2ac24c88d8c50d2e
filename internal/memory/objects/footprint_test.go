// SPDX-License-Identifier: Apache-2.0

package objects_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/memory/catalog"
	"nafuda.io/nafuda/internal/memory/mirror"
	"nafuda.io/nafuda/internal/memory/objects"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/ingress"
	slim "nafuda.io/nafuda/internal/source/kinds"
)

// heap is what is in use, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one found to be free is swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkFootprint reports how many bytes an Ingress from a file costs in each part of the memory, by bringing in 100,000 one
// part after another: Ingresses without an annotation that we keep, and with one. The mirror has a marker for each. Its time says nothing.
func BenchmarkFootprint(b *testing.B) {
	for name, annotations := range map[string]string{
		"plain":     `"nginx.ingress.kubernetes.io/proxy-body-size": "8m"`,
		"annotated": `"external-dns.alpha.kubernetes.io/ttl": "60"`,
	} {
		b.Run(name, func(b *testing.B) { footprint(b, annotations) })
	}
}

func footprint(b *testing.B, annotations string) {
	const count = 100_000
	dir := b.TempDir()
	writeIngresses(b, dir, annotations, count)
	for b.Loop() {
		at := heap()
		part := func(name string) {
			now := heap()
			b.ReportMetric(float64(now-at)/count, name+"-B/object")
			at = now
		}
		var shared source.Options
		all := slim.All(shared)
		store, cat, zone := objects.New(all), catalog.New(), mirror.New()
		deltas, stop := fromFiles(b, dir, all)
		part("feed")
		for _, d := range deltas {
			store.Put(d.Ref, d.Object)
		}
		clear(deltas)
		part("store")
		src := ingress.New(ingress.Options{}, shared)
		for _, ref := range store.Refs(slim.KindIngress) {
			cat.Put(ref, src.Eval(store.Get(ref), nil))
		}
		part("catalog")
		for i := range count {
			zone.Reread([]dnsname.Name{name("", i), name("a-", i)}, page(i), zone.Now())
		}
		part("mirror")
		stop()
		runtime.KeepAlive(store)
		if cat.Len() != count || zone.Len() != 2*count {
			b.Fatalf("%d names, %d record sets", cat.Len(), zone.Len())
		}
	}
	b.ReportMetric(0, "ns/op")
}

func writeIngresses(b *testing.B, dir, annotations string, count int) {
	const each = 1_000
	for from := 0; from < count; from += each {
		var text strings.Builder
		for i := from; i < from+each; i++ {
			fmt.Fprintf(&text, `---
{"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"namespace": "default", "name": "web-%d",
"annotations": {%[2]s}},
"spec": {"ingressClassName": "nginx", "rules": [{"host": "web-%[1]d.example.com"}]},
"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
`, i, annotations)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yaml", from)), []byte(text.String()), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// fromFiles runs a feed until it has sent all Ingresses, and leaves it running until stop.
func fromFiles(b *testing.B, dir string, all []source.Kind) (deltas []feed.Delta, stop func()) {
	f, err := manifest.New(manifest.Options{Manifests: []string{dir}}, all, source.Keep{})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	want, out, done := make(chan string, 1), make(chan feed.Event), make(chan error, 1)
	want <- slim.KindIngress
	go func() { done <- f.Run(ctx, want, out) }()
	deltas = (<-out).Deltas
	return deltas, func() { cancel(); <-done }
}

func name(prefix string, i int) dnsname.Name {
	return dnsname.MustParse(fmt.Sprintf("%sweb-%d.example.com", prefix, i))
}

// page is what a provider says of one name: nothing in it shares memory with what else is known.
func page(i int) []record.Set {
	marker := fmt.Sprintf(`"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/default/web-%d"`, i)
	return []record.Set{
		{Key: record.Key{Name: name("", i), Type: record.Type(strings.Clone("A"))}, TTL: 60, Values: []string{strings.Clone("192.0.2.1")}},
		{Key: record.Key{Name: name("a-", i), Type: record.Type(strings.Clone("TXT"))}, TTL: 60, Values: []string{marker}},
	}
}
