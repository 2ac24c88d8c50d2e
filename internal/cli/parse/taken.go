// SPDX-License-Identifier: Apache-2.0

package parse

// Argument is one flag as a command line has it.
type Argument struct {
	Name   string // without dashes, and without no-
	Value  string
	Origin string // how it was written, without the value: "--x"
}

// Flags takes a command line apart, argument files included, and sets nothing. What isn't a flag that we or ExternalDNS have is an
// error of one line, which shows no value of it.
func Flags(s Spec) ([]Argument, []error) {
	k, err := build(s)
	if err != nil {
		return nil, []error{err}
	}
	args, errs := expand(s.Args, read)
	g := grammar{app: k.Model, table: index(s.Table)}
	line := g.scan(args)
	var out []Argument
	for _, a := range line.given {
		out = append(out, Argument{Name: a.name, Value: a.value, Origin: a.origin})
	}
	return out, unique(append(errs, line.errs...))
}
