// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

// TestApartAnAccountWhoseCredentialsHang: STS takes the connection and doesn't answer. The account that needs it is told of, with the reason, and another one is
// published to.
func TestApartAnAccountWhoseCredentialsHang(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	sts, err := net.Listen("tcp", "127.0.0.1:0") // the kernel takes connections, and nobody reads them
	if err != nil {
		t.Fatal(err)
	}
	defer sts.Close()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", write("credentials", "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = example\n"))
	t.Setenv("AWS_CONFIG_FILE", write("config", "[profile stuck]\nrole_arn = arn:aws:iam::222222222222:role/dns\nsource_profile = default\n"))
	t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", url)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://"+sts.Addr().String())
	o := emulated(write("web.yaml", web))
	o.Publish.AWS.Profiles = []string{"default", "stuck"}
	pages := controllerOf(t, o)
	until(t, "the record set", func() bool {
		for _, z := range emu.DB().Zones() {
			if len(z.At("web.example.com")) == 1 {
				return true
			}
		}
		return false
	})
	code, text := get(t, pages+"/readyz")
	if code != http.StatusServiceUnavailable || !strings.Contains(text, "account stuck") || !strings.Contains(text, "get the credentials of the profile stuck") {
		t.Errorf("/readyz: %d %s", code, text)
	}
}
