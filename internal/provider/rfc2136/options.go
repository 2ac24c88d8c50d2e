// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// The strategies of --rfc2136-load-balancing-strategy: the first host until it fails, each in turn, or any but the last one.
const (
	disabled   = "disabled"
	roundRobin = "round-robin"
	random     = "random"
)

const (
	port    = 53
	portTLS = 853 // RFC 7858 section 3.1
)

// Options say which name servers publish, and how they know us.
type Options struct {
	Hosts         []string      `name:"rfc2136-host" sep:"none" placeholder:"HOST" help:"A name server that takes our updates, as HOST or HOST:PORT. Repeatable: where one fails, the next is asked."`
	Port          int           `name:"rfc2136-port" default:"0" placeholder:"PORT" help:"Port of the hosts that have none of their own; 0: 53, or 853 with TLS."`
	Zones         []string      `name:"rfc2136-zone" sep:"none" placeholder:"ZONE" help:"A zone that the hosts serve. Repeatable; at least one."`
	Insecure      bool          `name:"rfc2136-insecure" negatable:"" help:"Sign nothing: the server knows us by our address alone."`
	KeyName       string        `name:"rfc2136-tsig-keyname" placeholder:"NAME" help:"Name of the TSIG key."`
	Secret        string        `name:"rfc2136-tsig-secret" secret:"" placeholder:"BASE64" help:"Secret of the TSIG key. Better given as a variable, from a Secret."`
	Algorithm     string        `name:"rfc2136-tsig-secret-alg" placeholder:"ALGORITHM" help:"Algorithm of the TSIG key: hmac-sha1, -sha224, -sha256, -sha384 or -sha512; empty: hmac-sha256."`
	MinTTL        time.Duration `name:"rfc2136-min-ttl" default:"0s" help:"Least TTL of record sets, and the TTL of those that have none of their own; 0s: these have 300 s."`
	BatchSize     int           `name:"rfc2136-batch-change-size" default:"50" help:"Most record sets in one update message. An update counts twice."`
	TLS           bool          `name:"rfc2136-use-tls" negatable:"" help:"Talk to the hosts over TLS (DNS over TLS, XoT)."`
	SkipTLSVerify bool          `name:"rfc2136-skip-tls-verify" negatable:"" help:"Don't check the hosts' certificates."`
	Strategy      string        `name:"rfc2136-load-balancing-strategy" enum:"disabled,round-robin,random" default:"disabled" help:"Which host is asked first: the same until it fails (disabled), each in turn (round-robin), or any (random)."`
	CA            string        `name:"tls-ca" placeholder:"FILE" help:"Certificates of the authorities that may sign the hosts' certificates, as PEM; empty: the system's."`
	Cert          string        `name:"tls-client-cert" placeholder:"FILE" help:"Our certificate for TLS, as PEM."`
	CertKey       string        `name:"tls-client-cert-key" placeholder:"FILE" help:"Key of our certificate, as PEM."`
}

// Check tells what is wrong with values that are given, all at once. What is missing is for Complete to say. No error has the secret.
func (o Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, h := range o.Hosts {
		if _, err := parseHost(h, o); err != nil {
			add("--rfc2136-host=%s: %w", h, err)
		}
	}
	for _, z := range o.Zones {
		if _, err := dnsname.Parse(z); err != nil {
			add("--rfc2136-zone=%s: %w", z, err)
		}
	}
	if o.Port < 0 || o.Port > math.MaxUint16 {
		add("--rfc2136-port=%d: it isn't a port: use 1 to 65535", o.Port)
	}
	if o.BatchSize < 0 || o.BatchSize > mostChanges {
		add("--rfc2136-batch-change-size=%d: must be from 1 to %d, for an update is one message", o.BatchSize, mostChanges)
	}
	if o.MinTTL < 0 || o.MinTTL > math.MaxInt32*time.Second {
		add("--rfc2136-min-ttl=%v: must be from 0s to %ds (RFC 2181 section 8)", o.MinTTL, math.MaxInt32)
	}
	if (o.Cert == "") != (o.CertKey == "") {
		add("--tls-client-cert and --tls-client-cert-key: give both or neither")
	}
	return errors.Join(append(errs, o.checkKey()...)...)
}

func (o Options) checkKey() []error {
	var errs []error
	if _, err := dnsname.Parse(o.KeyName); o.KeyName != "" && err != nil {
		errs = append(errs, fmt.Errorf("--rfc2136-tsig-keyname=%s: %w", o.KeyName, err))
	}
	if secret, err := base64.StdEncoding.DecodeString(o.Secret); err != nil || o.Secret != "" && len(secret) == 0 {
		errs = append(errs, errors.New("--rfc2136-tsig-secret: it isn't base64: copy what tsig-keygen or keymgr wrote"))
	}
	if _, ok := algorithms()[o.algorithm()]; !ok {
		errs = append(errs, fmt.Errorf("--rfc2136-tsig-secret-alg=%s: must be hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384 or hmac-sha512", o.Algorithm))
	}
	return errs
}

// Complete tells what is missing or doesn't fit together, for a run that uses the provider.
func (o Options) Complete() error {
	var errs []error
	missing := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	missing(len(o.Hosts) == 0, "--rfc2136-host: name at least one server that takes updates")
	missing(len(o.Zones) == 0, "--rfc2136-zone: name at least one zone that the server has")
	missing(o.Insecure && o.KeyName != "", "--rfc2136-insecure: it doesn't fit a TSIG key: leave one of them out")
	missing(!o.Insecure && o.KeyName == "", "--rfc2136-tsig-keyname: name the TSIG key, or say --rfc2136-insecure")
	missing(!o.Insecure && o.Secret == "", "--rfc2136-tsig-secret: give the secret of the TSIG key, best by a variable: NAFUDA_RFC2136_TSIG_SECRET beside flags, ${NAME} in a file of --config")
	missing(!o.TLS && (o.SkipTLSVerify || o.CA != "" || o.Cert != ""), "--rfc2136-use-tls: without it the other TLS flags do nothing: give it, or leave them out")
	return errors.Join(errs...)
}

func (o Options) algorithm() string {
	if o.Algorithm == "" {
		return "hmac-sha256"
	}
	return strings.ToLower(strings.TrimSuffix(o.Algorithm, "."))
}

func (o Options) batchSize() int {
	if o.BatchSize == 0 {
		return 50
	}
	return o.BatchSize
}

// zones is --rfc2136-zone, sorted, each once. A name that isn't one is left out: Check has told.
func (o Options) zones() []dnsname.Name {
	var out []dnsname.Name
	for _, z := range o.Zones {
		if n, err := dnsname.Parse(z); err == nil {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return slices.Compact(out)
}

// parseHost reads HOST, HOST:PORT, an IPv6 address with or without brackets, or [ADDRESS]:PORT.
func parseHost(s string, o Options) (host, error) {
	name, at, err := net.SplitHostPort(s)
	if err != nil {
		name, at = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), o.port()
	}
	if n, err := strconv.ParseUint(at, 10, 16); err != nil || n == 0 {
		return host{}, fmt.Errorf("%q isn't a port", at)
	}
	if net.ParseIP(name) == nil {
		n, err := dnsname.Parse(name)
		if err != nil {
			return host{}, err
		}
		name = string(n)
	}
	return host{name: name, at: net.JoinHostPort(name, at)}, nil
}

func (o Options) port() string {
	switch {
	case o.Port != 0:
		return strconv.Itoa(o.Port)
	case o.TLS:
		return strconv.Itoa(portTLS)
	default:
		return strconv.Itoa(port)
	}
}
