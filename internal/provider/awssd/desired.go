// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"errors"
	"fmt"
	"math"
	"regexp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

const (
	defaultTTL      = 300  // seconds, as ExternalDNS has it
	mostInstances   = 1000 // of a service ("Cloud Map quotas")
	mostName        = 127  // characters of a service's name (API_CreateService, Name)
	mostDescription = 1024 // characters (API_CreateService, Description)
)

// label matches a label of a service's name (API_CreateService, Name).
var label = regexp.MustCompile(`^([a-z0-9_][a-z0-9_-]{0,61}[a-z0-9_]|[a-z0-9])$`)

// Desired implements provider.Provider. Properties, alias among them, have no meaning here and are left out: whether a CNAME becomes
// an alias is for its target to say.
func (p *Provider) Desired(s record.Set) ([]record.Set, error) {
	out, err := desired(s)
	if err != nil {
		return nil, fmt.Errorf("store %s in Cloud Map: %w", s.Key, err)
	}
	return []record.Set{out}, nil
}

func desired(s record.Set) (record.Set, error) {
	switch {
	case s.ID != "":
		return s, errors.New("a service has no set identifiers: leave the annotation out")
	case s.Type == record.Note:
		return desiredNote(s)
	case s.Type != record.A && s.Type != record.AAAA && s.Type != record.CNAME:
		return s, fmt.Errorf("a service has no type %s: use A, AAAA or CNAME", s.Type)
	case s.Alias != nil:
		return s, errors.New("a service has no aliases but those of load balancers: use a CNAME")
	}
	if err := checkName(s.Name); err != nil {
		return s, err
	}
	return desiredMain(s)
}

func checkName(n dnsname.Name) error {
	if n.IsWildcard() {
		return errors.New("a service's name can't be a wildcard: name each host")
	}
	for l := range n.Labels() {
		if !label.MatchString(l) {
			return fmt.Errorf("the label %q can't be part of a service's name: use letters, digits, hyphens and underscores", l)
		}
	}
	return nil
}

func desiredMain(s record.Set) (record.Set, error) {
	values, err := record.Canonical(s.Type, s.Values)
	switch {
	case err != nil:
		return s, err
	case len(values) == 0:
		return s, errors.New("it has no values")
	case s.Type == record.CNAME && len(values) > 1:
		return s, fmt.Errorf("a CNAME has one target, not %d: keep one", len(values))
	case len(values) > mostInstances:
		return s, fmt.Errorf("it has %d values, and a service has at most %d instances: leave some out", len(values), mostInstances)
	case s.TTL > math.MaxInt32:
		return s, fmt.Errorf("its TTL of %d s is over %d s (RFC 2181 section 8)", s.TTL, math.MaxInt32)
	}
	out := record.Set{Key: s.Key, TTL: s.TTL, Values: values}
	if out.TTL == 0 {
		out.TTL = defaultTTL
	}
	return out, nil
}

func desiredNote(s record.Set) (record.Set, error) {
	if len(s.Values) != 1 {
		return s, fmt.Errorf("a service has one description, not %d", len(s.Values))
	}
	text := record.Unquote(s.Values[0])
	if n := len([]rune(text)); n > mostDescription {
		return s, fmt.Errorf("the description has %d characters, more than %d: shorten --txt-owner-id", n, mostDescription)
	}
	return note(s.Key, text), nil
}

func note(k record.Key, text string) record.Set {
	k.Type = record.Note
	return record.Set{Key: k, Values: []string{record.Quote(text)}}
}

// noteText is the description that a note stands for.
func noteText(s *record.Set) string {
	if s == nil || len(s.Values) == 0 {
		return ""
	}
	return record.Unquote(s.Values[0])
}
