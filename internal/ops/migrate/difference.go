// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/source"
)

// Difference is a deliberate difference from ExternalDNS: a row of docs/differences.md, whose cells its first four fields are.
type Difference struct {
	Theirs, Ours, Why, Flag string

	Tries  []Try                                     // ways back to the old behaviour that a plan can show; the first that helps counts
	Looks  func(c report.Change, v report.View) bool // where there is no flag: whether a change looks as if it came of this
	Policy string                                    // Looks counts under this policy only; empty for any
	Advice string                                    // what to do about such a change
}

// Differences are those that a plan over a zone of ExternalDNS can show, or that have a flag. Those with a flag to try come first.
func Differences() []Difference { return slices.Concat(tried(), seen(), quiet()) }

// tried are those that a flag takes out of a plan.
func tried() []Difference {
	return []Difference{
		{
			Theirs: "reads annotations under one prefix, `external-dns.kubernetes.io/` by default",
			Ours:   "reads both `external-dns.kubernetes.io/` and `external-dns.alpha.kubernetes.io/`; key by key the newer wins",
			Why:    "v0.22 changed the default, and records went", Flag: "`--annotation-prefix` reads that one only",
			Tries: []Try{{Add: []string{"--annotation-prefix=" + source.NewPrefix}}, {Add: []string{"--annotation-prefix=" + source.OldPrefix}}},
		},
		{
			Theirs: "addresses of objects of different namespaces that ask for one host are merged into one record set",
			Ours:   "the namespace that has the name keeps it, then the one with the older object; the others lose, with a reason",
			Why:    "one team can't put its address into another's name", Flag: "`--merge-across-namespaces`",
			Tries: []Try{{Add: []string{"--merge-across-namespaces"}}},
		},
		{
			Theirs: "`--default-targets` helps no Ingress or Service without an address", Ours: "it fills names whose object has no address yet",
			Why: "that is what its documentation says", Flag: "leave the flag out", Tries: []Try{{Drop: "default-targets"}},
		},
	}
}

// seen are those without a flag.
func seen() []Difference {
	return []Difference{
		{
			Theirs: "a change from A to CNAME is a delete and a create; under `upsert-only` only the create is sent, which Route 53 refuses each time",
			Ours:   "it is one update, in one batch, under `sync` and `upsert-only`", Why: "the object asked for it, and nothing is lost", Flag: "–",
			Looks: changesType, Policy: string(change.UpsertOnly), Advice: "give the object the type of target that is published, or let it happen",
		},
		{
			Theirs: "a CNAME with several targets is sent as it is, and Route 53 refuses it",
			Ours:   "the first in alphabetical order is published, with the reason `OneCNAMETarget`", Why: "a name that works, and a word about it", Flag: "–",
			Looks: oneTarget, Advice: "leave one host name in the object's targets, or let it happen",
		},
		{
			Theirs: "a TTL that is taken off an object stays in the record set; so does one changed by hand",
			Ours:   "the record set goes back to 300, or to `--min-ttl`", Why: "the record is what the object asks for", Flag: "–",
			Looks: onlyTTL, Advice: "put the TTL that is published on the object (annotation ttl), or let it happen",
		},
		{
			Theirs: "the marker's object stays though another object has taken over", Ours: "it follows, as long as the policy allows updates",
			Why: "who has a name is read from its marker", Flag: "–", Looks: onlyMarker, Advice: "let it happen: the record set itself stays, and ExternalDNS reads the marker as before",
		},
	}
}

// quiet are those with a flag that change nothing in a plan over a zone at rest.
func quiet() []Difference {
	return []Difference{
		{
			Theirs: "`--policy` must be given", Ours: "without it, `upsert-only`", Why: "the harmless policy is the default", Flag: "`--policy=sync`",
		},
		{
			Theirs: "under `sync` a name goes as soon as no object asks for it",
			Ours: "it stays for another 15 s, and for good if an object asks again; a rename publishes the new name first. " +
				"`--once` doesn't wait",
			Why: "what is deleted and made anew, or moves from one object to another, isn't gone for a moment", Flag: "`--delete-after=0s`",
		},
		{
			Theirs: "deletes whatever its sources don't list any more, however many names that is",
			Ours: "a brake for each zone: more than 10 names and more than 30 % of ours within an hour, or all of three or more, are held until a person " +
				"releases them, objects ask again or the hour is over; so are updates that give more than half of at least 20 names other targets, one " +
				"address that replaces another everywhere apart. In the first hour after a start that has neither `--state-dir` nor a Lease, 10 names in all",
			Why: "an upgrade, a filter or a mistake that makes objects vanish deletes no zone", Flag: "`--max-delete-percent=100 --max-deletes=1000000 --max-update-percent=100`",
		},
		{
			Theirs: "it runs once, or two write at once",
			Ours:   "in a pod it holds a Lease where its role allows that: a second replica stands by. Where it may not, one warning names the rule, and it goes on",
			Why:    "two that write at once undo each other", Flag: "`--leader-elect=false`",
		},
		{
			Theirs: "writes typed markers (`prefix_a-www`), reads untyped ones (`prefix_www`)",
			Ours: "a name keeps the form it has; a new name follows the zone's majority, typed where there is none or a tie; AAAA is always typed. " +
				"Where an untyped marker would meet a CNAME it is typed",
			Why: "an older ExternalDNS can take the zone back", Flag: "`--txt-format=typed`",
		},
	}
}

func changesType(c report.Change, v report.View) bool {
	return slices.ContainsFunc(v.Changes, func(o report.Change) bool {
		return o.Reason.Code == reason.Replaced && o.Zone == c.Zone && o.Name == c.Name
	})
}

func oneTarget(c report.Change, v report.View) bool {
	return slices.ContainsFunc(v.Noted, func(n report.Name) bool {
		return n.Reason.Code == reason.OneCNAME && n.Zone != nil && *n.Zone == c.Zone && n.Name == c.Name
	})
}

func onlyTTL(c report.Change, _ report.View) bool {
	return !c.Marker && c.Before != nil && c.After != nil && c.Before.TTL != c.After.TTL && slices.Equal(c.Before.Targets, c.After.Targets)
}

func onlyMarker(c report.Change, _ report.View) bool {
	return c.Marker && c.Before != nil && c.After != nil
}
