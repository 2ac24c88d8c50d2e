// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"nafuda.io/nafuda/internal/loop/limiter"
)

// Above maxSkew AWS refuses a request as expired, or not yet valid (IAM User Guide, "Troubleshoot Signature Version 4"); from
// noticedSkew on it is told that a clock runs away. The header that tells the time has whole seconds.
const (
	maxSkew     = 5 * time.Minute
	noticedSkew = time.Minute
)

// told is somebody's time beside ours.
type told struct {
	who    string
	header string    // Date, as it came (RFC 9110 section 6.6.1)
	sent   time.Time // ours, when we asked
	came   time.Time // ours, when it answered
	refuse bool      // who refuses requests of another time
	err    error     // without an answer
}

func checkClock(ctx context.Context, e *exam) []Finding {
	var out []Finding
	if e.api != nil {
		t := told{who: "the API server", sent: time.Now()}
		var version struct{}
		h, err := e.api.ask(ctx, "/version", nil, &version)
		t.header, t.came, t.err = h.Get("Date"), time.Now(), err
		out = append(out, judgeClock(t))
	}
	for _, a := range e.accounts {
		if a.AWS != nil {
			out = append(out, judgeClock(timeOf(ctx, a)))
		}
	}
	return out
}

// timeOf asks Route 53 for nothing but the time: a refused request tells it as well.
func timeOf(ctx context.Context, a *account) told {
	t := told{who: "AWS, asked with the account " + a.Name, refuse: true}
	client := route53.NewFromConfig(a.AWS.Config, func(o *route53.Options) {
		o.APIOptions = append(o.APIOptions, onAnswer(func(r *http.Response) { t.header, t.came = r.Header.Get("Date"), time.Now() }))
	})
	t.err = a.call(ctx, limiter.User, func(ctx context.Context) error {
		t.sent = time.Now()
		one := int32(1)
		_, err := client.ListHostedZones(ctx, &route53.ListHostedZonesInput{MaxItems: &one})
		return err
	})
	return t
}

// onAnswer calls f with each answer, whatever it says.
func onAnswer(f func(*http.Response)) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("TellAnswer", func(
			ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
		) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, meta, err := next.HandleDeserialize(ctx, in)
			if resp, is := out.RawResponse.(*smithyhttp.Response); is {
				f(resp.Response)
			}
			return out, meta, err
		}), middleware.After)
	}
}

// judgeClock takes the middle between asking and answering for the moment that the other side tells.
func judgeClock(t told) Finding {
	const fix = "set the clock: timedatectl set-ntp true, or whatever keeps the machine's time"
	theirs, err := http.ParseTime(t.header)
	if t.header == "" || err != nil {
		if t.err != nil {
			return warn("see what the checks kubeconfig and identity say", "what time %s has isn't known: %v", t.who, t.err)
		}
		return warn("", "%s doesn't tell its time", t.who)
	}
	skew := t.sent.Add(t.came.Sub(t.sent) / 2).Sub(theirs).Round(time.Second)
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	switch off := skew.Abs(); {
	case off >= maxSkew && t.refuse:
		return fail(fix, "our clock is %v %s that of %s, which refuses requests from five minutes on", off, direction, t.who)
	case off >= noticedSkew:
		return warn(fix, "our clock is %v %s that of %s", off, direction, t.who)
	default:
		return ok("our clock is that of %s, within a minute", t.who)
	}
}
