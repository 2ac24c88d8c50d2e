// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// Explanation is all that the loop knows about a name, in the order in which things happen.
type Explanation struct {
	Name dnsname.Name
}

// Explain tells all about a name, or, where name is empty, about each name that an object asks for, holds or is marked as the owner of.
func (l *Loop) Explain(ctx context.Context, name dnsname.Name, ref endpoint.Ref) ([]Explanation, error) {
	return nil, errors.ErrUnsupported
}
