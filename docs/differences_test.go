// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// TestDifferences plans over a zone and objects that show what docs/differences.md says.
func TestDifferences(t *testing.T) {
	tr := startTour(t)
	if err := os.CopyFS(filepath.Join(tr.dir, "differences"), os.DirFS(filepath.Join("testdata", "differences"))); err != nil {
		t.Fatal(err)
	}
	got := tr.shell(`export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_DEFAULT_REGION=us-east-1
aws --endpoint-url http://127.0.0.1:4580 route53 change-resource-record-sets --query ChangeInfo.Status \
    --hosted-zone-id Z00000000000000000001 --change-batch file://differences/zone.json
AWS_ENDPOINT_URL_ROUTE_53=http://127.0.0.1:4580 bin/nafuda plan --source=service --source=ingress --provider=aws \
    --txt-owner-id=me --txt-prefix=prefix_ --manifests=differences/objects.json --log-level=fatal 2>&1
`)
	golden := filepath.Join("testdata", "differences", "plan.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
