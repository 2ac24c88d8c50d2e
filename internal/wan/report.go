// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// Report is what a look found out, for people and machines.
type Report struct {
	Families []State `json:"families"`
}

// Good reports whether of every family that is looked for, and that there is, the address is known.
func (r Report) Good() bool {
	for _, s := range r.Families {
		if !s.Off && !s.Verdict.Known() && s.Verdict.Why.Code != reason.WANAbsent {
			return false
		}
	}
	return true
}

// Write writes the report for people.
func (r Report) Write(w io.Writer) error {
	for i, s := range r.Families {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := s.write(w); err != nil {
			return err
		}
	}
	return nil
}

func (s State) write(w io.Writer) error {
	title := map[Family]string{V4: "IPv4", V6: "IPv6"}[s.Family]
	var b strings.Builder
	switch {
	case s.Off:
		fmt.Fprintf(&b, "%s isn't looked for\n", title)
	case s.Verdict.Known():
		fmt.Fprintf(&b, "%s is %s\n", title, s.Verdict.Addr)
	default:
		fmt.Fprintf(&b, "%s isn't known: %s: %s\n", title, s.Verdict.Why.Code, s.Verdict.Why.Text)
		if fix := s.Verdict.Why.Fix(); fix != "" {
			fmt.Fprintf(&b, "  %s\n", fix)
		}
	}
	if s.Sharing != "" {
		fmt.Fprintf(&b, "  its ports: %s (%s)\n", s.Sharing, s.Sign)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, one := range s.Said {
		what := one.Err
		if len(one.Addrs) > 0 {
			var list []string
			for _, a := range one.Addrs {
				list = append(list, a.String())
			}
			if what = strings.Join(list, " "); one.Class != Public {
				what += " (" + string(one.Class) + ", doesn't count)"
			}
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\n", one.By.Kind, cmp.Or(one.By.Operator, "-"), what, one.Took.Round(time.Millisecond), one.By.Endpoint)
	}
	return t.Flush()
}
