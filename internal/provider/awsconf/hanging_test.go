// SPDX-License-Identifier: Apache-2.0

package awsconf_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// silent is a server that takes connections and never answers.
func silent(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, c)
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
		for _, c := range open {
			_ = c.Close()
		}
	})
	return "http://" + l.Addr().String()
}

// TestApartAServiceOfCredentialsThatHangs: whichever service an account has its credentials from, when it doesn't answer that account fails, with the reason, and
// another goes on.
func TestApartAServiceOfCredentialsThatHangs(t *testing.T) {
	for why, profile := range map[string]string{
		"a role, from STS":       "role_arn = " + dnsRole + "\nsource_profile = default\n",
		"an instance, from IMDS": "",
		"a helper process":       "credential_process = sleep 9\n",
		"a web identity, by STS": "role_arn = " + dnsRole + "\nweb_identity_token_file = TOKEN\n",
	} {
		t.Run(why, func(t *testing.T) {
			config := isolate(t)
			c := emulate(t)
			c.AddKey("111111111111", newKey)
			credentials(t, newKey)
			server := silent(t)
			t.Setenv("AWS_ENDPOINT_URL_STS", server)
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
			token := config + ".token"
			write(t, token, "a.b.c")
			write(t, config, "[profile stuck]\n"+strings.ReplaceAll(profile, "TOKEN", token))
			accounts, err := awsconf.Load(t.Context(), awsconf.Options{Profiles: []string{"default", "stuck"}})
			if err != nil {
				t.Fatal(err)
			}
			begin, ended := time.Now(), make(chan error, 1)
			go func() { ended <- zones(t.Context(), accounts[1]) }()
			if err := zones(t.Context(), accounts[0]); err != nil {
				t.Errorf("the other account: %v", err)
			}
			select {
			case err := <-ended:
				t.Errorf("the account that hangs has ended already, with %v", err)
			default:
			}
			err = <-ended
			if took := time.Since(begin); took > 9*time.Second {
				t.Errorf("it took %s", took)
			}
			if err == nil || provider.ClassOf(err) != provider.Unavailable || !strings.Contains(err.Error(), "get the credentials of") {
				t.Errorf("it gives %v", err)
			}
		})
	}
}
