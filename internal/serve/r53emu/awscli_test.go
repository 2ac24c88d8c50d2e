// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/child"
)

// awsCommand finds the aws command line. Where CI is set it must be there.
func awsCommand(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("the aws command line takes a second for each call")
	}
	return child.Find(t, "aws", "awscli")
}

// cli runs aws route53 commands against one endpoint.
type cli struct {
	t          *testing.T
	path, home string
	endpoint   string
}

func (c cli) run(args ...string) (string, error) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), c.path, append([]string{"--endpoint-url", c.endpoint, "--output", "json", "route53"}, args...)...)
	cmd.Env = []string{
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_DEFAULT_REGION=us-east-1", "AWS_MAX_ATTEMPTS=1", "AWS_PAGER=",
		"HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH"), "AWS_CONFIG_FILE=" + filepath.Join(c.home, "none"), "AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(c.home, "none"),
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return errs.String(), err
	}
	return string(out), nil
}

func (c cli) must(args ...string) string {
	c.t.Helper()
	out, err := c.run(args...)
	if err != nil {
		c.t.Fatalf("aws %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(out)
}

func TestAWSCommand(t *testing.T) {
	t.Parallel()
	path := awsCommand(t)
	url, s := r53emutest.Start(t, r53emu.Options{})
	c := cli{t, path, t.TempDir(), url}
	var id string
	if err := json.Unmarshal([]byte(c.must("create-hosted-zone", "--name", "example.com", "--caller-reference", "x", "--query", "HostedZone.Id")), &id); err != nil || !strings.HasPrefix(id, "/hostedzone/Z") {
		t.Fatalf("zone id %q: %v", id, err)
	}
	batch := filepath.Join(c.home, "batch.json")
	write := func(doc string) {
		if err := os.WriteFile(batch, []byte(doc), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var changes []string
	for i := range 301 {
		changes = append(changes, fmt.Sprintf(`{"Action": "CREATE", "ResourceRecordSet": {"Name": "n%d.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}}`, i))
	}
	write(`{"Comment": "many", "Changes": [` + strings.Join(changes, ",") + `]}`)
	changed := c.must("change-resource-record-sets", "--hosted-zone-id", id, "--change-batch", "file://"+batch, "--query", "ChangeInfo.Id", "--output", "text")
	if out := c.must("get-change", "--id", changed, "--query", "ChangeInfo.Status"); out != `"INSYNC"` {
		t.Errorf("get-change answers %s", out)
	}
	if out := c.must("list-resource-record-sets", "--hosted-zone-id", id, "--query", "length(ResourceRecordSets)"); out != "303" {
		t.Errorf("the command line lists %s sets, want 303", out)
	}
	write(`{"Changes": [
		{"Action": "DELETE", "ResourceRecordSet": {"Name": "n0.example.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}},
		{"Action": "CREATE", "ResourceRecordSet": {"Name": "n0.example.com", "Type": "A", "SetIdentifier": "a", "Weight": 10, "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}},
		{"Action": "UPSERT", "ResourceRecordSet": {"Name": "*.example.com", "Type": "A", "AliasTarget": {"HostedZoneId": "` + strings.TrimPrefix(id, "/hostedzone/") + `", "DNSName": "n1.example.com", "EvaluateTargetHealth": true}}},
		{"Action": "CREATE", "ResourceRecordSet": {"Name": "t.example.com", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": "\"heritage=external-dns\""}]}}]}`)
	c.must("change-resource-record-sets", "--hosted-zone-id", id, "--change-batch", "file://"+batch)
	star := c.must("list-resource-record-sets", "--hosted-zone-id", id, "--start-record-name", "*.example.com", "--max-items", "1", "--query", "ResourceRecordSets[0].[Name, AliasTarget.DNSName, AliasTarget.EvaluateTargetHealth]", "--output", "text")
	if star != "\\052.example.com.\tn1.example.com.\tTrue" {
		t.Errorf("the wildcard reads %q", star)
	}
	out, err := c.run("change-resource-record-sets", "--hosted-zone-id", id, "--change-batch", "file://"+batch)
	if err == nil || !strings.Contains(out, "(InvalidChangeBatch) when calling the ChangeResourceRecordSets operation: [Tried to delete resource record set [name='n0.example.com.', type='A'] but it was not found, ") {
		t.Errorf("the batch again: %v %s", err, out)
	}
	c.must("change-tags-for-resource", "--resource-type", "hostedzone", "--resource-id", strings.TrimPrefix(id, "/hostedzone/"), "--add-tags", "Key=env,Value=test")
	if out := c.must("list-tags-for-resources", "--resource-type", "hostedzone", "--resource-ids", strings.TrimPrefix(id, "/hostedzone/"), "--query", "ResourceTagSets[0].Tags[0].Value"); out != `"test"` {
		t.Errorf("the tag reads %s", out)
	}
	if out := c.must("list-hosted-zones-by-name", "--query", "HostedZones[0].ResourceRecordSetCount"); out != "305" {
		t.Errorf("the zone has %s sets, want 305", out)
	}
	s.Fail("ListHostedZones", 1, r53emu.Throttled())
	if out, err := c.run("list-hosted-zones"); err == nil || !strings.Contains(out, "(Throttling) when calling the ListHostedZones operation") || !strings.Contains(out, "Rate exceeded") {
		t.Errorf("throttled: %v %s", err, out)
	}
}
