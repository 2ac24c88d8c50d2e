// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// edit is what a group does with its name: at most one record set before and one after, and the description.
type edit struct {
	at    dnsname.Name
	sets  []change.Change // of record sets
	note  *change.Change  // of the description; nil: it stays, whatever it is
	after *record.Set     // the record set that will be there; nil: none
}

// newEdit reads a group; what a service can't be is Rejected.
func newEdit(z zone.Zone, g change.Group) (edit, error) {
	e := edit{at: g.Name}
	for _, c := range g.Changes {
		k := c.Key()
		switch {
		case k.Name != g.Name || !k.Name.In(z.Name):
			return e, rejected([]record.Key{k}, "%s isn't a name of the namespace %s", k, z.Name)
		case k.ID != "":
			return e, rejected([]record.Key{k}, "%s: a service has no set identifiers", k)
		case k.Type == record.Note:
			e.note = &c
			continue
		case c.After != nil && e.after != nil:
			return e, rejected([]record.Key{k}, "%s can't be beside %s: a service has one type", k, e.after.Key)
		case c.After != nil:
			e.after = c.After
		}
		e.sets = append(e.sets, c)
	}
	switch name := serviceName(g.Name, z); {
	case g.Name == z.Name:
		return e, rejected(e.keys(), "%s is the namespace itself: only names below it can be published", g.Name)
	case len(name) > mostName:
		return e, rejected(e.keys(), "the service name %s has %d characters, more than %d: shorten the host name", name, len(name), mostName)
	}
	return e, nil
}

// keys are all that the group edits.
func (e edit) keys() []record.Key {
	var out []record.Key
	for _, c := range e.sets {
		out = append(out, c.Key())
	}
	if e.note != nil {
		out = append(out, e.note.Key())
	}
	return out
}

// creates reports whether the group expects the name to be empty: then nothing has to be read.
func (e edit) creates() bool {
	if e.note != nil && e.note.Before != nil {
		return false
	}
	for _, c := range e.sets {
		if c.Before != nil {
			return false
		}
	}
	return e.after != nil
}

// expects compares what a service is with what the group changes; keys are those that differ.
func (e edit) expects(s *service) (differ []record.Key) {
	if e.note != nil && !e.describes(s) {
		differ = append(differ, e.note.Key())
	}
	var main *record.Set
	if s != nil {
		main, _ = s.main(e.at) // what is odd has been refused
	}
	for _, c := range e.sets {
		switch there := main != nil && main.Key == c.Key(); {
		case c.Before == nil && !there:
		case c.Before == nil || !there || !main.Equal(*c.Before):
			differ = append(differ, c.Key())
		}
	}
	return differ
}

// describes reports whether a service has the description that the group expects; nil: there is no service.
func (e edit) describes(s *service) bool {
	if s == nil || e.note.Before == nil {
		return s == nil && e.note.Before == nil
	}
	return s.description == noteText(e.note.Before)
}

// unmentioned is a record set that is there and that the group, though it makes one, or takes away whose it is, says nothing of: it
// would have two owners, or none.
func (e edit) unmentioned(main *record.Set) bool {
	orphans := e.note != nil && e.note.After == nil
	if main == nil || e.after == nil && !orphans {
		return false
	}
	for _, c := range e.sets {
		if c.Key() == main.Key {
			return false
		}
	}
	return true
}
