// SPDX-License-Identifier: Apache-2.0

package static

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Options are the names of this source.
type Options struct {
	Names []string `name:"static" sep:"none" placeholder:"NAME=TARGET[,TARGET...] [ttl=SECONDS]" help:"A name of --source=static and its targets: addresses, a host name, or wan for our public address. Repeatable."`
}

// wan is the target that stands for our public address.
const wan = "wan"

// maxNames bounds the names that can be written down: what has more comes from files or a cluster.
const maxNames = 10000

// Check returns every mistake in the names.
func (o Options) Check() error {
	var errs []error
	if len(o.Names) > maxNames {
		errs = append(errs, fmt.Errorf("--static: at most %d names can be written down", maxNames))
	}
	seen := make(map[string]bool)
	for _, text := range o.Names {
		s, err := parse(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("--static=%s: %w", source.Short(text), err))
			continue
		}
		if seen[s.Name] {
			errs = append(errs, fmt.Errorf("--static=%s: %s is given twice: put all its targets into one, with commas between them", source.Short(text), s.Name))
		}
		seen[s.Name] = true
	}
	return errors.Join(errs...)
}

// Objects are the names of checked options, as the source's objects, in the order of their names.
func (o Options) Objects() []*kinds.Static {
	var out []*kinds.Static
	for _, text := range o.Names {
		if s, err := parse(text); err == nil { // Check has refused the others
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *kinds.Static) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// parse reads NAME=TARGET[,TARGET...] [ttl=SECONDS].
func parse(text string) (*kinds.Static, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil, errors.New("write a name and its target, such as home.example.com=wan")
	}
	left, right, ok := strings.Cut(words[0], "=")
	if !ok || right == "" {
		return nil, errors.New("write the target behind the name, such as home.example.com=wan")
	}
	name, err := dnsname.Parse(left)
	if err != nil {
		return nil, fmt.Errorf("read the name: %w", err)
	}
	s := &kinds.Static{Name: string(name)}
	if s.Targets, s.WAN, err = targets(right); err != nil {
		return nil, err
	}
	for _, word := range words[1:] {
		value, ok := strings.CutPrefix(word, "ttl=")
		if !ok {
			return nil, fmt.Errorf("%s: only ttl=SECONDS may follow the targets", source.Short(word))
		}
		if s.TTL, err = source.ParseTTL(value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// targets reads a list of addresses, or one host name, or wan.
func targets(text string) (list []string, public bool, err error) {
	hosts := 0
	for item := range strings.SplitSeq(text, ",") {
		if item == wan {
			public = true
			continue
		}
		target, err := source.ParseTarget(item)
		if err != nil {
			return nil, false, fmt.Errorf("read the target %s: %w", source.Short(item), err)
		}
		if record.TypeOf(target) == record.CNAME {
			hosts++
		}
		list = append(list, target)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	if public && len(list) > 0 || hosts > 0 && len(list) > 1 {
		return nil, false, fmt.Errorf("%s: wan, and a host name, stand alone: no other target can be beside them", source.Short(text))
	}
	return list, public, nil
}
