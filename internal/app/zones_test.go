// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/local"
)

// serving are options of a run that serves a zone itself.
func serving(t *testing.T) Options {
	t.Helper()
	o := Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: local.Name}, StateDir: t.TempDir()}
	o.Own.Zones, o.Own.Server.Addresses = []string{"home.example.com"}, []string{"127.0.0.1:0"}
	return o
}

// TestZonesOfARun: who may change nothing writes nothing, and who ends by itself doesn't listen.
func TestZonesOfARun(t *testing.T) {
	for name, tc := range map[string]struct {
		edit            func(*Options)
		listens, writes bool
	}{
		"a run":            {func(*Options) {}, true, true},
		"once":             {func(o *Options) { o.Loop.Once = true }, false, true},
		"a dry run":        {func(o *Options) { o.Loop.DryRun = true }, false, false},
		"another provider": {func(o *Options) { o.Provider = "aws" }, false, false},
	} {
		o := serving(t)
		tc.edit(&o)
		z, err := o.openZones(t.Context(), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(o.StateDir, "zones", "*"))
		if listens := len(z.addresses()) > 0; listens != tc.listens || len(files) > 0 != tc.writes {
			t.Errorf("%s listens: %v, and wrote %v", name, listens, files)
		}
		z.close()
		if z != nil && z.dns != nil {
			z.dns.Close()
		}
	}
}

// TestNoElection: replicas that fill zones of their own need no lease, unless one is asked for.
func TestNoElection(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1") // a pod, whose service account can't be read
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	for name, tc := range map[string]struct {
		provider, elect string
		want            bool
	}{
		"another provider": {"aws", kube.ElectAuto, true},
		"local":            {local.Name, kube.ElectAuto, false},
		"local, asked for": {local.Name, kube.ElectTrue, true},
	} {
		o := serving(t)
		o.Provider, o.Lease.Elect, o.TXT.Owner = tc.provider, tc.elect, "me"
		l, err := o.lease(Version{}, slog.New(slog.DiscardHandler))
		if elects := l != nil || err != nil && strings.Contains(err.Error(), "lease"); elects != tc.want {
			t.Errorf("%s: %v %v, want an election: %v", name, l, err, tc.want)
		}
	}
}

// TestNoElectionOfViews: a view that publishes elsewhere has the whole process elect, also where it is the only one and zones are served for
// views to come.
func TestNoElectionOfViews(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "192.0.2.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	aws, own := func(*ViewOptions) {}, func(v *ViewOptions) { v.Provider = local.Name }
	for name, tc := range map[string]struct {
		views []func(*ViewOptions)
		want  bool
	}{
		"local and another": {[]func(*ViewOptions){own, aws}, true},
		"two local ones":    {[]func(*ViewOptions){own, own}, false},
		"no local one yet":  {[]func(*ViewOptions){aws}, true},
	} {
		o, zones := ofFile(tc.views...), serving(t)
		o.Own, o.StateDir, o.Lease.Elect = zones.Own, zones.StateDir, kube.ElectAuto
		l, err := o.lease(Version{}, slog.New(slog.DiscardHandler))
		if elects := l != nil || err != nil && strings.Contains(err.Error(), "lease"); elects != tc.want {
			t.Errorf("%s: %v %v, want an election: %v", name, l, err, tc.want)
		}
		z, err := o.openZones(t.Context(), slog.New(slog.DiscardHandler))
		if err != nil || len(z.addresses()) == 0 {
			t.Errorf("%s: nobody is answered: %v", name, err)
			continue
		}
		z.close()
		z.dns.Close()
	}
}

type whom string

func (a whom) Verify(context.Context, reconcile.Question) reconcile.Answer {
	return reconcile.Answer{As: a == "us"}
}

// TestOwnZonesAreAskedOfUs: no other server needs to know them.
func TestOwnZonesAreAskedOfUs(t *testing.T) {
	v := ownVerifier{others: whom("others"), us: whom("us")}
	for provider, us := range map[string]bool{local.Name: true, "aws": false} {
		q := reconcile.Question{Zone: zone.Zone{Key: zone.Key{Provider: provider}}}
		if got := v.Verify(t.Context(), q).As; got != us {
			t.Errorf("%s: we are asked: %v", provider, got)
		}
	}
	o := serving(t)
	o.Probe.Verify = true
	z, err := o.openZones(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer z.dns.Close()
	if _, own := o.verifierAt(z.addresses()).(ownVerifier); !own {
		t.Error("others are asked about our zones")
	}
	if _, own := o.verifierAt(nil).(ownVerifier); own {
		t.Error("we are asked, who serve no zones")
	}
	if o.Probe.Verify = false; o.verifierAt(z.addresses()) != nil {
		t.Error("somebody is asked in spite of --no-verify")
	}
}
