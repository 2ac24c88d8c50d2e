// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/test/kube"
)

// errNotYet is what a condition without more to tell isn't.
var errNotYet = errors.New("not yet")

// wantVerdict waits until /status.json has a verdict about a name.
func (p *process) wantVerdict(name string, what change.Verdict, why reason.Code) {
	p.t.Helper()
	kube.Wait(p.t, "the status of "+name, func() error {
		s, err := p.status()
		if err != nil {
			return err
		}
		for _, n := range s.Names {
			if string(n.Name) == name && n.Verdict == what && n.Reason.Code == why {
				return nil
			}
		}
		return fmt.Errorf("not %s because of %s: %+v", what, why, s.Names)
	})
}

// saysAbout reports whether /status.json has a verdict about a name now.
func (p *process) saysAbout(name string, what change.Verdict, why reason.Code) bool {
	p.t.Helper()
	s, err := p.status()
	return err == nil && slices.ContainsFunc(s.Names, func(n reconcile.Name) bool {
		return string(n.Name) == name && n.Verdict == what && n.Reason.Code == why
	})
}

// wantRefusal waits until /status.json has the refusal of a part of an object.
func (p *process) wantRefusal(resource, field string, why reason.Code) {
	p.t.Helper()
	kube.Wait(p.t, "the refusal of "+field, func() error {
		s, err := p.status()
		if err != nil {
			return err
		}
		for _, r := range s.Refusals {
			if r.Resource == resource && r.Field == field && r.Reason.Code == why {
				return nil
			}
		}
		return fmt.Errorf("not among %+v", s.Refusals)
	})
}

// wantSettled waits until nothing waits to be planned or sent.
func (p *process) wantSettled() {
	p.t.Helper()
	p.wantLog(`level=info msg="All records are already up to date"`)
	kube.Wait(p.t, "nothing waits", func() error {
		s, err := p.status()
		if err == nil && (!s.Ready || s.Waiting > 0) {
			err = fmt.Errorf("ready: %v, %d wait", s.Ready, s.Waiting)
		}
		return err
	})
}
