// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The prefixes of annotations. ExternalDNS read the older one until v0.21 and reads the newer one since v0.22.
const (
	NewPrefix   = "external-dns.kubernetes.io/"
	OldPrefix   = "external-dns.alpha.kubernetes.io/"
	ownPrefix   = "nafuda.io/"
	ingressName = "kubernetes.io/ingress.class"
)

// Options are the flags that all sources share.
type Options struct {
	AnnotationPrefix         Prefix `name:"annotation-prefix" placeholder:"PREFIX/" help:"The only prefix of annotations to read. Without this flag both external-dns.kubernetes.io/ and external-dns.alpha.kubernetes.io/ are read, and the former wins where an object has both."`
	Compatibility            string `name:"compatibility" placeholder:"MODE" help:"Read the annotations of an older controller where ours ask for nothing: mate, molecule or kops-dns-controller."`
	IgnoreHostnameAnnotation bool   `name:"ignore-hostname-annotation" negatable:"" help:"Take no host names from the annotations hostname and internal-hostname."`
}

// Prefix is a prefix of annotation keys, its final slash included.
type Prefix string

// UnmarshalText reads a prefix that is given; an empty one is refused, since it isn't the same as none given.
func (p *Prefix) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return errors.New("the prefix is empty: give one that ends in a slash, or leave the flag out")
	}
	*p = Prefix(text)
	return nil
}

// Check returns every mistake in the options.
func (o Options) Check() error {
	var mode error
	if !slices.Contains([]string{"", Mate, Molecule, Kops}, o.Compatibility) {
		mode = fmt.Errorf("--compatibility=%s: use %s, %s or %s", o.Compatibility, Mate, Molecule, Kops)
	}
	return errors.Join(o.AnnotationPrefix.check(), mode)
}

func (p Prefix) check() error {
	switch {
	case p == "":
		return nil
	case !strings.HasSuffix(string(p), "/"):
		return fmt.Errorf("--annotation-prefix=%s: write it with a slash at its end", p)
	case p == "/" || strings.Count(string(p), "/") > 1:
		return fmt.Errorf("--annotation-prefix=%s: an annotation's key has one slash, after a domain name", p)
	}
	return nil
}

// prefixes returns the prefixes that are read, the stronger first.
func (o Options) prefixes() []string {
	if o.AnnotationPrefix != "" {
		return []string{string(o.AnnotationPrefix)}
	}
	return []string{NewPrefix, OldPrefix}
}

// Keeps reports whether the slim form of an object keeps an annotation for the sources' sake.
func (o Options) Keeps(key string) bool {
	return strings.HasPrefix(key, NewPrefix) || strings.HasPrefix(key, OldPrefix) || strings.HasPrefix(key, ownPrefix) ||
		key == ingressName || slices.Contains(o.legacy(), key) || o.AnnotationPrefix != "" && strings.HasPrefix(key, string(o.AnnotationPrefix))
}
