// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// wantDig waits until dig gets these answers, and nothing else, over UDP and TCP.
func (w *world) wantDig(name, kind string, want ...string) {
	w.t.Helper()
	dig := child.Find(w.t, "dig", "bind9-dnsutils")
	for _, transport := range []string{"+notcp", "+tcp"} {
		kube.Wait(w.t, "dig "+name+" "+kind, func() error {
			out, err := exec.CommandContext(w.t.Context(), dig, "-r", "@127.0.0.1", "-p", strconv.Itoa(w.dns.Port), transport, "+norecurse", "+short", name, kind).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %s", err, out)
			}
			if diff := cmp.Diff(sorted(want), split([]string{string(out)})); diff != "" {
				return errors.New("(-want +got)\n" + diff)
			}
			return nil
		})
	}
}

// wantAWS checks what the aws command line lists: the record sets with their names as Route 53 writes them.
func (w *world) wantAWS(want ...string) {
	w.t.Helper()
	aws := child.Find(w.t, "aws", "awscli")
	cmd := exec.CommandContext(w.t.Context(), aws, "route53", "list-resource-record-sets", "--hosted-zone-id", w.zone,
		"--endpoint-url", w.url, "--output", "json")
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY="+secret, "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			out = exit.Stderr
		}
		w.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	var list struct {
		ResourceRecordSets []struct {
			Name, Type, SetIdentifier string
			TTL, Weight               *int
			ResourceRecords           []struct{ Value string }
			AliasTarget               *struct{ HostedZoneID, DNSName string }
		}
	}
	if err := json.Unmarshal(out, &list); err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, s := range list.ResourceRecordSets {
		if s.Type == "SOA" || s.Type == "NS" {
			continue
		}
		words := []string{s.Name, s.Type}
		if s.SetIdentifier != "" {
			words = append(words, s.SetIdentifier)
		}
		if s.Weight != nil {
			words = append(words, fmt.Sprintf("weight=%d", *s.Weight))
		}
		if s.AliasTarget != nil {
			words = append(words, "alias", s.AliasTarget.DNSName, s.AliasTarget.HostedZoneID)
		} else {
			words = append(words, strconv.Itoa(*s.TTL))
		}
		for _, r := range s.ResourceRecords {
			words = append(words, r.Value)
		}
		got = append(got, strings.Join(words, " "))
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		w.t.Errorf("the aws command line lists (-want +got):\n%s", diff)
	}
}
