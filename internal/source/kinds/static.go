// SPDX-License-Identifier: Apache-2.0

package kinds

import "nafuda.io/nafuda/internal/model/endpoint"

// KindStatic is the name of the kind of names that are written down where we are configured. No API server has it.
const KindStatic = "static"

// Static is one name that is written down, and where it points. Its targets are in canonical spelling; there may be none beside the
// public address.
type Static struct {
	Name    string // the host name
	Targets []string
	WAN     bool   // at our public address
	TTL     uint32 // seconds; 0: not set
}

// Ref names the entry.
func (s *Static) Ref() endpoint.Ref { return endpoint.Ref{Kind: KindStatic, Name: s.Name} }
