// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func inFolder(t *testing.T, files map[string]string) Result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	e := &exam{options: Options{StaticPods: dir}}
	return result("staticpods", checkStaticPods(t.Context(), e))
}

func TestStaticPodsAreRead(t *testing.T) {
	const pod, deployment = "kind: Pod\nmetadata: {name: etcd}\n", "kind: Deployment\nmetadata: {name: %s}\n"
	ours, other := fmt.Sprintf(deployment, "external-dns"), fmt.Sprintf(deployment, "web")
	for why, tt := range map[string]struct {
		files map[string]string
		level Level
		want  string
	}{
		"Pods, and what kubelet doesn't read": {map[string]string{"etcd.yaml": pod, ".hidden.yaml": ours}, OK, "nothing but Pods: 1 file"},
		"a Deployment of ours":                {map[string]string{"etcd.yaml": pod, "dns.yaml": ours}, Fail, "dns.yaml has a Deployment"},
		"after something else":                {map[string]string{"dns.yaml": "# ours\n---\nkind: ServiceAccount\n---\n" + ours}, Fail, "dns.yaml has a ServiceAccount, a Deployment"},
		"a Deployment of others":              {map[string]string{"web.yaml": other}, Warn, "web.yaml has a Deployment"},
		"rubbish":                             {map[string]string{"x": "\t{"}, Warn, "it isn't YAML"},
		"JSON":                                {map[string]string{"x.json": `{"kind": "Pod"}`}, OK, "1 file"},
	} {
		if r := inFolder(t, tt.files); r.Level != tt.level || !strings.Contains(r.Findings[0].Text, tt.want) {
			t.Errorf("%s: %+v, want %s with %q", why, r, tt.level, tt.want)
		}
	}
	many := make(map[string]string)
	for i := range maxFiles + 1 {
		many[fmt.Sprintf("%03d.yaml", i)] = pod
	}
	expect(t, inFolder(t, many), Warn, "there are more than 200 files")
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "none")} {
		expect(t, result("staticpods", checkStaticPods(t.Context(), &exam{options: Options{StaticPods: dir}})), OK, "no folder")
	}
	expect(t, result("staticpods", checkStaticPods(t.Context(), &exam{options: Options{StaticPods: os.DevNull}})), Warn, "can't be read")
}

// FuzzStaticPods has any bytes lie in the folder.
func FuzzStaticPods(f *testing.F) {
	f.Add([]byte("kind: Pod\n---\nkind: [\n"))
	f.Add([]byte("kind: {a: b}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		r := result("staticpods", checkStaticPods(t.Context(), &exam{options: Options{StaticPods: dir}}))
		if strings.ContainsAny(r.Findings[0].Text, "\x1b\n") {
			t.Errorf("%q", r.Findings[0].Text)
		}
	})
}
