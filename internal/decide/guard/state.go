// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// MaxStateBytes bounds what Encode writes and DecodeState reads.
	MaxStateBytes = 4096
	mostBuckets   = 62         // minutes that a sliding hour can touch, and one for a clock that was set
	mostCounted   = 10_000_000 // names, as many as Route 53 would ever hold in a zone (10,000 record sets by default, more on request)
	latestMinute  = 1_000_000_000
)

// State is what has to outlive a restart of a Zone: what was spent within the last hour. It doesn't name names, so that it fits
// into an annotation; a name that goes before and after a restart is therefore counted twice.
type State struct {
	Deletes []Bucket `json:"deletes,omitempty"`
	Updates []Bucket `json:"updates,omitempty"`
	// Strict is the Unix time, in seconds, until which the budget is --max-deletes in all. See NewZone.
	Strict int64 `json:"strict,omitempty"`
}

// Bucket is how much was spent in one minute of Unix time.
type Bucket struct{ Minute, Spent int }

// ends is when the last of the bucket is an hour old, at the latest.
func (b Bucket) ends() time.Time { return time.Unix(int64(b.Minute+1)*60, 0).Add(hour) }

// MarshalJSON writes [minute, spent].
func (b Bucket) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{b.Minute, b.Spent}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Bucket) UnmarshalJSON(data []byte) error {
	var pair []int
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return errors.New("a bucket is a minute and a number")
	}
	b.Minute, b.Spent = pair[0], pair[1]
	return nil
}

// Encode writes the state as JSON, at most MaxStateBytes of it.
func (s State) Encode() []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // integers can always be written
	}
	return data
}

// DecodeState reads what Encode wrote. What can't be right is an error: go on without a state then, which is careful.
func DecodeState(data []byte) (State, error) {
	if len(data) > MaxStateBytes {
		return State{}, fmt.Errorf("read the state of the brake: %d bytes are more than %d", len(data), MaxStateBytes)
	}
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return State{}, fmt.Errorf("read the state of the brake: %w", err)
	}
	for _, list := range [][]Bucket{s.Deletes, s.Updates} {
		if len(list) > mostBuckets {
			return State{}, fmt.Errorf("read the state of the brake: %d minutes are more than an hour has", len(list))
		}
		for _, b := range list {
			if b.Minute < 0 || b.Minute > latestMinute || b.Spent < 1 || b.Spent > mostCounted {
				return State{}, fmt.Errorf("read the state of the brake: %d in minute %d can't be", b.Spent, b.Minute)
			}
		}
	}
	return s, nil
}

// running is a time as a clock that has just been read has it: as far from its reading as before, though the clock was set in between, and from now on counted
// by the clock that nobody sets (package time, "Monotonic Clocks").
func running(now, t time.Time) time.Time { return now.Add(t.Sub(now)) }

// export sums up what counts as spent: of names with one label the latest.
func (t *tally) export(now time.Time) []Bucket {
	latest := make(map[string]time.Time)
	for _, u := range t.names {
		if u.as != "" && u.spent.After(latest[u.as]) {
			latest[u.as] = u.spent
		}
	}
	sums := make(map[int]int)
	for _, at := range latest {
		sums[minute(running(now, at))]++
	}
	for _, p := range t.before {
		sums[endingAt(running(now, p.ends))] += p.spent
	}
	var out []Bucket
	for _, m := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, Bucket{m, min(sums[m], mostCounted)})
	}
	if extra := len(out) - mostBuckets; extra > 0 { // the clock was set: the oldest minutes count as the next one
		for _, b := range out[:extra] {
			out[extra].Spent = min(out[extra].Spent+b.Spent, mostCounted)
		}
		out = out[extra:]
	}
	return out
}

// restore enters what was spent before a restart. What would lie in the future, because a clock was set, counts from now on.
func (t *tally) restore(now time.Time, list []Bucket) {
	for _, b := range list {
		b.Minute = min(b.Minute, minute(now))
		t.before = append(t.before, past{running(now, b.ends()), b.Spent})
		t.earlier += b.Spent
	}
	slices.SortFunc(t.before, func(a, b past) int { return a.ends.Compare(b.ends) })
	t.slide(now)
}

// endingAt is the minute of a Bucket that ends then, or up to a minute later.
func endingAt(t time.Time) int { return minute(t.Add(-hour - time.Nanosecond)) }

// minute is the minute of Unix time; a clock that was never set is in the first.
func minute(t time.Time) int { return max(0, int(t.Unix()/60)) }
