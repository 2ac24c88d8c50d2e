// SPDX-License-Identifier: Apache-2.0

package control

import (
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/wan"
)

// wanOf is what is known of the public address, as a status has it.
func wanOf(list []wan.State) []report.WAN {
	var out []report.WAN
	for _, s := range list {
		f := report.WAN{
			Family: string(s.Family), Off: s.Off, Address: s.Verdict.Addr, Why: s.Verdict.Why, Since: s.Since, Sharing: string(s.Sharing), Sign: s.Sign,
		}
		for _, one := range s.Said {
			f.Methods = append(f.Methods, report.WANMethod{
				Method: string(one.By.Kind), Operator: one.By.Operator, Endpoint: one.By.Endpoint, Said: one.Addrs, Class: string(one.Class), Error: one.Err, At: one.At,
			})
		}
		out = append(out, f)
	}
	return out
}
