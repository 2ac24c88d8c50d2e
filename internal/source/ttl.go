// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"math"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

func (r *reader) ttl() {
	n, ok := r.notes["ttl"]
	if !ok {
		return
	}
	seconds, err := ParseTTL(n.value)
	if err != nil {
		r.refuse(n, n.value, reason.New(reason.BadTTL, "%v", err))
		return
	}
	r.out.TTL = seconds
}

// ParseTTL reads whole seconds, or a duration of Go's form, whose fraction of a second is cut off. The bounds are those of
// RFC 2181 section 8, without 0, which stands for "not set".
func ParseTTL(text string) (uint32, error) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		d, err := time.ParseDuration(text)
		if err != nil {
			return 0, errors.New("the TTL is neither a number of seconds nor a duration")
		}
		seconds = int64(d / time.Second)
	}
	if seconds < 1 || seconds > math.MaxInt32 {
		return 0, errors.New("the TTL is outside 1 s to 2147483647 s")
	}
	return uint32(seconds), nil
}
