// SPDX-License-Identifier: Apache-2.0

// Package flags says of every flag of ExternalDNS v0.23 what becomes of it here, so that arguments written for it either do what
// they did or are told apart at the start. None is silently ignored.
package flags

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Class is what becomes of a flag.
type Class string

// The classes.
const (
	Honoured   Class = "honoured"   // an option of ours of the same name
	Superseded Class = "superseded" // accepted; what it set is done otherwise, or by the flag that Becomes names
	Refused    Class = "refused"    // an error with advice, unless it is given its default value
)

// Kind is how a flag is written.
type Kind string

// The kinds.
const (
	Switch Kind = "switch" // --x or --no-x
	Value  Kind = "value"  // --x=VALUE, once
	List   Kind = "list"   // --x=VALUE, any number of times
)

// Flag is one flag of ExternalDNS.
type Flag struct {
	Name    string // without the dashes
	Kind    Kind
	Default string // as ExternalDNS has it; a list's values are separated by commas
	Class   Class
	Advice  string // what does it now, of a superseded flag; what to do instead, of a refused one
	Becomes string // the flag that takes over the value of a superseded one; empty where none does
	Secret  bool   // its value is nobody else's to see: it is printed nowhere
}

// All returns every flag, sorted by name.
func All() []Flag {
	all := slices.Concat(core(), registry(), source(), aws(), rfc2136(), clouds(), servers())
	slices.SortFunc(all, func(a, b Flag) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// AtDefault reports whether a value given to the flag is ExternalDNS's default, so that giving it asks for nothing.
func (f Flag) AtDefault(value string) bool {
	if value == f.Default {
		return true
	}
	switch f.Kind {
	case Switch:
		want, err1 := strconv.ParseBool(f.Default)
		got, err2 := strconv.ParseBool(value)
		return err1 == nil && err2 == nil && want == got
	case List:
		return value == "" || slices.Contains(strings.Split(f.Default, ","), value)
	default:
		want, err1 := time.ParseDuration(f.Default)
		got, err2 := time.ParseDuration(value)
		return err1 == nil && err2 == nil && want == got
	}
}

func honoured(name string, k Kind, def string) Flag {
	return Flag{Name: name, Kind: k, Default: def, Class: Honoured}
}

func superseded(name string, k Kind, def, now string) Flag {
	return Flag{Name: name, Kind: k, Default: def, Class: Superseded, Advice: now}
}

func renamed(name string, k Kind, def, to string) Flag {
	return Flag{Name: name, Kind: k, Default: def, Class: Superseded, Advice: "it is the old name of --" + to, Becomes: to}
}

func refused(name string, k Kind, def, advice string) Flag {
	return Flag{Name: name, Kind: k, Default: def, Class: Refused, Advice: advice}
}

// secret says of a flag that its value is printed nowhere.
func secret(f Flag) Flag {
	f.Secret = true
	return f
}

// of refuses the flags of a provider that we don't have.
func of(provider string, list ...Flag) []Flag {
	for i := range list {
		list[i].Class = Refused
		list[i].Advice = "the " + provider + " provider isn't there yet; use --provider=aws"
	}
	return list
}
