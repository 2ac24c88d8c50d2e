// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

// owned reads lines of sets, each after its resource: "resource name TYPE value".
func owned(t *testing.T, text string) []registry.Owned {
	t.Helper()
	var out []registry.Owned
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		resource, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		out = append(out, registry.Owned{Set: zonetext.Sets(t, rest)[0], Resource: resource})
	}
	return out
}

// changesTo is what brings the claimed sets at the names of after and gone to after.
func changesTo(l registry.Ledger, state []record.Set, after []registry.Owned, at string) []change.Change {
	var out []change.Change
	for _, s := range zonetext.Look(state)(zonetext.Full(at)) {
		c, ok, _ := l.Claim(s)
		if l.IsMarker(s) || !ok || c.Owner != us {
			continue
		}
		if i := slices.IndexFunc(after, func(o registry.Owned) bool { return o.Set.Key == s.Key }); i < 0 {
			out = append(out, change.Change{Before: &s})
		} else if !after[i].Set.Equal(s) {
			out = append(out, change.Change{Before: &s, After: &after[i].Set})
		}
	}
	for _, o := range after {
		if !slices.ContainsFunc(state, func(s record.Set) bool { return s.Key == o.Set.Key }) {
			out = append(out, change.Change{After: &o.Set})
		}
	}
	return out
}

// apply enters changes as Route 53 does: what is deleted must be there exactly, what is created must not.
func apply(t *testing.T, state []record.Set, changes []change.Change) []record.Set {
	t.Helper()
	out := slices.Clone(state)
	for _, c := range changes {
		if c.Before != nil {
			i := slices.IndexFunc(out, func(s record.Set) bool { return s.Equal(*c.Before) })
			if i < 0 {
				t.Fatalf("%s: %v isn't there", c, *c.Before)
			}
			out = slices.Delete(out, i, i+1)
		}
	}
	for _, c := range changes {
		if c.After != nil {
			if slices.ContainsFunc(out, func(s record.Set) bool { return s.Key == c.After.Key }) {
				t.Fatalf("%s: it is there already", c)
			}
			out = append(out, *c.After)
		}
	}
	return out
}

func TestAttach(t *testing.T) {
	for name, tc := range map[string]struct {
		why     string
		opts    txt.Options
		state   string
		asks    string
		at      string // www unless given
		after   string
		want    string
		refused reason.Code
	}{
		"new, empty zone":        {why: "typed", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/x"},
		"misread, both":          {why: "a-b without a type would be read for the A of b", opts: txt.Options{Format: "both"}, state: "b A 192.0.2.1\nb TXT =i/x", at: "a-b", after: "i/y a-b A 192.0.2.2", want: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.2\na-a-b TXT =i/y"},
		"misread, auto":          {why: "the type keeps it clear of b", state: "b A 192.0.2.1\nb TXT =i/x", at: "a-b", after: "i/y a-b A 192.0.2.2", want: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.2\na-a-b TXT =i/y"},
		"misread, untyped":       {why: "forced, there is no room", opts: txt.Options{Format: "untyped"}, state: "b A 192.0.2.1\nb TXT =i/x", at: "a-b", after: "i/y a-b A 192.0.2.2", refused: reason.MarkerTaken},
		"replacement beside *":   {why: "each marker of any would be read for * too", opts: txt.Options{Wildcard: "any"}, state: "* A 192.0.2.1\na-any TXT =i/x", at: "any", after: "i/x any A 192.0.2.1", refused: reason.MarkerTaken},
		"replacement, both":      {why: "neither form tells", opts: txt.Options{Wildcard: "any", Suffix: "-s", Format: "both"}, state: "* A 192.0.2.1\na-any-s TXT =i/x\nany-s TXT =i/x", at: "any", after: "i/x any A 192.0.2.1", refused: reason.MarkerTaken},
		"replacement, moved *":   {why: "the marker that * has under the old prefix may be any's too, so it doesn't tell", opts: txt.Options{Wildcard: "any", Prefix: "x-"}, state: "* A 192.0.2.1\na-any TXT =i/x", at: "any", after: "i/y any A 192.0.2.1", refused: reason.MarkerTaken},
		"replacement, * hand":    {why: "the marker of any would make somebody's * ours", opts: txt.Options{Wildcard: "any"}, state: "* A 192.0.2.1", at: "any", after: "i/x any A 192.0.2.1", refused: reason.MarkerTaken},
		"under an untyped":       {why: "a-b's marker would be read for the A of b before b's own", opts: txt.Options{Format: "untyped", Suffix: "-s"}, state: "a-b A 192.0.2.2\na-b-s TXT =i/y", at: "b", after: "i/x b A 192.0.2.1", refused: reason.MarkerTaken},
		"under it, auto":         {why: "b's typed marker has no room, its untyped one doesn't tell", opts: txt.Options{Suffix: "-s"}, state: "a-b A 192.0.2.2\na-b-s TXT =i/y", at: "b", after: "i/x b A 192.0.2.1", refused: reason.MarkerTaken},
		"under it, both":         {why: "b's untyped marker alone doesn't tell", opts: txt.Options{Format: "both"}, state: "a-b A 192.0.2.2\na-b TXT =i/y", at: "b", after: "i/x b A 192.0.2.1", refused: reason.MarkerTaken},
		"under it, CNAME":        {why: "the marker of a-b is read for no CNAME", opts: txt.Options{Format: "untyped", Suffix: "-s"}, state: "a-b A 192.0.2.2\na-b-s TXT =i/y", at: "b", after: "i/x b CNAME lb.example.net", want: "a-b A 192.0.2.2\na-b-s TXT =i/y\nb CNAME lb.example.net\nb-s TXT =i/x"},
		"told, both stand":       {why: "the object tells whose a-b is; the change writes it down", state: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.2\na-b TXT =i/y", asks: "i/y a-b", at: "a-b", after: "i/y a-b A 192.0.2.3", want: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.3\na-a-b TXT =i/y"},
		"told, untyped":          {why: "what stands isn't refused: it gets the telling form though another is forced", opts: txt.Options{Format: "untyped"}, state: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.2\na-b TXT =i/y", asks: "i/y a-b", at: "a-b", after: "i/y a-b A 192.0.2.3", want: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.3\na-a-b TXT =i/y"},
		"told, the other":        {why: "b has a marker of its own; a-b's stays", opts: txt.Options{Format: "untyped"}, state: "b A 192.0.2.1\nb TXT =i/x\na-b A 192.0.2.2\na-b TXT =i/y", asks: "i/y a-b", at: "b", after: "i/x b A 192.0.2.3", want: "b A 192.0.2.3\nb TXT =i/x\na-b A 192.0.2.2\na-b TXT =i/y"},
		"told, no room":          {why: "a marker that can't be made to tell isn't built on", opts: txt.Options{Wildcard: "any"}, state: "* A 192.0.2.1\nany A 192.0.2.2\na-any TXT =i/x", asks: "i/x *", at: "*", after: "i/x * A 192.0.2.3", refused: reason.MarkerTaken},
		"told, at rest":          {why: "nothing changes, so nothing is refused", opts: txt.Options{Wildcard: "any"}, state: "* A 192.0.2.1\nany A 192.0.2.2\na-any TXT =i/x", asks: "i/x *", at: "*", after: "i/x * A 192.0.2.1", want: "* A 192.0.2.1\nany A 192.0.2.2\na-any TXT =i/x"},
		"keeps telling":          {why: "without its typed marker b would be read into a-b's", opts: txt.Options{Format: "untyped", Prefix: "%{record_type}-x."}, state: "b A 192.0.2.1\na-x.b TXT =i/x\na-b A 192.0.2.2\n-x.a-b TXT =i/y", at: "b", after: "i/x b A 192.0.2.3", want: "b A 192.0.2.3\na-x.b TXT =i/x\na-b A 192.0.2.2\n-x.a-b TXT =i/y"},
		"hand-made a-b, auto":    {why: "b's typed marker would make somebody's a-b ours", state: "a-b A 192.0.2.2", at: "b", after: "i/x b A 192.0.2.1", want: "a-b A 192.0.2.2\nb A 192.0.2.1\nb TXT =i/x"},
		"hand-made a-b, both":    {why: "one of both forms tells", opts: txt.Options{Format: "both"}, state: "a-b A 192.0.2.2", at: "b", after: "i/x b A 192.0.2.1", want: "a-b A 192.0.2.2\nb A 192.0.2.1\nb TXT =i/x"},
		"hand-made a-b, typed":   {why: "forced, there is no room", opts: txt.Options{Format: "typed"}, state: "a-b A 192.0.2.2", at: "b", after: "i/x b A 192.0.2.1", refused: reason.MarkerTaken},
		"new, both":              {why: "both forms", opts: txt.Options{Format: "both"}, after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nwww TXT =i/x\na-www TXT =i/x"},
		"new AAAA, both":         {why: "AAAA is always typed", opts: txt.Options{Format: "both"}, after: "i/x www AAAA 2001:db8::1", want: "www AAAA 2001:db8::1\naaaa-www TXT =i/x"},
		"nothing to do":          {why: "markers alone don't move", state: "www A 192.0.2.1\nwww TXT =i/x", opts: txt.Options{Format: "typed", Prefix: "n."}, after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nwww TXT =i/x"},
		"object differs":         {why: "the marker names the new object", state: "www A 192.0.2.1\na-www TXT =i/x", after: "i/y www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/y"},
		"keeps untyped":          {why: "an owned name keeps its form", state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nwww TXT =i/x"},
		"keeps typed":            {why: "an owned name keeps its form", state: "www A 192.0.2.1\na-www TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\na-www TXT =i/x"},
		"keeps both":             {why: "ExternalDNS wrote both forms for years", state: "www A 192.0.2.1\na-www TXT =i/x\nwww TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\na-www TXT =i/x\nwww TXT =i/x"},
		"untyped and new AAAA":   {why: "AAAA typed, the rest as it was", state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x\naaaa-www TXT =i/x"},
		"forced typed":           {why: "typed moves an untyped marker with the next change", opts: txt.Options{Format: "typed"}, state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\na-www TXT =i/x"},
		"forced untyped":         {why: "untyped moves a typed marker with the next change", opts: txt.Options{Format: "untyped"}, state: "www A 192.0.2.1\na-www TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nwww TXT =i/x"},
		"move from no prefix":    {why: "our own unprefixed marker moves with the next change, in its form", opts: txt.Options{Prefix: "n."}, state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nn.www TXT =i/x"},
		"move from old prefix":   {why: "so does one of an old prefix", opts: txt.Options{Prefix: "n.", OldPrefix: []string{"old-"}}, state: "www A 192.0.2.1\nold-a-www TXT =i/x", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nn.a-www TXT =i/x"},
		"moved, then gone":       {why: "a marker of an old prefix goes with its record set", opts: txt.Options{Prefix: "n."}, state: "www A 192.0.2.1\na-www TXT =i/x", want: ""},
		"alias of old":           {why: "the marker of the CNAME that was asked for moves", state: "www A alias:lb.example.net\ncname-www TXT =i/x", after: "i/x www A alias:lb2.example.net", want: "www A alias:lb2.example.net\na-www TXT =i/x"},
		"CNAME, untyped name":    {why: "beside a CNAME the typed form is written", state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"CNAME, forced":          {why: "untyped is refused beside a CNAME", opts: txt.Options{Format: "untyped"}, state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www CNAME lb.example.net", refused: reason.MarkerCNAME},
		"CNAME, prefixed":        {why: "with a prefix the untyped form is clear of it", opts: txt.Options{Format: "untyped", Prefix: "n."}, state: "www A 192.0.2.1\nn.www TXT =i/x", after: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\nn.www TXT =i/x"},
		"back from CNAME":        {why: "typed stays typed", state: "www CNAME lb.example.net\ncname-www TXT =i/x", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/x"},
		"A and AAAA to CNAME":    {why: "both markers go", state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\na-www TXT =i/x\naaaa-www TXT =i/x", after: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"simple to weighted":     {why: "the marker has the set's identifier", state: "www A 192.0.2.1\na-www TXT =i/x", after: "i/x www#b A 192.0.2.1", want: "www#b A 192.0.2.1\na-www#b TXT =i/x"},
		"shared, one goes":       {why: "an untyped marker goes with the last of its record sets", state: "www A 192.0.2.1\nwww MX 10\nwww TXT =i/x", after: "i/x www MX 10", want: "www MX 10\nwww TXT =i/x"},
		"shared, all go":         {why: "an untyped marker goes with the last of its record sets", state: "www A 192.0.2.1\nwww MX 10\nwww TXT =i/x", want: ""},
		"shared, two objects":    {why: "one of the objects is named, and that is enough", state: "www A 192.0.2.1\nwww MX 10\nwww TXT =i/x", after: "i/x www A 192.0.2.1\ni/y www MX 10", want: "www A 192.0.2.1\nwww MX 10\nwww TXT =i/x"},
		"two objects, change":    {why: "a shared marker would lose the second object", state: "www A 192.0.2.1\nwww MX 10\nwww TXT =i/x", after: "i/x www A 192.0.2.2\ni/y www MX 10", want: "www A 192.0.2.2\nwww MX 10\nwww TXT =i/x\nmx-www TXT =i/y"},
		"overruled":              {why: "the other owner's marker tells more and would be read first", state: "www TXT =i/x\na-www TXT =them:i/y", after: "i/x www A 192.0.2.1", refused: reason.OtherOwner},
		"orphan of ours":         {why: "a marker whose record set was lost is taken up", state: "a-www TXT =i/old", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/x"},
		"orphan of others":       {why: "the record set would be the other owner's", state: "a-www TXT =them:i/x", after: "i/x www A 192.0.2.1", refused: reason.OtherOwner},
		"name taken":             {why: "a text of somebody's stays", state: "a-www TXT hello", after: "i/x www A 192.0.2.1", refused: reason.MarkerTaken},
		"name is a CNAME":        {why: "nothing stands beside a CNAME", state: "a-www CNAME lb.example.net", after: "i/x www A 192.0.2.1", refused: reason.MarkerCNAME},
		"marker of another":      {why: "a-b's TXT is b's marker", opts: txt.Options{Format: "untyped"}, state: "b A 192.0.2.1\na-b TXT =i/y", at: "a-b", after: "i/x a-b A 192.0.2.2", refused: reason.MarkerTaken},
		"text kept on change":    {why: "the other text isn't ours", state: "www A 192.0.2.1\nwww TXT =i/x v=spf1", after: "i/y www A 192.0.2.2", want: "www A 192.0.2.2\nwww TXT =i/y v=spf1"},
		"text kept on delete":    {why: "our value alone goes", state: "www A 192.0.2.1\na-www TXT =i/x v=spf1", want: "a-www TXT v=spf1"},
		"text kept on move":      {why: "our value alone moves", opts: txt.Options{Format: "typed"}, state: "www A 192.0.2.1\nwww TXT =i/x v=spf1", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nwww TXT v=spf1\na-www TXT =i/x"},
		"TXT asked for":          {why: "the wanted text has the name", opts: txt.Options{Format: "untyped"}, after: "i/x www A 192.0.2.1\ni/y www TXT hello", refused: reason.MarkerTaken},
		"text of other kind":     {why: "Route 53 has no simple TXT beside a weighted one", opts: txt.Options{Format: "untyped"}, state: "www TXT v=spf1", after: "i/x www#b A 192.0.2.1", refused: reason.MarkerTaken},
		"can't move":             {why: "what can't move stays where it is", opts: txt.Options{Prefix: "n."}, state: "www A 192.0.2.1\na-www TXT =i/x\nn.a-www TXT hello", after: "i/y www A 192.0.2.2", want: "www A 192.0.2.2\na-www TXT =i/y\nn.a-www TXT hello"},
		"shared, new":            {why: "one marker for both", opts: txt.Options{Format: "shared"}, after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA"},
		"shared, another type":   {why: "the list grows", state: "www A 192.0.2.1\nwww TXT =i/x|A", after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA"},
		"shared, one type goes":  {why: "the list shrinks", state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA", after: "i/x www AAAA 2001:db8::1", want: "www AAAA 2001:db8::1\nwww TXT =i/x|AAAA"},
		"shared, all types go":   {why: "so does the marker", state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA", want: ""},
		"shared, CNAME":          {why: "a CNAME stands alone, so its typed marker is one too", opts: txt.Options{Format: "shared"}, after: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"shared, CNAME, prefix":  {why: "with a prefix there is room", opts: txt.Options{Format: "shared", Prefix: "n."}, after: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\nn.www TXT =i/x|CNAME"},
		"shared, objects differ": {why: "each object is named", opts: txt.Options{Format: "shared"}, after: "i/x www A 192.0.2.1\ni/y www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A\naaaa-www TXT =i/y"},
		"shared, text there":     {why: "the name is somebody's text", opts: txt.Options{Format: "shared"}, state: "www TXT v=spf1", after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\na-www TXT =i/x\naaaa-www TXT =i/x\nwww TXT v=spf1"},
		"shared, identifier":     {why: "ExternalDNS looks for the identifier, so each has its marker", opts: txt.Options{Format: "shared"}, after: "i/x www#b A 192.0.2.1\ni/x www#b AAAA 2001:db8::1", want: "www#b A 192.0.2.1\nwww#b AAAA 2001:db8::1\nwww#b TXT =i/x|A+AAAA"},
		"shared, wildcard":       {why: "the replacement stands for it", opts: txt.Options{Format: "shared", Wildcard: "any"}, at: "*", after: "i/x * A 192.0.2.1\ni/x * AAAA 2001:db8::1", want: "* A 192.0.2.1\n* AAAA 2001:db8::1\nany TXT =i/x|A+AAAA"},
		"shared, read as typed":  {why: "ExternalDNS would take a-b's marker for that of the A of b, which somebody made", opts: txt.Options{Format: "shared"}, state: "b A 192.0.2.9", at: "a-b", after: "i/x a-b A 192.0.2.1", want: "b A 192.0.2.9\na-b A 192.0.2.1\na-a-b TXT =i/x"},
		"shared, by and by":      {why: "without --txt-migrate a name takes the form with its next change", opts: txt.Options{Format: "shared"}, state: "www A 192.0.2.1\na-www TXT =i/x", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/x"},
		"shared, next change":    {why: "old and new in one batch", opts: txt.Options{Format: "shared"}, state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\na-www TXT =i/x\naaaa-www TXT =i/x", after: "i/x www A 192.0.2.2\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.2\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA"},
		"migrate":                {why: "at once", opts: txt.Options{Format: "shared", Migrate: true}, state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\na-www TXT =i/x\naaaa-www TXT =i/x", after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA"},
		"migrate back":           {why: "at once", opts: txt.Options{Format: "typed", Migrate: true}, state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA", after: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\na-www TXT =i/x\naaaa-www TXT =i/x"},
		"migrate, no room":       {why: "what can't move stays, and nothing is refused", opts: txt.Options{Format: "typed", Migrate: true}, state: "www A 192.0.2.1\nwww TXT =i/x|A\na-www TXT hello", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nwww TXT =i/x|A\na-www TXT hello"},
		"migrate the prefix":     {why: "under auto the affix moves, the form stays", opts: txt.Options{Prefix: "n.", Migrate: true}, state: "www A 192.0.2.1\nwww TXT =i/x", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nn.www TXT =i/x"},
		"migrate, hand-made":     {why: "somebody's AAAA beside an untyped marker doesn't become ours", opts: txt.Options{Format: "shared", Migrate: true}, state: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A"},
		"can't leave shared":     {why: "the AAAA's typed marker would be read for aaaa-b, so the shared one keeps its list", opts: txt.Options{Format: "untyped"}, state: "aaaa-b A 192.0.2.99\nb A 192.0.2.1\nb AAAA 2001:db8::1\nb TXT =i/x|A+AAAA", at: "b", after: "i/x b A 192.0.2.2\ni/x b AAAA 2001:db8::1", want: "aaaa-b A 192.0.2.99\nb A 192.0.2.2\nb AAAA 2001:db8::1\nb TXT =i/x|A+AAAA"},
		"migrate, text beside":   {why: "the text would stay behind and look like a record set of the marker", opts: txt.Options{Format: "typed", Migrate: true}, state: "www A 192.0.2.1\nwww TXT =i/x v=spf1", after: "i/x www A 192.0.2.1", want: "www A 192.0.2.1\nwww TXT =i/x v=spf1"},
		"keeps shared":           {why: "an owned name keeps its form", state: "www A 192.0.2.1\nwww TXT =i/x|A", after: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\nwww TXT =i/x|A"},
		"apex":                   {why: "inside the zone", opts: txt.Options{Prefix: "n-"}, at: "@", after: "i/x @ A 192.0.2.1", want: "@ A 192.0.2.1\na-n- TXT =i/x"},
		"apex, both":             {why: "the one marker inside the zone is both", opts: txt.Options{Prefix: "n-", Format: "both"}, at: "@", after: "i/x @ A 192.0.2.1", want: "@ A 192.0.2.1\na-n- TXT =i/x"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.at == "" {
				tc.at = "www"
			}
			state, after := zonetext.Sets(t, tc.state), owned(t, tc.after)
			r := txt.New(options(tc.opts))
			l := r.Open(zonetext.Full(tc.at), example, zonetext.Look(state), asks(t, tc.asks))
			changes := changesTo(l, state, after, tc.at)
			markers, refused := l.Attach(changes, after)
			if tc.refused != "" {
				if markers != nil || len(refused) == 0 || refused[0].Why.Code != tc.refused || refused[0].Why.Fix() == "" {
					t.Fatalf("refused %v, changes %v; want %s (%s)", refused, markers, tc.refused, tc.why)
				}
				return
			}
			if refused != nil {
				t.Fatalf("refused %v (%s)", refused, tc.why)
			}
			state = apply(t, state, append(changes, real(markers)...))
			if diff := cmp.Diff(text(zonetext.Sets(t, tc.want)), text(state)); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", tc.why, diff)
			}
			for _, o := range after { // together: what is ours reads as ours
				if c, ok, why := r.Open(zonetext.Full(tc.at), example, zonetext.Look(state), asks(t, tc.asks)).Claim(o.Set); !ok || c.Owner != us {
					t.Errorf("afterwards %s is claimed by %q: %v (%s)", o.Set.Key, c.Owner, why, tc.why)
				}
			}
		})
	}
}

// TestUnmanagedStaysListed has an A that changes and an AAAA that nobody plans any more, because its type isn't managed: it stays ours.
func TestUnmanagedStaysListed(t *testing.T) {
	for format, want := range map[string]string{"auto": "www TXT =i/x|A+AAAA", "typed": "a-www TXT =i/x\nwww TXT =i/x|AAAA", "untyped": "www TXT =i/x|A+AAAA"} {
		state := zonetext.Sets(t, "www A 192.0.2.1\nwww AAAA 2001:db8::1\nwww TXT =i/x|A+AAAA")
		after := owned(t, "i/x www A 192.0.2.2")
		l := txt.New(options(txt.Options{Format: format})).Open(zonetext.Full("www"), example, zonetext.Look(state), nobody)
		markers, refused := l.Attach([]change.Change{{Before: &state[0], After: &after[0].Set}}, after)
		if refused != nil {
			t.Fatal(refused)
		}
		got := slices.DeleteFunc(apply(t, state, real(markers)), func(s record.Set) bool { return s.Type != record.TXT })
		if diff := cmp.Diff(text(zonetext.Sets(t, want)), text(got)); diff != "" {
			t.Errorf("--txt-format=%s (-want +got):\n%s", format, diff)
		}
	}
}

// real leaves out changes that change nothing, as the plan does.
func real(changes []change.Change) []change.Change {
	return slices.DeleteFunc(changes, func(c change.Change) bool { return c.Before != nil && c.After != nil && c.Before.Equal(*c.After) })
}

func TestSurvey(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		opts  txt.Options
		state string
		want  string // the marker of a new www A
	}{
		"empty":              {why: "typed in an empty zone", want: "a-www"},
		"untyped majority":   {why: "the zone's form", state: "x A 1\nx TXT =i/x\ny A 1\ny TXT =i/x\nz A 1\na-z TXT =i/x", want: "www"},
		"typed majority":     {why: "the zone's form", state: "x A 1\nx TXT =i/x\ny A 1\na-y TXT =i/x\nz A 1\na-z TXT =i/x", want: "a-www"},
		"even":               {why: "typed where there is no majority", state: "x A 1\nx TXT =i/x\ny A 1\na-y TXT =i/x", want: "a-www"},
		"AAAA doesn't count": {why: "AAAA is typed in any zone", state: "x A 1\nx TXT =i/x\ny AAAA 1\naaaa-y TXT =i/x\nz AAAA 1\naaaa-z TXT =i/x", want: "www"},
		"names with hyphens": {why: "a-b is untyped where there is no b", state: "a-b A 1\na-b TXT =i/x", want: "www"},
		"foreign prefix":     {why: "markers of another prefix tell nothing", state: "x A 1\nedns-a-x TXT =them:i/x\ny A 1\nedns-a-y TXT =them:i/x\nz A 1\na-z TXT =i/x", want: "a-www"},
		"prefix":             {why: "the prefix is taken off first", opts: txt.Options{Prefix: "p-"}, state: "x A 1\np-x TXT =i/x", want: "p-www"},
		"wildcard":           {why: "the replacement stands for the wildcard", opts: txt.Options{Wildcard: "any"}, state: "* A 1\nany TXT =i/x", want: "www"},
		"template":           {why: "a template is a type", opts: txt.Options{Prefix: "%{record_type}-p."}, state: "x A 1\n-p.x TXT =i/x", want: "a-p.www"},
		"shared majority":    {why: "a zone whose markers are shared goes on so", state: "x A 1\nx TXT =i/x|A\ny A 1\ny TXT =i/x|A\nz A 1\na-z TXT =i/x", want: "www"},
		"forced":             {why: "a forced form doesn't follow", opts: txt.Options{Format: "typed"}, state: "x A 1\nx TXT =i/x", want: "a-www"},
	} {
		t.Run(name, func(t *testing.T) {
			state := zonetext.Sets(t, tc.state)
			r := txt.New(options(tc.opts)).Survey(example, slices.Values(state))
			s := zonetext.Sets(t, "www A 192.0.2.1")[0]
			markers, refused := r.Open(s.Name, example, zonetext.Look(state), nobody).Attach([]change.Change{{After: &s}}, []registry.Owned{{Set: s, Resource: "i/x"}})
			if len(markers) != 1 || markers[0].Key().Name != zonetext.Full(tc.want) {
				t.Errorf("markers %v, refused %v; want %s (%s)", markers, refused, zonetext.Full(tc.want), tc.why)
			}
		})
	}
}
