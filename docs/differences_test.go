// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"testing"

	"nafuda.io/nafuda/test/golden"
)

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
	golden.File(t, filepath.Join("testdata", "differences", "plan.golden"), got)
}
