// SPDX-License-Identifier: Apache-2.0

package reconcile

import "context"

// Keeper keeps what must outlive the process: what the brakes have spent, and which names a person has undone. The bytes are the
// loop's own; they are at most MaxKeptBytes.
type Keeper interface {
	// Load returns what was saved last, by this process or the one before it; nothing where nothing was.
	Load(ctx context.Context) ([]byte, error)
	// Save returns once the bytes are safe. Where it fails, the batch that needs them isn't sent.
	Save(ctx context.Context, state []byte) error
}

// MaxKeptBytes bounds what a Keeper is given: annotations of an object, which one Keeper uses, hold 256 KiB in all.
const MaxKeptBytes = 200 << 10
