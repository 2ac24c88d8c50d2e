// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options configure the registry.
type Options struct {
	Owner     string   `name:"txt-owner-id" default:"default" help:"Our owner id: it marks the record sets that are ours."`
	Prefix    string   `name:"txt-prefix" help:"Text before the names of markers; may contain %{record_type}. Excludes --txt-suffix."`
	Suffix    string   `name:"txt-suffix" help:"Text after the first label of markers' names; may contain %{record_type}."`
	Wildcard  string   `name:"txt-wildcard-replacement" help:"Text for the asterisk of a wildcard in its marker's name."`
	Format    string   `name:"txt-format" enum:"auto,typed,untyped,both,shared" default:"auto" help:"Form of markers: auto keeps the form that a name has, and follows the zone's majority for new names; typed has the record type in the name, untyped doesn't, both writes both; shared writes one for all record sets of a name, of which ExternalDNS doesn't read the AAAA."`
	Migrate   bool     `name:"txt-migrate" negatable:"" help:"Bring all markers into the form and under the prefix that are set, rather than each with the next change of its name."`
	OldPrefix []string `name:"txt-old-prefix" sep:"none" help:"A --txt-prefix that was used before; its markers are read, and moved with the next change of their name. Repeatable."`
}

// The forms of --txt-format.
const (
	auto    = "auto"
	typed   = "typed"
	untyped = "untyped"
	both    = "both"
	shared  = "shared"
)

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	if o.Prefix != "" && o.Suffix != "" {
		errs = append(errs, fmt.Errorf("--txt-prefix and --txt-suffix exclude each other: give one of them"))
	}
	if o.Owner == "" || strings.ContainsAny(o.Owner, ",\"\n") {
		errs = append(errs, fmt.Errorf("--txt-owner-id=%q: must be text without commas, quotes and line breaks", o.Owner))
	}
	if !slices.Contains([]string{auto, typed, untyped, both, shared}, o.Format) {
		errs = append(errs, fmt.Errorf("--txt-format=%s: must be auto, typed, untyped, both or shared", o.Format))
	}
	for _, affix := range append([]string{o.Prefix, o.Suffix}, o.OldPrefix...) {
		if !plain(strings.ReplaceAll(affix, template, "")) {
			errs = append(errs, fmt.Errorf("%q in --txt-prefix, --txt-suffix or --txt-old-prefix: only letters, digits, -, _, . and %s may be in it", affix, template))
		}
	}
	if !plain(o.Wildcard) {
		errs = append(errs, fmt.Errorf("--txt-wildcard-replacement=%q: only letters, digits, -, _ and . may be in it", o.Wildcard))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// plain reports whether s has only what names are made of.
func plain(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}
