// SPDX-License-Identifier: Apache-2.0

package flags_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/app/flags"
)

type row struct {
	Name, Kind, Default string
}

// The list in testdata was written from ExternalDNS's own list of flags, apart from the table.
func TestEveryFlagHasItsRow(t *testing.T) {
	raw, err := os.ReadFile("testdata/externaldns.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var want []row
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := append(strings.Split(strings.TrimRight(line, "\n"), "\t"), "")
		want = append(want, row{cells[0], cells[1], cells[2]})
	}
	var got []row
	for _, f := range flags.All() {
		got = append(got, row{f.Name, string(f.Kind), f.Default})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table isn't the list (-list +table):\n%s", diff)
	}
	if len(got) != 180 {
		t.Errorf("%d flags, want the 180 of v0.23", len(got))
	}
}

func TestNoneIsSilentlyIgnored(t *testing.T) {
	all := flags.All()
	for _, f := range all {
		switch f.Class {
		case flags.Honoured:
			if f.Advice != "" || f.Becomes != "" {
				t.Errorf("--%s is honoured and has advice", f.Name)
			}
		case flags.Superseded, flags.Refused:
			if f.Advice == "" {
				t.Errorf("--%s is %s without advice", f.Name, f.Class)
			}
		default:
			t.Errorf("--%s has the class %q", f.Name, f.Class)
		}
		if f.Becomes != "" && !slices.ContainsFunc(all, func(o flags.Flag) bool { return o.Name == f.Becomes && o.Class == flags.Honoured }) {
			t.Errorf("--%s becomes --%s, which isn't honoured", f.Name, f.Becomes)
		}
	}
}

func TestAtDefault(t *testing.T) {
	tests := map[string]struct {
		kind     flags.Kind
		def, val string
		want     bool
		why      string
	}{
		"same":            {flags.Value, "5s", "5s", true, "the default as it is written"},
		"same duration":   {flags.Value, "1m0s", "60s", true, "the same duration, written otherwise"},
		"other duration":  {flags.Value, "1m0s", "61s", false, "another duration"},
		"other text":      {flags.Value, "", "x", false, "a value where there is none by default"},
		"empty":           {flags.Value, "", "", true, "charts give empty values"},
		"switch spelling": {flags.Switch, "false", "0", true, "0 is false"},
		"switch on":       {flags.Switch, "false", "true", false, "it asks for something"},
		"switch nonsense": {flags.Switch, "false", "maybe", false, "no value of a switch"},
		"list element":    {flags.List, "A,AAAA", "AAAA", true, "one of the default's values"},
		"list empty":      {flags.List, "", "", true, "nothing is asked for"},
		"list other":      {flags.List, "gloo-system", "x", false, "it asks for something"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := flags.Flag{Name: "x", Kind: tt.kind, Default: tt.def}
			if got := f.AtDefault(tt.val); got != tt.want {
				t.Errorf("AtDefault(%q) of %q = %v: %s", tt.val, tt.def, got, tt.why)
			}
		})
	}
}
