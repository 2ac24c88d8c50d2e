// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Guardrail is a rule of a zone that refuses changes whatever the policy allows: a record set protection, or what a change
// guardrail finds (developer guide, "Protecting records from changes" and "Change Guardrails for hosted zones"). Both refuse the whole
// batch with InvalidChangeBatch. A protection is of one name and type, with every set identifier, whether it is there or not; a guardrail's
// answer names itself, the record set, and what to do. The wording of neither is published: the one here is our own.
type Guardrail struct {
	Check  string       // of a guardrail, such as ALIAS_TARGET_CHECK; empty: a protection
	Name   dnsname.Name // empty: any
	Type   record.Type  // empty: any
	Action Action       // empty: any
	Text   string       // in place of the message, for one that names nothing; empty: as usual
}

// Guard has a zone refuse what guardrails refuse, from now on those and no others.
func (s *Server) Guard(zone string, gs ...Guardrail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guardrails[zone] = append([]Guardrail(nil), gs...)
}

// guarded refuses a batch that guardrails of its zone refuse, and tells of each change that they do. The caller holds mu.
func (s *Server) guarded(zone string, changes []Change) error {
	var messages []string
	told := make(map[string]bool) // a replaced record set is in the batch twice
	for _, c := range changes {
		for _, g := range s.guardrails[zone] {
			if m := g.message(c); g.refuses(c) && !told[m] {
				told[m] = true
				messages = append(messages, m)
			}
		}
	}
	if len(messages) > 0 {
		return invalidBatch(messages)
	}
	return nil
}

func (g Guardrail) refuses(c Change) bool {
	name, _ := parseName(string(c.Set.Name))
	return (g.Name == "" || g.Name == name) && (g.Type == "" || g.Type == c.Set.Type) && (g.Action == "" || g.Action == c.Action)
}

func (g Guardrail) message(c Change) string {
	name, _ := parseName(string(c.Set.Name))
	of := strings.TrimSuffix(wireName(name), ".")
	switch {
	case g.Text != "":
		return g.Text
	case g.Check != "":
		return fmt.Sprintf("The change of the %s record %s is rejected by the guardrail %s: correct the record or turn the guardrail off", c.Set.Type, of, g.Check)
	default:
		return fmt.Sprintf("The %s record %s has a resource record set protection: delete the protection to change it", c.Set.Type, of)
	}
}
