// SPDX-License-Identifier: Apache-2.0

package all_test

import (
	"os"
	"path/filepath"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

// FuzzObjects evaluates whatever decodes: nothing that objects hold makes a source panic or ask for what isn't a name.
func FuzzObjects(f *testing.F) {
	files, err := filepath.Glob("../*/testdata/*.yaml")
	if err != nil || len(files) < 5 {
		f.Fatalf("only %d seeds (%v)", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint16(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, switches uint16) {
		var o all.Options
		for i, flag := range []*bool{
			&o.Service.PublishInternal, &o.Service.PublishHostIP, &o.Service.AlwaysPublishNotReady, &o.Service.ExposeInternalIPv6,
			&o.Service.ExcludeUnschedulable, &o.Service.ExcludeNotReady, &o.Ingress.IgnoreRules, &o.Ingress.IgnoreTLS, &o.Shared.IgnoreHostnameAnnotation,
		} {
			*flag = switches&(1<<i) != 0
		}
		objects, err := sourcetest.Decode(data, kinds.All(o.Shared))
		if err != nil {
			t.Skip()
		}
		for _, src := range all.Sources(o) {
			for _, obj := range objects.Of(src.Kind) {
				for _, name := range src.Eval(obj, objects).Names() {
					if again, err := dnsname.Parse(string(name)); err != nil || again != name {
						t.Errorf("%s asks for %q: %v", kinds.RefOf(obj), name, err)
					}
				}
			}
		}
	})
}
