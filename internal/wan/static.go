// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"net/netip"
)

// fixed says what the options say.
type fixed struct{ addr netip.Addr }

func (s fixed) Source() Source {
	return Source{Kind: Static, Operator: "you", Endpoint: "--wan-static"}
}

func (s fixed) Ask(_ context.Context, f Family) ([]netip.Addr, error) {
	if !f.has(s.addr) {
		return nil, errFamily
	}
	return []netip.Addr{s.addr}, nil
}

// errFamily is the answer of a method that doesn't know the family.
var errFamily = errors.New("it doesn't know this family")
