// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"nafuda.io/nafuda/test/kube"
)

// logLines has the lines that people search a log of ExternalDNS for.
func logLines(t *testing.T, s *suite) {
	w := s.world(t)
	twice := strings.Replace(ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51"), "spec: {", "spec: {tls: [{hosts: [dev1.example.com]}], ", 1)
	p := w.start(reference())
	w.cluster.Apply(t, twice)
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx))
	id := regexp.QuoteMeta("[Id: /hostedzone/" + w.zone + "]")
	line := func(level, msg string) string { return `^time="[0-9T:Z+-]+" level=` + level + ` msg="` + msg + `"$` }
	p.wantLog(
		line("info", `Created Kubernetes client https://127\.0\.0\.1:[0-9]+`),
		line("debug", `Considering zone: /hostedzone/`+w.zone+` \(domain: example\.com\.\)`),
		line("info", `Applying provider record filter for domains: \[example\.com\. \.example\.com\.\]`),
		line("debug", `No endpoints could be generated from service default/kubernetes`),
		line("debug", `Endpoints generated from ingress: default/nginx-test-ingress: \[dev1\.example\.com 0 IN A  192\.168\.10\.51 \[\].*\]`),
		line("debug", `Adding dev1\.example\.com\. to zone example\.com\. `+id),
		line("debug", `Adding prefix_a-dev1\.example\.com\. to zone example\.com\. `+id),
		line("info", `Desired change: CREATE dev1\.example\.com A `+id),
		line("info", `Desired change: CREATE prefix_a-dev1\.example\.com TXT `+id),
		line("info", `2 record\(s\) in zone example\.com\. `+id+` were successfully updated`),
		line("debug", `Removing duplicate endpoint dev1\.example\.com 0 IN A  192\.168\.10\.51 \[\]`),
	)
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.52"))
	p.wantLog(line("info", `Desired change: UPSERT dev1\.example\.com A `+id))
	for l := range strings.Lines(p.log.String()) {
		if !strings.HasPrefix(l, `time="`) || !strings.HasSuffix(l, "\n") {
			t.Errorf("a line has another form: %q", l)
		}
	}
}

// jsonLog has constant messages, their values in fields.
func jsonLog(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(with("--log-format=json"))
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51"))
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx))
	kube.Wait(t, "the batch's line", func() error {
		if p.count(`"changes":2,`) == 0 {
			return errNotYet
		}
		return nil
	})
	values := regexp.MustCompile(`example\.com|192\.168|` + w.zone + `|default/`)
	found := make(map[string]map[string]any)
	for l := range strings.Lines(p.log.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(l), &fields); err != nil {
			t.Errorf("%v in %s", err, l)
			continue
		}
		msg, _ := fields["msg"].(string)
		if values.MatchString(msg) || fields["level"] == nil || fields["time"] == nil {
			t.Errorf("the message isn't constant, or level and time are missing: %s", l)
		}
		if fields["type"] != "TXT" {
			found[msg] = fields
		}
	}
	if c := found["planned change"]; c["action"] != "create" || c["name"] != "dev1.example.com" || c["type"] != "A" || c["zoneID"] != w.zone || c["object"] != nginx {
		t.Errorf("the planned change has the fields %v", c)
	}
	if b := found["applied batch"]; b["zone"] != "example.com" || b["zoneID"] != w.zone {
		t.Errorf("the applied batch has the fields %v", b)
	}
}
