// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/sdemu"
	"nafuda.io/nafuda/test/child"
)

// cloudMap is an emulated Cloud Map with one namespace, to which the SDK is pointed by its own variables, and a manifest.
type cloudMap struct {
	*testing.T
	*sdemu.Server
	namespace, file string
	options         Options
}

func openCloudMap(t *testing.T, o sdemu.Options) *cloudMap {
	t.Helper()
	o.Region = "eu-west-1"
	c := &cloudMap{T: t, Server: sdemu.New(o), file: filepath.Join(t.TempDir(), "objects.yaml")}
	server := httptest.NewServer(c.Server)
	t.Cleanup(server.Close)
	c.namespace = c.AddNamespace("example.com", sdemu.Private)
	c.AddNamespace("http", sdemu.HTTP)
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL_SERVICEDISCOVERY": server.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(t.TempDir(), "none"),
	} {
		t.Setenv(k, v)
	}
	c.publish()
	c.options = Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws-sd", Registry: "txt"}, LogLevel: "debug", LogFormat: "text"}
	c.options.View.Policy, c.options.View.ManagedTypes, c.options.TXT.Owner, c.options.TXT.Format = "sync", []string{"A,AAAA,CNAME"}, "me", "auto"
	c.options.Loop.Interval, c.options.Loop.Resync, c.options.Loop.Rate, c.options.Loop.Burst = 5*time.Minute, 2*time.Hour, 1000, 1000
	c.options.Guard.MaxDeletes, c.options.Guard.MaxDeletePercent = 10, 100
	c.options.Files.Manifests = []string{c.file}
	return c
}

// publish writes one Ingress for each "name target".
func (c *cloudMap) publish(names ...string) {
	c.Helper()
	var text strings.Builder
	for _, n := range names {
		name, target, _ := strings.Cut(n, " ")
		kind := "ip"
		if strings.Trim(target, "0123456789.") != "" && !strings.Contains(target, ":") {
			kind = "hostname"
		}
		fmt.Fprintf(&text, "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: %s}\nspec: {rules: [{host: %s.example.com}]}\n", name, name)
		fmt.Fprintf(&text, "status: {loadBalancer: {ingress: [{%s: %q}]}}\n", kind, target)
	}
	if err := os.WriteFile(c.file+".new", []byte(text.String()), 0o600); err != nil {
		c.Fatal(err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		c.Fatal(err)
	}
}

// once runs until all is done, and returns why it isn't.
func (c *cloudMap) once() error {
	o := c.options
	o.Loop.Once = true
	return Run(c.Context(), o, Version{"v0", "r"}, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// start runs until the test ends.
func (c *cloudMap) start() {
	log := &child.Log{}
	ctx, cancel := context.WithCancel(c.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, c.options, Version{"v0", "r"}, c.options.Logger(log)) }()
	c.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			c.Errorf("the controller ended with %v", err)
		}
		if c.Failed() {
			c.Log(log)
		}
	})
}

// holds tells what a namespace holds: a line for each service, with its description, records and instances.
func (c *cloudMap) holds() []string {
	var out []string
	for _, s := range c.Services(c.namespace) {
		line := []string{s.Name, s.Description, strings.Join(s.Types, "+"), s.Policy, fmt.Sprint(s.TTL)}
		var instances []string
		for id, attributes := range s.Instances {
			for k, v := range attributes {
				instances = append(instances, id+" "+strings.TrimPrefix(strings.TrimPrefix(k, "AWS_"), "INSTANCE_")+"="+v)
			}
		}
		slices.Sort(instances)
		out = append(out, strings.Join(append(line, instances...), " | "))
	}
	return out
}

func (c *cloudMap) want(why string, want ...string) {
	c.Helper()
	if diff := cmp.Diff(want, c.holds()); diff != "" {
		c.Fatalf("%s (-want +got):\n%s", why, diff)
	}
}

func (c *cloudMap) wait(why string, want ...string) {
	c.Helper()
	end := time.Now().Add(30 * time.Second)
	for !slices.Equal(want, c.holds()) && time.Now().Before(end) {
		time.Sleep(20 * time.Millisecond)
	}
	c.want(why, want...)
}

const owned = "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/default/"

// TestCloudMap: create, change and delete names, as ExternalDNS would store them; a second run plans nothing.
func TestCloudMap(t *testing.T) {
	c := openCloudMap(t, sdemu.Options{})
	steps := []struct {
		why   string
		names []string
		want  []string
	}{
		{"addresses, names and load balancers", []string{"a 192.0.2.1", "b other.example.net", "c lb-1.eu-west-1.elb.amazonaws.com"}, []string{
			"a | " + owned + "a | A | MULTIVALUE | 300 | 192.0.2.1 IPV4=192.0.2.1",
			"b | " + owned + "b | CNAME | WEIGHTED | 300 | other.example.net CNAME=other.example.net",
			"c | " + owned + "c | A | WEIGHTED | 300 | lb-1.eu-west-1.elb.amazonaws.com ALIAS_DNS_NAME=lb-1.eu-west-1.elb.amazonaws.com",
		}},
		{"another address, other types", []string{"a 192.0.2.2", "b 2001:db8::1", "c 192.0.2.3"}, []string{
			"a | " + owned + "a | A | MULTIVALUE | 300 | 192.0.2.2 IPV4=192.0.2.2",
			"b | " + owned + "b | AAAA | MULTIVALUE | 300 | 2001:db8::1 IPV6=2001:db8::1",
			"c | " + owned + "c | A | MULTIVALUE | 300 | 192.0.2.3 IPV4=192.0.2.3",
		}},
		{"one goes, and its service stays", []string{"a 192.0.2.2", "c 192.0.2.3"}, []string{
			"a | " + owned + "a | A | MULTIVALUE | 300 | 192.0.2.2 IPV4=192.0.2.2",
			"b | " + owned + "b | AAAA | MULTIVALUE | 300",
			"c | " + owned + "c | A | MULTIVALUE | 300 | 192.0.2.3 IPV4=192.0.2.3",
		}},
		{"it comes back", []string{"a 192.0.2.2", "b 192.0.2.4", "c 192.0.2.3"}, []string{
			"a | " + owned + "a | A | MULTIVALUE | 300 | 192.0.2.2 IPV4=192.0.2.2",
			"b | " + owned + "b | A | MULTIVALUE | 300 | 192.0.2.4 IPV4=192.0.2.4",
			"c | " + owned + "c | A | MULTIVALUE | 300 | 192.0.2.3 IPV4=192.0.2.3",
		}},
	}
	for _, s := range steps {
		c.publish(s.names...)
		if err := c.once(); err != nil {
			t.Fatalf("%s: %v", s.why, err)
		}
		c.want(s.why, s.want...)
		before := c.Calls()
		if err := c.once(); err != nil {
			t.Fatalf("%s: %v", s.why, err)
		}
		for _, action := range []string{"CreateService", "UpdateService", "DeleteService", "RegisterInstance", "DeregisterInstance"} {
			if n := c.Calls()[action] - before[action]; n > 0 {
				t.Errorf("one path: after %q a second run calls %s %d times", s.why, action, n)
			}
		}
	}
	c.options.Publish.AWSSD.ServiceCleanup = true
	c.publish("a 192.0.2.2")
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	c.want("services go with their names", steps[3].want[0])
}

// TestCloudMapForeign proves the invariant foreign: services without a description, with another owner's, with other
// records, and empty ones are never changed, whatever objects ask for.
func TestCloudMapForeign(t *testing.T) {
	c := openCloudMap(t, sdemu.Options{})
	other := c.options
	other.TXT.Owner = "them"
	mine := c.options
	c.publish("theirs 192.0.2.8", "empty 192.0.2.8")
	c.options = other
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	c.publish("theirs 192.0.2.8") // the service of the other one stays, empty
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	c.options = other
	c.options.Registry = "noop"
	c.publish("theirs 192.0.2.8", "bare 192.0.2.9")
	c.options.View.Policy = "create-only"
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	before := c.holds()
	c.options = mine
	c.options.Publish.AWSSD.ServiceCleanup = true
	for why, names := range map[string][]string{
		"other addresses": {"theirs 192.0.2.1", "empty 192.0.2.1", "bare 192.0.2.1"},
		"other types":     {"theirs x.example.net", "empty x.example.net", "bare x.example.net"},
		"nothing":         nil,
	} {
		c.publish(names...)
		_ = c.once() // that names are refused makes it incomplete
		c.want("foreign: "+why, before...)
	}
	for _, action := range []string{"UpdateService", "DeleteService"} {
		if n := c.Calls()[action]; n > 0 {
			t.Errorf("foreign: %s was called %d times", action, n)
		}
	}
}

// TestCloudMapMends proves the invariant together: a process that ends between the service, which is the marker, and its instances
// leaves nothing that another one doesn't finish.
func TestCloudMapMends(t *testing.T) {
	c := openCloudMap(t, sdemu.Options{})
	c.publish("a 192.0.2.1")
	c.Fail("RegisterInstance", -1, sdemu.Fault{Drop: true})
	if err := c.once(); err == nil {
		t.Error("it says that all is done")
	}
	c.want("the marker comes first", "a | "+owned+"a | A | MULTIVALUE | 300")
	c.Heal()
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	c.want("together: the next process finishes", "a | "+owned+"a | A | MULTIVALUE | 300 | 192.0.2.1 IPV4=192.0.2.1")
}

// TestCloudMapSettles runs against a service whose operations take a while: changes of type and deletes with --aws-sd-service-cleanup
// need a second step, which comes by itself. What somebody else does to an instance is found and mended.
func TestCloudMapSettles(t *testing.T) {
	c := openCloudMap(t, sdemu.Options{Settle: 200 * time.Millisecond})
	c.options.Publish.AWSSD.ServiceCleanup = true
	c.options.Loop.Resync = time.Second
	c.start()
	c.publish("a 192.0.2.1", "b 192.0.2.2")
	b := "b | " + owned + "b | A | MULTIVALUE | 300 | 192.0.2.2 IPV4=192.0.2.2"
	c.wait("they come", "a | "+owned+"a | A | MULTIVALUE | 300 | 192.0.2.1 IPV4=192.0.2.1", b)
	c.publish("a x.example.net", "b 192.0.2.2")
	c.wait("another type", "a | "+owned+"a | CNAME | WEIGHTED | 300 | x.example.net CNAME=x.example.net", b)
	c.publish("b 192.0.2.2")
	c.wait("one goes", b)
	c.Register(c.namespace, "b", "192.0.2.77", map[string]string{"AWS_INSTANCE_IPV4": "192.0.2.77"})
	c.wait("drift is mended", b)
}
