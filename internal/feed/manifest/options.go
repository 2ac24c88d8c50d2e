// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// Options says which files are read.
type Options struct {
	Manifests     []string `name:"manifests" placeholder:"PATH" help:"A file, or a folder with all below it, of YAML or JSON manifests to read objects from; repeatable."`
	AssumeAddress []string `name:"assume-address" placeholder:"ADDRESS" help:"Address or host name that Ingresses and load balancer Services without a status are taken to have; repeatable."`
}

// Check tells every mistake in the options at once.
func (o Options) Check() error {
	var errs []error
	for _, path := range o.Manifests {
		if _, err := os.Stat(path); err != nil {
			errs = append(errs, fmt.Errorf("--manifests=%s: %w; create it or correct the path", path, err))
		}
	}
	for _, a := range o.AssumeAddress {
		if _, err := netip.ParseAddr(a); err == nil {
			continue
		}
		if _, err := dnsname.Parse(a); err != nil {
			errs = append(errs, fmt.Errorf("--assume-address=%s: %w; give an IP address or a host name", a, err))
		}
	}
	return errors.Join(errs...)
}
