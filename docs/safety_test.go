// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/test/kube"
)

func TestSafetyTour(t *testing.T) {
	list := blocks(section(t, pages(t)["docs/safety.md"], "## Try it", ""))
	startTour(t).follow(t, list)
}

// sum is a row of the tables of the brake: how many names we own, how many of them something happens to, and what then.
var sum = regexp.MustCompile(`(?m)^\| ([0-9]+) \| ([0-9]+) \| (go|held)[:,| ]`)

func TestBrakeCountsAsThePageSays(t *testing.T) {
	page := section(t, pages(t)["docs/safety.md"], "## The brake", "## After a restart")
	deletes, updates, found := strings.Cut(page, "Updates are held")
	if !found {
		t.Fatal("the page has no part about updates")
	}
	for what, part := range map[string]string{"delete": deletes, "update": updates} {
		rows := sum.FindAllStringSubmatch(part, -1)
		if len(rows) < 3 {
			t.Fatalf("%d rows about a brake on %ss, want 3 at least: is the page read right?", len(rows), what)
		}
		for _, r := range rows {
			owned, _ := strconv.Atoi(r[1])
			n, _ := strconv.Atoi(r[2])
			got := braked(owned, n, what)
			if got != (r[3] == "held") {
				t.Errorf("%s %d of %d: held is %t, and the page says %q", what, n, owned, got, r[3])
			}
		}
	}
}

// braked reports whether a zone of which we own some names holds deletes or updates of n of them.
func braked(owned, n int, what string) bool {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	o := guard.Options{DeleteAfter: 15 * time.Second, MaxDeletes: 10, MaxDeletePercent: 30, MaxUpdatePercent: 50}
	g := guard.NewZone(now, zone.Zone{Name: "example.com"}, o, &guard.State{})
	for i := range owned {
		g.Own(numbered(i), true)
	}
	for i := range n {
		c := change.Change{Before: &record.Set{Key: record.Key{Name: numbered(i), Type: record.A}, Values: []string{"192.0.2.1"}}}
		if what == "update" {
			c.After = &record.Set{Key: c.Before.Key, Values: []string{fmt.Sprintf("198.51.100.%d", i)}}
		}
		g.Ask(now, guard.Of(change.Group{Name: numbered(i), Changes: []change.Change{c}}))
	}
	l := g.Level(now)
	return l.DeletesHeld || l.UpdatesHeld
}

func numbered(i int) dnsname.Name { return dnsname.Name(fmt.Sprintf("n%d.example.com", i)) }

var coded = regexp.MustCompile("`([A-Z][A-Za-z]+)`")

// TestSafetyNamesReasons holds the table to the reasons that there are.
func TestSafetyNamesReasons(t *testing.T) {
	all := pages(t)
	codes := coded.FindAllStringSubmatch(section(t, all["docs/safety.md"], "## What you see, and what to do", "## The brake"), -1)
	if len(codes) < 15 {
		t.Errorf("the page names only %d reasons", len(codes))
	}
	for _, c := range codes {
		if !strings.Contains(all["docs/reasons.md"], "| `"+c[1]+"` |") {
			t.Errorf("docs/safety.md names %s, which is no reason", c[1])
		}
	}
}

// TestStateDirManifestsApply applies the volume and patches the Deployment, as the page tells.
func TestStateDirManifestsApply(t *testing.T) {
	c := kube.Start(t)
	c.Apply(t, deployed(t, "deployment.yaml"))
	c.Apply(t, deployed(t, "state-dir.yaml"))
	patch, err := yaml.YAMLToJSON([]byte(deployed(t, "state-dir-patch.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	config := c.Config(t)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, config.Host+"/apis/apps/v1/namespaces/default/deployments/nafuda?fieldValidation=Strict", bytes.NewReader(patch))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/strategic-merge-patch+json")
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", answer.Status, text)
	}
	for _, want := range []string{`"name":"NAFUDA_STATE_DIR","value":"/state"`, `"name":"AWS_DEFAULT_REGION"`, `"mountPath":"/state"`, `"--txt-owner-id=ZOWNER"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the patched Deployment has no %s:\n%s", want, text)
		}
	}
}
