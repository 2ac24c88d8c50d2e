// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// mostEndpoints bounds those of one kind.
const mostEndpoints = 16

// Endpoints are the strangers that are asked where the options name none, by kind. Each operator is named, for two answers of one operator
// count once. Answers come from the operator's own edge, so no proxy of another's is in between.
//
// They are those that many programs and pages name; that their operators promise anything for this use isn't said. Google's STUN server is the
// one that examples of WebRTC ask; Cloudflare's stands at developers.cloudflare.com/realtime/turn; Nextcloud's is the default of its Talk; then come
// the whoami names of resolvers, AWS's page that tells an address, Cloudflare's trace page, and ident.me. Akamai calls its name superseded by one that is told by a resolver, which doesn't help here; it knows
// IPv4 only, and is last.
func Endpoints() map[Kind][]string {
	return map[Kind][]string{
		STUN: {"google=stun.l.google.com:19302", "cloudflare=stun.cloudflare.com:3478", "nextcloud=stun.nextcloud.com:443"},
		DNS: {
			"cloudflare=https://cloudflare-dns.com/dns-query?name=whoami.cloudflare&type=TXT&class=CH",
			"opendns=udp://resolver1.opendns.com?name=myip.opendns.com",
			"google=udp://ns1.google.com?name=o-o.myaddr.l.google.com&type=TXT",
			"akamai=udp://ns1-1.akamaitech.net?name=whoami.akamai.net",
		},
		HTTPS: {"amazon=https://checkip.amazonaws.com", "cloudflare=https://www.cloudflare.com/cdn-cgi/trace", "identme=https://ident.me"},
	}
}

// endpoints makes the methods that ask strangers, the kinds in turn, so that the first few are independent; roots are who may sign
// certificates, nil: the system's.
func (o Options) endpoints(roots ...*x509.CertPool) ([]Method, error) {
	var pool *x509.CertPool
	for _, r := range roots {
		pool = r
	}
	lists := map[Kind][]string{STUN: o.STUN, DNS: o.DNS, HTTPS: o.HTTPS}
	flags := map[Kind]string{STUN: "wan-stun", DNS: "wan-dns", HTTPS: "wan-https"}
	var errs []error
	made := make(map[Kind][]Method)
	longest := 0
	for _, k := range []Kind{STUN, DNS, HTTPS} {
		list := lists[k]
		if len(list) == 0 {
			list = Endpoints()[k]
		}
		if len(list) > mostEndpoints {
			errs = append(errs, fmt.Errorf("--%s: %d are given, more than %d", flags[k], len(list), mostEndpoints))
			continue
		}
		for _, text := range list {
			m, err := endpoint(k, text, pool)
			if err != nil {
				errs = append(errs, fmt.Errorf("--%s=%s: %w", flags[k], unkeyed(text), err))
				continue
			}
			if o.uses(k) {
				made[k] = append(made[k], m)
			}
		}
		longest = max(longest, len(made[k]))
	}
	return inTurn(made, longest), errors.Join(errs...)
}

// unkeyed is a URL, or what was to be one, without what may let somebody in: the user, and the values of its query, as "?token=...".
func unkeyed(text string) string {
	head, rest, is := strings.Cut(text, "://")
	if !is {
		return text
	}
	rest, query, asks := strings.Cut(rest, "?")
	end := len(rest)
	if i := strings.IndexAny(rest, "/#"); i >= 0 {
		end = i
	}
	rest = rest[strings.LastIndexByte(rest[:end], '@')+1:]
	if !asks {
		return head + "://" + rest
	}
	var keys []string
	for pair := range strings.SplitSeq(query, "&") {
		key, value, given := strings.Cut(pair, "=")
		switch {
		case !given:
			key = "..."
		case key == "name" || key == "type" || key == "class": // of whoami: what is asked for is no secret
			key += "=" + value
		default:
			key += "=..."
		}
		keys = append(keys, key)
	}
	return head + "://" + rest + "?" + strings.Join(keys, "&")
}

// inTurn lists the first of each kind, then the second of each, and so on; of the kinds' first ones, no two have an operator in common
// where that can be had.
func inTurn(made map[Kind][]Method, longest int) []Method {
	var out []Method
	for range longest {
		for _, k := range []Kind{STUN, DNS, HTTPS} {
			if len(made[k]) == 0 {
				continue
			}
			recent := out[max(0, len(out)-2):]
			i := max(0, slices.IndexFunc(made[k], func(m Method) bool {
				return !slices.ContainsFunc(recent, func(o Method) bool { return o.Source().Operator == m.Source().Operator })
			}))
			out = append(out, made[k][i])
			made[k] = slices.Delete(slices.Clone(made[k]), i, i+1)
		}
	}
	return out
}

var operator = regexp.MustCompile(`^([a-z0-9-]{1,32})=(.+)$`) // a URL has a colon before its first =

// endpoint makes one method.
func endpoint(k Kind, text string, roots *x509.CertPool) (Method, error) {
	op, at := "", strings.TrimSpace(text)
	if m := operator.FindStringSubmatch(at); m != nil {
		op, at = m[1], m[2]
	}
	if k == STUN {
		return stunAt(op, at)
	}
	u, err := url.Parse(at)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("must be a URL without a user")
	}
	if k == DNS {
		return whoamiAt(op, at, u, roots)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return nil, errors.New("must be a URL that begins with https://")
	}
	return echo{named(op, u.Hostname(), u.Host), at, roots}, nil
}

// stunAt makes a method of HOST:PORT.
func stunAt(op, at string) (Method, error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil || host == "" || port == "" {
		return nil, errors.New("must be a host and a port, such as stun.example.com:3478")
	}
	return stun{named(op, host, at), at}, nil
}

// whoamiAt makes a method of SCHEME://HOST[:PORT][/PATH]?name=NAME[&type=TYPE][&class=CLASS].
func whoamiAt(op, at string, u *url.URL, roots *x509.CertPool) (Method, error) {
	ports := map[string]string{"udp": "53", "tls": "853", "https": "443"}
	port, ok := ports[u.Scheme]
	if !ok {
		return nil, errors.New("must begin with udp://, tls:// or https://")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	q := u.Query()
	name, err := dnsname.Parse(q.Get("name"))
	if err != nil {
		return nil, fmt.Errorf("must have ?name= and a host name: %w", err)
	}
	w := whoami{operator: named(op, u.Hostname(), u.Host), shown: unkeyed(at), scheme: u.Scheme, host: u.Hostname(), port: port, path: u.EscapedPath(), name: string(name), class: dns.ClassINET, roots: roots}
	if t := q.Get("type"); t != "" {
		if w.qtype = dns.StringToType[strings.ToUpper(t)]; w.qtype != dns.TypeTXT && w.qtype != dns.TypeA && w.qtype != dns.TypeAAAA {
			return nil, fmt.Errorf("the type %s must be TXT, A or AAAA", t)
		}
	}
	if c := q.Get("class"); c != "" {
		if w.class = dns.StringToClass[strings.ToUpper(c)]; w.class != dns.ClassINET && w.class != dns.ClassCHAOS {
			return nil, fmt.Errorf("the class %s must be IN or CH", c)
		}
	}
	return w, nil
}

// named is who operates an endpoint: what is said, or the last two labels of its host; for an address, all of it.
func named(op, host, whole string) string {
	if op != "" {
		return op
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return whole
	}
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
