// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// expected is what one answer should be.
type expected struct {
	typ record.Type
	set *record.Set // nil: nothing of the type is left

	zone   dnsname.Name
	server server
	name   dnsname.Name // that is planned
	asked  dnsname.Name // that was asked for: another one for a wildcard
}

// judge compares an answer with what is expected.
func judge(e expected, r *dns.Msg) Answer {
	if at, delegated := e.delegated(r); delegated {
		return Answer{Never: true, Why: reason.New(reason.Delegated, "%s says that other servers answer for %s", e.server.name, at)}
	}
	switch {
	case r.Rcode != dns.RcodeSuccess && r.Rcode != dns.RcodeNameError:
		return e.differs("answers %s", rcode(r.Rcode))
	case e.server.authority && !r.Authoritative:
		return e.differs("answers without authority")
	}
	values, ttl := found(r, e.asked, e.typ)
	return e.compare(r, values, ttl)
}

// compare compares the values of the record set in an answer with what is planned.
func (e expected) compare(r *dns.Msg, values []string, ttl uint32) Answer {
	switch {
	case e.set == nil && len(values) > 0:
		return e.differs("still answers %s", shown(values))
	case e.set == nil:
		return Answer{As: true}
	case r.Rcode == dns.RcodeNameError:
		return e.differs("says that the name isn't there")
	case len(values) == 0:
		return e.differs("has no such record set")
	case e.set.Alias != nil: // it has no data of its own
		return Answer{As: true}
	}
	want := canonical(e.typ, e.set.Values)
	switch {
	case !slices.Equal(values, want):
		return e.differs("answers %s instead of %s", shown(values), shown(want))
	case e.set.TTL > 0 && ttl > e.set.TTL:
		return e.differs("answers with a TTL of %d s instead of %d s", ttl, e.set.TTL)
	}
	return Answer{As: true}
}

func (e expected) differs(format string, args ...any) Answer {
	what := fmt.Sprintf(format, args...)
	return Answer{Why: reason.New(reason.AnswersDiffer, "asked for %s %s, %s %s", e.name, e.typ, e.server.name, what)}
}

// delegated finds a referral to servers of a name between the zone's apex and the name (RFC 1034 section 4.3.2).
func (e expected) delegated(r *dns.Msg) (at string, ok bool) {
	if r.Rcode != dns.RcodeSuccess || r.Authoritative || len(r.Answer) > 0 {
		return "", false
	}
	for _, rr := range r.Ns {
		if rr.Header().Rrtype != dns.TypeNS {
			continue
		}
		if owner, err := dnsname.Parse(rr.Header().Name); err == nil && owner != e.zone && owner.In(e.zone) && e.asked.In(owner) {
			return string(owner), true
		}
	}
	return "", false
}

// found collects the values of one record set in an answer, canonical, and its largest TTL.
func found(r *dns.Msg, name dnsname.Name, t record.Type) (values []string, ttl uint32) {
	for _, rr := range r.Answer {
		h := rr.Header()
		if h.Class != dns.ClassINET || h.Rrtype != dns.StringToType[string(t)] || !strings.EqualFold(h.Name, name.FQDN()) {
			continue
		}
		values = append(values, value(rr))
		ttl = max(ttl, h.Ttl)
	}
	return canonical(t, values), ttl
}

// canonical is record.Canonical for values that may be wrong: one that isn't of its type stays as it is, and equals nothing planned.
func canonical(t record.Type, values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		one, err := record.Canonical(t, []string{v})
		if err != nil {
			one = []string{v}
		}
		out = append(out, spelled(t, one[0]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// spelled gives the types that record.Canonical leaves as they are written one spelling.
func spelled(t record.Type, v string) string {
	switch t {
	case record.CAA, record.NAPTR, record.SOA:
		if strings.ContainsAny(v, "\r\n") {
			return v
		}
		if rr, err := dns.NewRR(fmt.Sprintf(". 0 IN %s %s", t, v)); err == nil && rr != nil {
			return value(rr)
		}
	}
	return v
}

// value is a resource record's data as record.Canonical reads it.
func value(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.A:
		return addr(rr.A)
	case *dns.AAAA:
		if rr.AAAA.To4() != nil { // net.IP prints an IPv4-mapped address as if it were IPv4
			return "::ffff:" + addr(rr.AAAA)
		}
		return addr(rr.AAAA)
	case *dns.TXT:
		return `"` + strings.Join(rr.Txt, `" "`) + `"`
	default:
		return strings.TrimPrefix(rr.String(), rr.Header().String())
	}
}

func addr(ip net.IP) string {
	if len(ip) == 0 { // a record without data
		return ""
	}
	return ip.String()
}

// shown is a list of values for people, cut where it is long.
func shown(values []string) string {
	const most, length = 4, 200
	text := strings.Join(values[:min(len(values), most)], ", ")
	if len(text) > length {
		text = text[:length] + "…"
	}
	if more := len(values) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if text == "" {
		return "nothing"
	}
	return strings.ToValidUTF8(text, "?")
}

func rcode(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("the code %d", code)
}
