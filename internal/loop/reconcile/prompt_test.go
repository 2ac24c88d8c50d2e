// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// prompt is a provider to which a call costs next to nothing.
type prompt struct{ *providertest.Flaky }

func (p prompt) Describe() provider.Description {
	d := p.Flaky.Describe()
	d.Prompt = true
	return d
}

// lan adds a prompt account with a zone to a rig.
func lan(r *rig, zone string) (*providertest.Memory, *providertest.Flaky) {
	z := providertest.MemoryZone(zone)
	z.Account = "lan"
	memory := providertest.NewMemory(z)
	flaky := providertest.NewFlaky(memory)
	r.more = append(r.more, reconcile.Account{Name: "lan", Provider: prompt{flaky}})
	return memory, flaky
}

func addressOf(m *providertest.Memory, zone, name string) string {
	for _, s := range m.Sets(zone) {
		if string(s.Name) == name && s.Type == record.A {
			return strings.Join(s.Values, " ")
		}
	}
	return ""
}

// TestPrompt: a zone that wants it has a change after a moment; the others wait for what may come with it, and their calls are no more.
func TestPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		home, _ := lan(r, "home.example.com")
		r.start()
		defer func() { r.stop() }()
		r.synced(delta("d/a", ask("www.example.com=192.0.2.1", "www.home.example.com=192.0.2.1")))
		calls := r.memory.Calls().Apply
		for i := range 20 { // every 40 ms, so that the window doesn't close
			address := fmt.Sprintf("192.0.2.%d", 10+i)
			r.put("d/a", ask("www.example.com="+address, "www.home.example.com="+address))
			time.Sleep(40 * time.Millisecond)
			synctest.Wait()
			if got := addressOf(home, "home.example.com", "www.home.example.com"); got != address {
				t.Fatalf("after 40 ms the prompt zone has %q, want %s", got, address)
			}
			if got := addressOf(r.memory, "example.com", "www.example.com"); got != "192.0.2.1" {
				t.Fatalf("after %d ms the other zone has %s already", 40*(i+1), got)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got := addressOf(r.memory, "example.com", "www.example.com"); got != "192.0.2.29" {
			t.Errorf("the other zone has %s at last, want 192.0.2.29", got)
		}
		if n := r.memory.Calls().Apply - calls; n != 1 {
			t.Errorf("the other zone was written %d times, want once", n)
		}
	})
}

// TestPromptApart: of a batch that is refused because of one name, the others go on, though the window of all is still open (apart).
func TestPromptApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		home, flaky := lan(r, "home.example.com")
		r.start()
		defer func() { r.stop() }()
		r.synced()
		bad := providertest.Fails(provider.Rejected, errors.New("no"))
		bad.Times, bad.When = -1, func(_ zone.Zone, b change.Batch) bool {
			return slices.ContainsFunc(b.Groups, func(g change.Group) bool { return g.Name == "n2.home.example.com" })
		}
		flaky.Fail(providertest.OpApply, bad)
		r.put("d/a", ask("n0.home.example.com=192.0.2.1", "n1.home.example.com=192.0.2.1", "n2.home.example.com=192.0.2.1", "n3.home.example.com=192.0.2.1"))
		time.Sleep(90 * time.Millisecond)
		synctest.Wait()
		var got []string
		for _, s := range home.Sets("home.example.com") {
			if s.Type == record.A {
				got = append(got, string(s.Name))
			}
		}
		if want := []string{"n0.home.example.com", "n1.home.example.com", "n3.home.example.com"}; !slices.Equal(got, want) {
			t.Errorf("%v are there, want %v", got, want)
		}
	})
}
