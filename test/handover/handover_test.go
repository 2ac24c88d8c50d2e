// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
)

// TestTakeOver: zones as ExternalDNS left them are at rest.
func TestTakeOver(t *testing.T) {
	for _, r := range runs() {
		t.Run(r.file, func(t *testing.T) {
			open(t, r.left(t))
			wantRest(t, r.plan(t, r.manifests()))
		})
	}
}

// wantRest wants no changes, and nothing refused but what is wrong with the vectors' objects on purpose: some have no address, TTLs
// that aren't any, or names in no zone.
func wantRest(t *testing.T, v report.View) {
	t.Helper()
	wantNothing(t, v)
	for _, n := range slices.Concat(v.Held, v.Refused) {
		switch {
		case n.Reason.Code == reason.BadTTL, n.Reason.Code == reason.NoAddressYet:
		case n.Reason.Code == reason.NoZone && n.Name.In("other.net"):
		default:
			t.Errorf("%s: %s %s (%s): %s", n.What, n.Name, n.Type, n.From, n.Reason)
		}
	}
}

// TestTakeOverOfOldForms: so are zones as versions up to 0.10 left them, whose markers' names carry no type.
func TestTakeOverOfOldForms(t *testing.T) {
	for _, r := range runs()[:3] {
		t.Run(r.file, func(t *testing.T) {
			left, n := r.untyped(r.left(t))
			if n < 10 {
				t.Fatalf("only %d markers have the old form", n)
			}
			open(t, left)
			wantRest(t, r.plan(t, r.manifests()))
		})
	}
}

// untyped gives markers the form of version 0.10, and says how many. Those of AAAA and, where there is no affix, of CNAME stay: that
// version had none.
func (r run) untyped(zones map[string][]record.Set) (map[string][]record.Set, int) {
	out, n := make(map[string][]record.Set), 0
	for id, sets := range zones {
		there := make(map[record.Key]bool)
		for _, s := range sets {
			if _, marker := heritage(s); marker {
				named, kind := r.affix.read(string(s.Name))
				if kind != "AAAA" && (kind != "CNAME" || r.affix.prefix != "") {
					s.Name = r.affix.untyped(named)
					n++
				}
			}
			if !there[s.Key] { // one for all types of a name
				out[id] = append(out[id], s)
			}
			there[s.Key] = true
		}
	}
	return out, n
}

// TestFromNothing: from empty zones we write what ExternalDNS wrote, byte for byte, but for the differences that are listed.
func TestFromNothing(t *testing.T) {
	for _, r := range runs() {
		t.Run(r.file, func(t *testing.T) {
			theirs := open(t, r.left(t)).lines(t)
			account := open(t, nil)
			r.apply(t, r.manifests())
			ours := account.lines(t)
			for was, now := range r.differs {
				if !theirs[was] || !ours[now.line] {
					t.Errorf("the difference isn't there any more, take it from the list: %s → %s", was, now.line)
				}
				delete(theirs, was)
				delete(ours, now.line)
			}
			for _, l := range slices.Sorted(maps.Keys(theirs)) {
				if !ours[l] {
					t.Errorf("only ExternalDNS has %s", l)
				}
			}
			for _, l := range slices.Sorted(maps.Keys(ours)) {
				if !theirs[l] {
					t.Errorf("only we have %s", l)
				}
			}
			wantRest(t, r.plan(t, r.manifests()))
		})
	}
}

// TestWayBack: ExternalDNS owns all that we write, with our flags, under the rules by which it reads; so it does what we write with other
// affixes.
func TestWayBack(t *testing.T) {
	base := runs()[0]
	base.flags = slices.DeleteFunc(base.flags, func(f string) bool { return strings.HasPrefix(f, "--txt-") })
	for name, tc := range map[string]struct {
		affixes affixes
		flags   []string
		why     string
	}{
		"reference":           {affixes: base.affix, flags: []string{"--txt-prefix=prefix_", "--txt-owner-id=ZOWNER"}, why: "the reference set-up"},
		"none":                {affixes: affixes{owner: "o"}, flags: []string{"--txt-owner-id=o"}, why: "no affix"},
		"suffix":              {affixes: affixes{owner: "o", suffix: "-x"}, flags: []string{"--txt-suffix=-x", "--txt-owner-id=o"}, why: "a suffix"},
		"template suffix":     {affixes: affixes{owner: "o", suffix: "-%{record_type}-x"}, flags: []string{"--txt-suffix=-%{record_type}-x", "--txt-owner-id=o"}, why: "a template in the suffix"},
		"label":               {affixes: affixes{owner: "o", prefix: "edns."}, flags: []string{"--txt-prefix=edns.", "--txt-owner-id=o"}, why: "a prefix that is a label"},
		"template":            {affixes: affixes{owner: "o", prefix: "edns-%{record_type}-", wildcard: "any"}, flags: []string{"--txt-prefix=edns-%{record_type}-", "--txt-wildcard-replacement=any", "--txt-owner-id=o"}, why: "a template and a replaced wildcard"},
		"upper case":          {affixes: affixes{owner: "o", prefix: "EDNS-"}, flags: []string{"--txt-prefix=EDNS-", "--txt-owner-id=o"}, why: "the affix is lowered"},
		"untyped":             {affixes: affixes{owner: "o", prefix: "x-"}, flags: []string{"--txt-prefix=x-", "--txt-owner-id=o", "--txt-format=untyped"}, why: "the old form, forced"},
		"both":                {affixes: affixes{owner: "o", prefix: "x-"}, flags: []string{"--txt-prefix=x-", "--txt-owner-id=o", "--txt-format=both"}, why: "both forms"},
		"both without prefix": {affixes: affixes{owner: "o"}, flags: []string{"--txt-owner-id=o", "--txt-format=both"}, why: "both forms where CNAMEs forbid one"},
	} {
		t.Run(name, func(t *testing.T) {
			a := open(t, nil)
			base.apply(t, base.manifests(), tc.flags...)
			wantOwned(t, a, tc.affixes)
		})
	}
	for _, r := range runs()[1:3] {
		t.Run(r.file, func(t *testing.T) {
			a := open(t, nil)
			r.apply(t, r.manifests())
			wantOwned(t, a, r.affix)
		})
	}
}

// wantOwned wants every record set to be its owner's in the eyes of ExternalDNS.
func wantOwned(t *testing.T, a *account, as affixes) {
	t.Helper()
	records := 0
	for id := range a.ids {
		for key, owner := range as.owners(a.sets(t, id)) {
			records++
			if owner != as.owner {
				t.Errorf("%s: ExternalDNS reads the owner %q, want %q", key, owner, as.owner)
			}
		}
	}
	if records < 50 {
		t.Errorf("only %d record sets", records)
	}
}

// TestNewPrefix: an installation that had no prefix and is given one is at rest, in either form of marker, and a name's markers move
// with its next change.
func TestNewPrefix(t *testing.T) {
	r := runs()[1]
	now := affixes{owner: "me", prefix: "prefix_"}
	old, _ := r.untyped(r.left(t))
	for name, left := range map[string]map[string][]record.Set{"typed": r.left(t), "untyped": old} {
		t.Run(name, func(t *testing.T) {
			a := open(t, left)
			wantRest(t, r.plan(t, r.manifests(), "--txt-prefix=prefix_"))
			path, object, host := edited(t)
			v := r.plan(t, path, "--txt-prefix=prefix_")
			moved := 0
			for _, c := range v.Changes {
				if c.From != object {
					t.Errorf("%s is of %q, not of the object that was edited", c.Name, c.From)
				}
				if c.Marker && strings.HasPrefix(string(c.Name), now.prefix) && c.Action == "create" {
					moved++
				}
			}
			if moved == 0 {
				t.Errorf("no marker moves: %+v", v.Changes)
			}
			r.apply(t, path, "--txt-prefix=prefix_")
			owned := 0
			for key, owner := range now.owners(a.sets(t, "Z1")) {
				if string(key.Name) == host && owner == now.owner {
					owned++
				}
			}
			if owned == 0 {
				t.Errorf("ExternalDNS with the new prefix owns nothing at %s", host)
			}
			wantRest(t, r.plan(t, path, "--txt-prefix=prefix_"))
		})
	}
}
