// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
)

// undoWire is a request to undo, as it is sent.
type undoWire struct {
	Entries []journal.ID `json:"entries,omitempty"`
	Since   time.Time    `json:"since,omitzero"`
	Name    string       `json:"name,omitempty"`
	Hash    string       `json:"hash,omitempty"`
}

func wireOf(r reconcile.UndoRequest, hash string) undoWire {
	return undoWire{Entries: r.Entries, Since: r.Since, Name: string(r.Name), Hash: hash}
}

// request checks what came.
func (w undoWire) request() (reconcile.UndoRequest, error) {
	var r reconcile.UndoRequest
	given := 0
	if len(w.Entries) > 0 {
		given++
		r.Entries = slices.Compact(slices.Sorted(slices.Values(w.Entries)))
	}
	if !w.Since.IsZero() {
		given++
		r.Since = w.Since
	}
	if w.Name != "" {
		given++
		n, err := dnsname.Parse(w.Name)
		if err != nil {
			return r, fmt.Errorf("%w: name: %w", ErrBadRequest, err)
		}
		r.Name = n
	}
	switch {
	case given != 1:
		return r, fmt.Errorf("%w: name either entries, a time or a name to undo", ErrBadRequest)
	case len(r.Entries) > mostEntries:
		return r, fmt.Errorf("%w: at most %d entries at once", ErrBadRequest, mostEntries)
	}
	return r, nil
}

// checkHash sees to it that a hash is one, for errors repeat it.
func checkHash(hash string) error {
	const most = 64
	if hash == "" || len(hash) > most || strings.Trim(hash, "0123456789abcdef") != "" {
		return fmt.Errorf("%w: a plan's hash is hexadecimal digits", ErrBadRequest)
	}
	return nil
}
