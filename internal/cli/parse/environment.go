// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

const (
	ourPrefix   = "NAFUDA_"
	theirPrefix = "EXTERNAL_DNS_"
)

// Variable returns the name of a flag's variable without its prefix: letters in upper case, each run of others an underscore.
func Variable(flag string) string {
	var b strings.Builder
	for _, r := range strings.ToUpper(flag) {
		switch {
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return b.String()
}

// environment adds the flags that only the environment gives, and returns a note for each variable that nothing reads.
func (s *setter) environment(env []string, table map[string]flags.Flag) []string {
	vars := variables(env)
	for _, flag := range s.flags {
		if noVariable(flag) {
			delete(vars, ourPrefix+Variable(flag.Name))
			delete(vars, theirPrefix+Variable(flag.Name))
			continue
		}
		_, theirs := table[flag.Name]
		s.variable(vars, flag.Name, kindOf(flag), theirs)
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if f := table[name]; s.find(name) == nil && f.Class != flags.Honoured {
			s.variable(vars, name, f.Kind, true)
		}
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if !s.elsewhere(name, table) {
			notes = append(notes, fmt.Sprintf("the variable %s isn't one of a flag and is ignored", clip(name)))
		}
	}
	return notes
}

// noVariable reports whether a flag has the tag env:"-": NAFUDA_VERSION, say, is often set to something else.
func noVariable(flag *kong.Flag) bool { return slices.Contains(flag.Tag.Envs, "-") }

// variable takes a flag's variables out of vars, and adds the flag if the command line doesn't have it.
func (s *setter) variable(vars map[string]string, name string, kind flags.Kind, theirs bool) {
	var from string
	names := []string{ourPrefix + Variable(name)}
	if theirs {
		names = append(names, theirPrefix+Variable(name))
	}
	for _, v := range names {
		if _, ok := vars[v]; ok && from == "" {
			from = v
		}
	}
	if from != "" && !s.has(name) {
		values := []string{strings.TrimRight(vars[from], "\r\n")}
		if kind == flags.List {
			values = strings.FieldsFunc(vars[from], func(r rune) bool { return r == '\n' || r == '\r' })
		}
		for _, v := range values {
			s.add(given{name: name, value: v, origin: from})
		}
	}
	for _, v := range names {
		delete(vars, v)
	}
}

// elsewhere reports whether a variable belongs to a flag that the command doesn't have, so that one environment serves them all.
func (s *setter) elsewhere(variable string, table map[string]flags.Flag) bool {
	bare := strings.TrimPrefix(strings.TrimPrefix(variable, theirPrefix), ourPrefix)
	for name, f := range table {
		if f.Class == flags.Honoured && Variable(name) == bare {
			return true
		}
	}
	return slices.ContainsFunc(s.others, func(name string) bool { return Variable(name) == bare })
}

// variables returns ours and ExternalDNS's variables that hold something and that Kubernetes didn't inject for a Service.
func variables(env []string) map[string]string {
	out := make(map[string]string)
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		ours := strings.HasPrefix(name, ourPrefix) || strings.HasPrefix(name, theirPrefix)
		if ours && value != "" && !injected(name, value) {
			out[name] = value
		}
	}
	return out
}

// injected knows the variables that the kubelet sets for each Service of a namespace: X_SERVICE_HOST, X_SERVICE_PORT,
// X_SERVICE_PORT_NAME, X_PORT=tcp://address:port, X_PORT_80_TCP and X_PORT_80_TCP_{PROTO,PORT,ADDR}.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
func injected(name, value string) bool {
	if strings.HasSuffix(name, "_SERVICE_HOST") || strings.HasSuffix(name, "_SERVICE_PORT") || strings.Contains(name, "_SERVICE_PORT_") {
		return true
	}
	if strings.HasSuffix(name, "_PORT") {
		return regexp.MustCompile(`^(tcp|udp|sctp)://`).MatchString(value)
	}
	return regexp.MustCompile(`_PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?$`).MatchString(name)
}
