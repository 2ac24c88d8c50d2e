// SPDX-License-Identifier: Apache-2.0

package view

import (
	"regexp"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// Domains says which names and zones a view may touch. The zero value matches everything.
type Domains struct {
	include, exclude           []string // canonical; with a leading dot only what is below
	regexInclude, regexExclude *regexp.Regexp
}

// NewDomains makes a filter of suffixes, or, where one of the expressions is given, of these alone: what the exclusion matches
// is out, and then what the inclusion matches is in.
func NewDomains(include, exclude []string, regexInclude, regexExclude *regexp.Regexp) Domains {
	return Domains{suffixes(include), suffixes(exclude), regexInclude, regexExclude}
}

func suffixes(list []string) []string {
	var out []string
	for _, s := range list {
		s = strings.TrimSpace(s)
		rest, dotted := strings.CutPrefix(s, ".")
		n, err := dnsname.Parse(rest)
		if err != nil {
			continue // blank entries match nothing by themselves; Options.Check refuses bad ones
		}
		if dotted {
			out = append(out, "."+string(n))
		} else {
			out = append(out, string(n))
		}
	}
	return out
}

// Match reports whether a name passes.
func (d Domains) Match(n dnsname.Name) bool {
	if d.regexInclude != nil || d.regexExclude != nil {
		text := n.Unicode()
		if d.regexExclude != nil && d.regexExclude.MatchString(text) {
			return false
		}
		return d.regexInclude == nil || d.regexInclude.MatchString(text)
	}
	return (len(d.include) == 0 || under(d.include, n)) && !under(d.exclude, n)
}

func under(suffixes []string, n dnsname.Name) bool {
	for _, s := range suffixes {
		if rest, below := strings.CutPrefix(s, "."); below {
			if n.In(dnsname.Name(rest)) && string(n) != rest {
				return true
			}
		} else if n.In(dnsname.Name(s)) {
			return true
		}
	}
	return false
}

// Parents reports whether a zone's name is above one of the undotted suffixes, for --aws-zone-match-parent. Without any suffix
// every zone is.
func (d Domains) Parents(zone dnsname.Name) bool {
	if len(d.include) == 0 {
		return true
	}
	for _, s := range d.include {
		if !strings.HasPrefix(s, ".") && dnsname.Name(s).In(zone) {
			return true
		}
	}
	return false
}

// Include lists the suffixes, for logs.
func (d Domains) Include() []string { return d.include }
