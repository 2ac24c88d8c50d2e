// SPDX-License-Identifier: Apache-2.0

package all_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/all"
)

// TestAccounts has the accounts that flags make, in their order.
func TestAccounts(t *testing.T) {
	const one, two = "arn:aws:iam::111111111111:role/dns", "arn:aws:iam::222222222222:role/dns"
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "none"))
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte("[profile a]\nregion = eu-west-1\n[profile b]\nregion = eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for why, tc := range map[string]struct {
		profiles, roles, ids []string
		want                 string
	}{
		"the default":                  {nil, nil, nil, "default"},
		"profiles":                     {[]string{"b", "a"}, nil, nil, "b a"},
		"roles beside the default":     {nil, []string{"Z2=" + two, "Z1=" + one}, nil, "default " + one + " " + two},
		"roles beside a profile":       {[]string{"a"}, []string{"Z1=" + one}, []string{"Z1", "Z3"}, "a " + one},
		"only zones that have roles":   {[]string{"a"}, []string{"Z1=" + one, "Z2=" + one}, []string{"/hostedzone/Z1", "Z2"}, one},
		"zone ids and no roles at all": {nil, nil, []string{"Z1"}, "default"},
	} {
		t.Run(why, func(t *testing.T) {
			var o all.Options
			o.AWS.Profiles, o.AWS.ZoneRoles = tc.profiles, tc.roles
			accounts, err := all.Open(t.Context(), "aws", o, provider.Filter{IDs: tc.ids})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, a := range accounts {
				names = append(names, a.Name)
			}
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
