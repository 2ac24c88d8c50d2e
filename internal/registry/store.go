// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"errors"
	"maps"

	"nafuda.io/nafuda/internal/model/record"
)

// ResourceLabel is the label of a row that names the object which its record set is for: kind/namespace/name.
const ResourceLabel = "resource"

// Row is a claim as a store keeps it: one a record set, whichever zone holds that. It is a value that many hold: its labels are never
// changed once it is made.
type Row struct {
	Key    record.Key
	Owner  string
	Labels map[string]string // with those of others; nil: the store has none, not even an empty map
}

// Resource is the object that the row's record set is for; empty where the row doesn't tell.
func (r Row) Resource() string { return r.Labels[ResourceLabel] }

// With returns the row with a label. The empty value removes it.
func (r Row) With(label, value string) Row {
	labels := make(map[string]string, len(r.Labels)+1)
	maps.Copy(labels, r.Labels)
	if labels[label] = value; value == "" {
		delete(labels, label)
	}
	r.Labels = labels
	return r
}

// Same reports whether two rows, each of which may not be there, say the same.
func Same(a, b *Row) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Key == b.Key && a.Owner == b.Owner && maps.Equal(a.Labels, b.Labels)
}

// ErrChanged is returned by Swap where the row isn't what it was expected to be.
var ErrChanged = errors.New("the row isn't what was last read")

// Store keeps claims as rows outside the zones. Its methods may be called from several goroutines; each returns soon after its
// context has ended, and its errors are classed as those of providers are and have no secret. It retries nothing.
type Store interface {
	// Load reads every row, of every owner, sorted by key. What isn't a row of ExternalDNS's form is left out.
	Load(ctx context.Context) ([]Row, error)
	// Get reads one row as it is now; nil: there is none.
	Get(ctx context.Context, key record.Key) (*Row, error)
	// Swap replaces a row, if it is exactly what before says, in one step: nil before means that there is none, nil after that
	// there shall be none. Else it fails with ErrChanged and has changed nothing. After any other error it isn't known.
	Swap(ctx context.Context, before, after *Row) error
}
