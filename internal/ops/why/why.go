// SPDX-License-Identifier: Apache-2.0

// Package why tells why a name is published, or isn't: it walks from the object to the answer in the order in which things happen, and
// stops at the first no, with its reason and the fix.
package why

import (
	"slices"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
)

// Report is an explanation for people and machines. Its JSON form keeps its keys, steps, marks and codes; texts may change.
type Report struct {
	Asked  string   `json:"asked"`
	Good   bool     `json:"good"` // all that was asked about is published as wanted, as far as that can be known
	Object *Object  `json:"object,omitempty"`
	Walks  []Walk   `json:"names"`
	Looked []string `json:"looked,omitempty"`  // where we looked, if nothing is known of what was asked about
	Near   []string `json:"similar,omitempty"` // what is spelt alike
}

// Object is what becomes of one object.
type Object struct {
	Ref      string        `json:"object"`
	Source   string        `json:"source,omitempty"`
	There    bool          `json:"there"`
	Stop     *Step         `json:"stop,omitempty"`    // why it asks for nothing
	Refusals []report.Name `json:"refused,omitempty"` // parts of it that can't be used
}

// Walk is the way of one name in one zone, or up to where no zone was found.
type Walk struct {
	Name     dnsname.Name    `json:"name"`
	View     string          `json:"view"`
	Zone     *report.Zone    `json:"zone,omitempty"`
	Good     bool            `json:"good"`
	State    reconcile.State `json:"state,omitempty"`
	Steps    []Step          `json:"steps"` // up to the first no or wait, that included
	Observed []Observed      `json:"observed"`
	Changes  []report.Change `json:"changes"`        // what would change now if nothing held it
	Retry    time.Time       `json:"retry,omitzero"` // when it is tried again
	Last     *Last           `json:"last,omitempty"`
}

// Observed is a record set that is there, and whose it is.
type Observed struct {
	report.Set
	Type     string         `json:"type"`
	ID       string         `json:"setIdentifier"`
	Ours     bool           `json:"ours"`
	Marker   bool           `json:"marker,omitempty"`
	Owner    string         `json:"owner,omitempty"`
	Resource string         `json:"from,omitempty"`
	Reason   *reason.Reason `json:"reason,omitempty"` // why it has no owner
}

// Last is the last batch that touched the name.
type Last struct {
	Entry   string    `json:"entry"`
	Time    time.Time `json:"time"`
	Outcome string    `json:"outcome"`
}

// Mark says how a step went.
type Mark string

// The marks.
const (
	OK   Mark = "ok"
	No   Mark = "no"   // here it stops
	None Mark = "none" // nothing to say yes or no to
	Wait Mark = "wait" // all is done here, and the provider isn't; what comes after it can't be told yet
)

// Step is one part of the way.
type Step struct {
	Step    Place          `json:"step"`
	Mark    Mark           `json:"mark"`
	Text    string         `json:"text"`
	Reason  *reason.Reason `json:"reason,omitempty"`
	Fix     string         `json:"fix,omitempty"`
	Command string         `json:"command,omitempty"` // that does what Fix says, without the other flags
	Notes   []Note         `json:"notes,omitempty"`
}

// Note is something to know that doesn't stop the walk.
type Note struct {
	Resource string        `json:"from,omitempty"`
	Reason   reason.Reason `json:"reason"`
}

// In is what an explanation says of one view, or for an empty name all of it. What other views make of a name is left out.
func In(e reconcile.Explanation, view string) reconcile.Explanation {
	if view == "" {
		return e
	}
	e.Names = slices.Clone(e.Names)
	for i, n := range e.Names {
		e.Names[i].Views = slices.DeleteFunc(slices.Clone(n.Views), func(v reconcile.ViewFacts) bool { return v.View != view })
	}
	return e
}

// Make makes a report of an explanation. Equal explanations give equal reports.
func Make(e reconcile.Explanation) Report {
	r := Report{Asked: string(e.Name), Walks: []Walk{}}
	if e.Object != nil {
		r.Asked = e.Ref.String()
		r.Object = object(e)
	}
	for _, n := range e.Names {
		r.Walks = append(r.Walks, walks(e, n)...)
	}
	unnamed := func(w Walk) bool { return w.Stop() != nil && w.Stop().Reason.Code == reason.NoReverse }
	if r.Object != nil && slices.ContainsFunc(r.Walks, func(w Walk) bool { return !unnamed(w) }) { // most addresses of objects have no zone
		r.Walks = slices.DeleteFunc(r.Walks, unnamed)
	}
	r.Near = e.Near
	if len(e.Unread) > 0 || !known(e) {
		r.Looked = looked(e)
	}
	r.Good = len(r.Walks) > 0 && (r.Object == nil || r.Object.good())
	for _, w := range r.Walks {
		r.Good = r.Good && w.Good
	}
	return r
}

func (o *Object) good() bool { return o.Stop == nil && len(o.Refusals) == 0 }

// Stop is where the walk ends; nil where it gets to its end.
func (w Walk) Stop() *Step {
	if n := len(w.Steps); n > 0 && w.Steps[n-1].Mark == No {
		return &w.Steps[n-1]
	}
	return nil
}

// waits reports whether the walk ends because the provider is still at it.
func (w Walk) waits() bool { return len(w.Steps) > 0 && w.Steps[len(w.Steps)-1].Mark == Wait }

func object(e reconcile.Explanation) *Object {
	f := e.Object
	o := &Object{Ref: e.Ref.String(), Source: f.Source, There: f.There}
	why := f.Silent
	if !f.There {
		if why = f.Unseen; why.None() {
			why = reason.New(reason.NoObject, "there is no %s", e.Ref)
		}
	}
	for _, u := range e.Unread {
		if u.Resource == e.Ref.String() {
			why = u.Reason
		}
	}
	for _, u := range f.Result.Refusals {
		o.Refusals = append(o.Refusals, report.Name{
			What: "refused", From: u.Ref.String(), Field: u.Field, Value: u.Value, Reason: u.Why, Fix: u.Why.Fix(),
		})
	}
	if !why.None() && (len(o.Refusals) == 0 || why.Code != reason.NoHost) {
		stop := no(why)
		o.Stop = &stop
	}
	return o
}

func no(why reason.Reason) Step {
	return Step{Step: placeOf(why.Code), Mark: No, Text: why.Text, Reason: &why, Fix: why.Fix()}
}

// known reports that something is asked for or published.
func known(e reconcile.Explanation) bool {
	if e.Object != nil && e.Object.There {
		return true
	}
	for _, n := range e.Names {
		if len(n.Askers) > 0 || observed(n) {
			return true
		}
	}
	return false
}

func observed(n reconcile.NameFacts) bool {
	for _, v := range n.Views {
		for _, z := range v.Zones {
			if len(z.Observed) > 0 {
				return true
			}
		}
	}
	return false
}

// ParseSubject reads what is asked about: a name, or an object as kind/namespace/name, or as kubectl has it, kind/name, in the
// namespace given. The kind may be spelt as kubectl lets it.
func ParseSubject(text, namespace string) (dnsname.Name, endpoint.Ref, error) {
	return parse(text, namespace)
}
