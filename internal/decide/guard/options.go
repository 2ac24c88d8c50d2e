// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"errors"
	"fmt"
	"time"
)

// Options say how much may go on its own, and how soon. The zero Options delete at once and brake at the first name; the flags'
// defaults are the careful ones.
type Options struct {
	HoldFor          time.Duration `name:"hold-for" default:"0s" help:"How long what is published is kept for an object that has no address. 0: as long as the object exists."`
	DeleteAfter      time.Duration `name:"delete-after" default:"15s" help:"How long a name that no object asks for any more stays, in case one asks again. 0: not at all."`
	MaxDeletes       int           `name:"max-deletes" default:"10" help:"Names of a zone that may go within an hour; more are held if --max-delete-percent is exceeded too."`
	MaxDeletePercent int           `name:"max-delete-percent" default:"30" help:"Share of our names in a zone that may go within an hour; more are held if --max-deletes is exceeded too, and all of three or more anyway; 100 lets all go."`
	MaxUpdatePercent int           `name:"max-update-percent" default:"50" help:"Share of our names in a zone, of 20 or more, that may get other targets within an hour; more are held. One target that replaces another everywhere counts once; 100 lets all go."`
}

// longestWait bounds durations, so that no sum of times overflows.
const longestWait = 10 * 365 * 24 * time.Hour

// Check tells every mistake in the options at once.
func (o Options) Check() error {
	var errs []error
	durations := []struct {
		flag string
		d    time.Duration
	}{{"hold-for", o.HoldFor}, {"delete-after", o.DeleteAfter}}
	for _, f := range durations {
		if f.d < 0 || f.d > longestWait {
			errs = append(errs, fmt.Errorf("--%s=%s: must be from 0s to %s", f.flag, f.d, longestWait))
		}
	}
	if o.MaxDeletes < 0 || o.MaxDeletes > mostCounted {
		errs = append(errs, fmt.Errorf("--max-deletes=%d: must be from 0 to %d", o.MaxDeletes, mostCounted))
	}
	percents := []struct {
		flag string
		n    int
	}{{"max-delete-percent", o.MaxDeletePercent}, {"max-update-percent", o.MaxUpdatePercent}}
	for _, f := range percents {
		if f.n < 0 || f.n > 100 {
			errs = append(errs, fmt.Errorf("--%s=%d: must be from 0 to 100", f.flag, f.n))
		}
	}
	return errors.Join(errs...)
}
