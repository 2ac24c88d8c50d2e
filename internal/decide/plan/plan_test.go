// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/noop"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

// rows reads wants, one a line: "resource name TYPE value..." is a record set that an object asks for; "resource hold name" a
// name that it holds, "resource hold name TYPE" one type of it.
func rows(t zonetext.Tester, text string) []plan.Row {
	t.Helper()
	byID := make(map[string]*plan.Row)
	at := func(id string) *plan.Row {
		if byID[id] == nil {
			byID[id] = &plan.Row{ID: id}
		}
		return byID[id]
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		resource, rest, _ := strings.Cut(line, " ")
		if name, held := strings.CutPrefix(rest, "hold "); held {
			name, typ, one := strings.Cut(name, " ")
			_, id, _ := strings.Cut(name, "#")
			r := at(id)
			if one {
				if r.Holds == nil {
					r.Holds = make(map[record.Type]reason.Reason)
				}
				r.Holds[record.Type(typ)] = reason.New(reason.HostUnknown, "the addresses of %s aren't known", resource)
			} else {
				r.Hold = reason.New(reason.NoAddressYet, "%s has no address", resource)
			}
			r.Askers = append(r.Askers, resource)
			continue
		}
		s := zonetext.Sets(t, rest)[0]
		r := at(s.ID)
		r.Wants = append(r.Wants, change.Want{Set: s, Resource: resource, Askers: []string{resource}})
		r.Askers = append(r.Askers, resource)
	}
	var out []plan.Row
	for _, r := range byID {
		slices.Sort(r.Askers)
		r.Askers = slices.Compact(r.Askers)
		slices.SortFunc(r.Wants, func(a, b change.Want) int { return record.Compare(a.Set, b.Set) })
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b plan.Row) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func desired(s record.Set) ([]record.Set, error) {
	if s.TTL == 0 {
		s.TTL = 300
	}
	var err error
	s.Values, err = record.Canonical(s.Type, s.Values)
	return []record.Set{s}, err
}

func managed(types ...record.Type) func(record.Type) bool {
	return func(t record.Type) bool { return slices.Contains(types, t) }
}

// asking says that the objects of the rows ask for a name and nobody for others.
func asking(rs []plan.Row, at string) registry.Asks {
	return func(resource string, n dnsname.Name) bool {
		return n == zonetext.Full(at) && slices.ContainsFunc(rs, func(r plan.Row) bool { return slices.Contains(r.Askers, resource) })
	}
}

func input(state []record.Set, at string, rs []plan.Row, reg registry.Registry, policy change.Policy) plan.Input {
	return plan.Input{
		Name: zonetext.Full(at), Zone: example, Rows: rs, Observed: zonetext.Look(state)(zonetext.Full(at)), Owner: reg.Owner(), Policy: policy,
		Ledger:  reg.Open(zonetext.Full(at), example, zonetext.Look(state), asking(rs, at)),
		Manages: managed(record.A, record.AAAA, record.CNAME), Desired: desired,
		Gone: func(resource string) reason.Reason {
			if strings.HasPrefix(resource, "unknown/") {
				return reason.New(reason.NotSynced, "%s may be there", resource)
			}
			return reason.Reason{}
		},
	}
}

func TestName(t *testing.T) {
	const both = "www A 192.0.2.1\na-www TXT =i/x"
	const dual = both + "\nwww AAAA 2001:db8::1\naaaa-www TXT =i/x"
	for name, tc := range map[string]struct {
		why     string
		policy  change.Policy // upsert-only unless given
		state   string
		at      string // www unless given
		asked   string
		opts    txt.Options
		noop    bool
		types   []record.Type
		noTXT   bool   // the provider can't store the markers
		want    string // the zone afterwards; the same as before unless given
		verdict string // decisions, as "verdict code"
	}{
		"create":                    {why: "set and marker together", asked: "i/x www A 192.0.2.1", want: both},
		"at rest":                   {why: "nothing to do", state: both, asked: "i/x www A 192.0.2.1"},
		"update":                    {why: "the old set is replaced", state: both, asked: "i/x www A 192.0.2.2", want: "www A 192.0.2.2\na-www TXT =i/x"},
		"TTL":                       {why: "a TTL alone is a change", state: both, asked: "i/x www A 192.0.2.1 ttl:60", want: "www A 192.0.2.1 ttl:60\na-www TXT =i/x"},
		"update, create-only":       {why: "the policy", policy: change.CreateOnly, state: both, asked: "i/x www A 192.0.2.2", verdict: "held PolicyKeeps"},
		"delete, upsert-only":       {why: "the policy", state: both, verdict: "held PolicyKeeps"},
		"delete, sync":              {why: "set and marker go together", policy: change.Sync, state: both, want: " "},
		"delete, no proof":          {why: "the object may be there", policy: change.Sync, state: "www A 192.0.2.1\na-www TXT =unknown/x", verdict: "held NotSynced"},
		"update, no proof":          {why: "the marked object may be there: grow", state: "www A 192.0.2.1\na-www TXT =unknown/x", asked: "i/y www A 192.0.2.2", want: "www A 192.0.2.1 192.0.2.2\na-www TXT =unknown/x", verdict: "held NotSynced"},
		"hold":                      {why: "what is published stays", policy: change.Sync, state: both, asked: "i/x hold www", verdict: "held NoAddressYet"},
		"hold grows":                {why: "another object's address is added", policy: change.Sync, state: both, asked: "i/x hold www\ni/y www A 192.0.2.2", want: "www A 192.0.2.1 192.0.2.2\na-www TXT =i/x", verdict: "held NoAddressYet"},
		"hold, other type":          {why: "a new type is growth too", state: both, asked: "i/x hold www\ni/y www AAAA 2001:db8::1", want: both + "\nwww AAAA 2001:db8::1\naaaa-www TXT =i/y", verdict: "held NoAddressYet"},
		"hold, CNAME":               {why: "a change of type would remove the address", state: both, asked: "i/x hold www\ni/y www CNAME lb.example.net", verdict: "held NoAddressYet; refused NoAddressYet"},
		"hold of a type":            {why: "the other family is known", policy: change.Sync, state: dual, asked: "i/x www A 192.0.2.2\ni/x hold www AAAA", want: "www A 192.0.2.2\na-www TXT =i/x\nwww AAAA 2001:db8::1\naaaa-www TXT =i/x", verdict: "held HostNotResolved"},
		"hold of a type grows":      {why: "what is known is added", policy: change.Sync, state: dual, asked: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::2\ni/x hold www AAAA", want: both + "\nwww AAAA 2001:db8::1 2001:db8::2\naaaa-www TXT =i/x", verdict: "held HostNotResolved"},
		"hold of a type, new":       {why: "nothing of the type is published, and it is told why", asked: "i/x www A 192.0.2.1\ni/x hold www AAAA", want: both, verdict: "held HostNotResolved"},
		"hold of a type, CNAME":     {why: "the CNAME stands for both families", policy: change.Sync, state: "www CNAME lb.example.net\ncname-www TXT =i/x", asked: "i/x www A 192.0.2.1\ni/x hold www AAAA", verdict: "held HostNotResolved; refused HostNotResolved"},
		"hold of a type, one gone":  {why: "another type doesn't go before all is known", policy: change.Sync, state: dual, asked: "i/x www AAAA 2001:db8::1\ni/x hold www AAAA", verdict: "held HostNotResolved; held HostNotResolved"},
		"hold of a strange type":    {why: "what isn't managed isn't waited for", policy: change.Sync, types: []record.Type{record.A, record.CNAME}, state: "www CNAME lb.example.net\ncname-www TXT =i/x", asked: "i/x www A 192.0.2.1\ni/x hold www AAAA", want: both, verdict: ""},
		"hold under another id":     {why: "the object still holds the name", policy: change.Sync, state: both, asked: "i/x hold www#b", verdict: "held NoAddressYet; held NoAddressYet"},
		"hold of a stranger":        {why: "i/y's hold says nothing of what was for i/x", policy: change.Sync, state: both, asked: "i/y hold www#b", verdict: "held NoAddressYet", want: " "},
		"hold, no resource":         {why: "the marker tells no object: it may be the one", policy: change.Sync, state: "www A 192.0.2.1\na-www TXT =", asked: "i/y hold www#b", verdict: "held NoAddressYet; held NoAddressYet"},
		"A to CNAME":                {why: "a change of type is an update", state: both, asked: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"A to CNAME, create-only":   {why: "updates aren't allowed", policy: change.CreateOnly, state: both, asked: "i/x www CNAME lb.example.net", verdict: "held PolicyKeeps; refused PolicyKeeps"},
		"CNAME to A":                {why: "and back", state: "www CNAME lb.example.net\ncname-www TXT =i/x", asked: "i/x www A 192.0.2.1", want: both},
		"CNAME to A and AAAA":       {why: "and back to both", state: "www CNAME lb.example.net\ncname-www TXT =i/x", asked: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: both + "\nwww AAAA 2001:db8::1\naaaa-www TXT =i/x"},
		"A and AAAA to CNAME":       {why: "both make room", state: both + "\nwww AAAA 2001:db8::1\naaaa-www TXT =i/x", asked: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"A to AAAA":                 {why: "nothing of what was there stays", state: both, asked: "i/x www AAAA 2001:db8::1", want: "www AAAA 2001:db8::1\naaaa-www TXT =i/x"},
		"AAAA dropped":              {why: "one of two going is a delete", state: both + "\nwww AAAA 2001:db8::1\naaaa-www TXT =i/x", asked: "i/x www A 192.0.2.1", verdict: "held PolicyKeeps"},
		"untyped A to CNAME":        {why: "the marker leaves the name to the CNAME", state: "www A 192.0.2.1\nwww TXT =i/x", asked: "i/x www CNAME lb.example.net", want: "www CNAME lb.example.net\ncname-www TXT =i/x"},
		"forced untyped CNAME":      {why: "refused, and what is there stays", policy: change.Sync, opts: txt.Options{Format: "untyped"}, state: "www A 192.0.2.1\nwww TXT =i/x", asked: "i/x www CNAME lb.example.net", verdict: "held MarkerMeetsCNAME; refused MarkerMeetsCNAME"},
		"CNAME beside text":         {why: "somebody's TXT excludes a CNAME", state: "www TXT v=spf1", asked: "i/x www CNAME lb.example.net", verdict: "refused NotOurs"},
		"CNAME beside a marker":     {why: "www's TXT is another owner's marker", state: "www TXT =them:i/y", asked: "i/x www CNAME lb.example.net", verdict: "refused MarkerMeetsCNAME"},
		"simple to weighted":        {why: "a change of routing is an update", state: both, asked: "i/x www#b A 192.0.2.1", want: "www#b A 192.0.2.1\na-www#b TXT =i/x"},
		"simple to two weighted":    {why: "the second comes along", state: both, asked: "i/x www#b A 192.0.2.1\ni/y www#c A 192.0.2.2", want: "www#b A 192.0.2.1\na-www#b TXT =i/x\nwww#c A 192.0.2.2\na-www#c TXT =i/y"},
		"weighted to simple":        {why: "and back", state: "www#b A 192.0.2.1\na-www#b TXT =i/x\nwww#c A 192.0.2.2\na-www#c TXT =i/x", asked: "i/x www A 192.0.2.1", want: both},
		"weighted, create-only":     {why: "updates aren't allowed", policy: change.CreateOnly, state: both, asked: "i/x www#b A 192.0.2.1", verdict: "held PolicyKeeps; refused PolicyKeeps"},
		"weighted, held":            {why: "the object that has the simple set may be there", state: "www A 192.0.2.1\na-www TXT =unknown/x", asked: "i/y www#b A 192.0.2.1", verdict: "held NotSynced; refused NotSynced"},
		"weighted, refused":         {why: "what it would replace stays", policy: change.Sync, state: both + "\na-www#b TXT =them:i/y", asked: "i/x www#b A 192.0.2.1", verdict: "held OtherOwner; refused OtherOwner"},
		"both routings wanted":      {why: "the first stays, deterministically", asked: "i/x www A 192.0.2.1\ni/y www#b A 192.0.2.2", want: both, verdict: "refused ClaimHolderWins"},
		"foreign":                   {why: "no marker, not touched", policy: change.Sync, state: "www A 192.0.2.1", asked: "i/x www A 192.0.2.2", verdict: "refused NotOurs"},
		"foreign, not wanted":       {why: "nor deleted", policy: change.Sync, state: "www A 192.0.2.1"},
		"foreign neighbour":         {why: "somebody else has the name", state: "www AAAA 2001:db8::1", asked: "i/x www A 192.0.2.1", verdict: "refused NotOurs"},
		"other owner":               {why: "not ours", policy: change.Sync, state: "www A 192.0.2.1\na-www TXT =them:i/x", asked: "i/x www A 192.0.2.2", verdict: "refused OtherOwner"},
		"other owner's orphan":      {why: "the set would become the other owner's", state: "a-www TXT =them:i/x", asked: "i/x www A 192.0.2.1", verdict: "refused OtherOwner"},
		"replacement refused":       {why: "a refusal doesn't remove what it would have replaced", policy: change.Sync, state: both + "\nwww AAAA 2001:db8::1", asked: "i/x www CNAME lb.example.net", verdict: "held NotOurs; refused NotOurs"},
		"beside a refusal":          {why: "the rest of the row goes on", state: both + "\nwww AAAA 2001:db8::1", asked: "i/x www A 192.0.2.2\ni/x www AAAA 2001:db8::2", want: "www A 192.0.2.2\na-www TXT =i/x\nwww AAAA 2001:db8::1", verdict: "refused NotOurs"},
		"bad value":                 {why: "what is published stays", policy: change.Sync, state: both, asked: "i/x www A elsewhere", verdict: "held BadValue; refused BadValue"},
		"bad value of another":      {why: "the set that it is for stays, whomever it was for", policy: change.Sync, state: both, asked: "i/y www A elsewhere", verdict: "held BadValue; refused BadValue"},
		"three types":               {why: "what is refused keeps nobody out", types: []record.Type{"A", "CNAME", "TXT"}, asked: "i/x www A 192.0.2.1\ni/x www CNAME lb.example.net\ni/x www TXT hello", want: both + "\nwww TXT hello\ntxt-www TXT =i/x", verdict: "refused ClaimHolderWins"},
		"weighted, one refused":     {why: "nothing is put beside what stays for the refused one", state: both + "\na-www#b TXT =them:i/y", asked: "i/x www#b A 192.0.2.1\ni/y www#c A 192.0.2.2", verdict: "held OtherOwner; refused OtherOwner; refused OtherOwner"},
		"marker not storable":       {why: "no set without its marker", noTXT: true, asked: "i/x www A 192.0.2.1", verdict: "refused BadValue"},
		"marker alone not storable": {why: "the marker stays as it is", noTXT: true, state: both, asked: "i/y www A 192.0.2.1", verdict: "held BadValue"},
		"unmanaged type":            {why: "left out", asked: "i/x www PTR host.example.net", verdict: "filtered TypeNotManaged"},
		"new object":                {why: "the marker follows the object", state: both, asked: "i/y www A 192.0.2.1", want: "www A 192.0.2.1\na-www TXT =i/y"},
		"new object, create-only":   {why: "a marker's change is an update", policy: change.CreateOnly, state: both, asked: "i/y www A 192.0.2.1"},
		"stuck marker":              {why: "a marker that can't move stays, and the rest goes on", opts: txt.Options{Prefix: "n."}, state: both + "\nn.a-www TXT hello", asked: "i/x www A 192.0.2.1\ni/x www AAAA 2001:db8::1", want: both + "\nn.a-www TXT hello\nwww AAAA 2001:db8::1\nn.aaaa-www TXT =i/x"},
		"apex NS":                   {why: "the apex's NS is never ours", policy: change.Sync, noop: true, at: "@", types: []record.Type{"A", "NS", "SOA"}, state: "@ NS ns.example.net\n@ SOA soa"},
		"apex NS wanted":            {why: "nor made", noop: true, at: "@", types: []record.Type{"A", "NS"}, state: "@ NS ns.example.net", asked: "i/x @ NS ns2.example.net", verdict: "refused NotOurs"},
		"apex A beside NS":          {why: "the NS doesn't keep the apex from others", noop: true, at: "@", types: []record.Type{"A", "NS"}, state: "@ NS ns.example.net", asked: "i/x @ A 192.0.2.1", want: "@ NS ns.example.net\n@ A 192.0.2.1"},
		"TXT where a marker is":     {why: "a marker isn't overwritten", types: []record.Type{"TXT"}, state: "www TXT =i/y", asked: "i/x www TXT hello", verdict: "refused MarkerNameTaken"},
		"noop":                      {why: "everything counts as ours", policy: change.Sync, noop: true, state: "www A 192.0.2.1", asked: "i/x www A 192.0.2.2", want: "www A 192.0.2.2"},
		"noop, delete":              {why: "everything counts as ours", policy: change.Sync, noop: true, state: "www A 192.0.2.1", want: " "},
		"noop, markers":             {why: "but markers of others aren't", policy: change.Sync, noop: true, types: []record.Type{"A", "TXT"}, state: "www TXT =them:i/x"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.policy == "" {
				tc.policy = change.UpsertOnly
			}
			if tc.at == "" {
				tc.at = "www"
			}
			tc.opts.Owner = us
			if tc.opts.Format == "" {
				tc.opts.Format = "auto"
			}
			var reg registry.Registry = txt.New(tc.opts)
			if tc.noop {
				reg = noop.Registry{}
			}
			state := zonetext.Sets(t, tc.state)
			run := func() (change.Group, []change.Decision) {
				in := input(state, tc.at, rows(t, tc.asked), reg, tc.policy)
				if tc.types != nil {
					in.Manages = managed(tc.types...)
				}
				if tc.noTXT {
					in.Desired = func(s record.Set) ([]record.Set, error) {
						if s.Type == record.TXT {
							return nil, fmt.Errorf("no TXT here")
						}
						return desired(s)
					}
				}
				return plan.Name(in)
			}
			group, decisions := run()
			if tc.want == "" {
				tc.want = tc.state
			}
			state = apply(t, state, group.Changes)
			if diff := cmp.Diff(zonetext.Text(zonetext.Sets(t, tc.want)), zonetext.Text(state)); diff != "" {
				t.Errorf("%s (-want +got):\n%s\n%v", tc.why, diff, decisions)
			}
			if diff := cmp.Diff(tc.verdict, verdicts(decisions)); diff != "" {
				t.Errorf("%s: decisions (-want +got):\n%s\n%v", tc.why, diff, decisions)
			}
			if again, _ := run(); len(again.Changes) > 0 {
				t.Errorf("planned again: %v (%s)", again.Changes, tc.why)
			}
		})
	}
}

func verdicts(decisions []change.Decision) string {
	var out []string
	for _, d := range decisions {
		out = append(out, fmt.Sprintf("%s %s", d.Verdict, d.Why.Code))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
