// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
)

func TestLogLevels(t *testing.T) {
	tests := map[string]struct {
		want, why string
	}{
		"panic":   {"error", "nothing here panics"},
		"fatal":   {"error", "errors only"},
		"error":   {"error", "errors only"},
		"warning": {"warning error", "as ExternalDNS spells it"},
		"info":    {"info warning error", "the default"},
		"debug":   {"debug info warning error", "everything"},
		"trace":   {"debug info warning error", "there is no finer level"},
	}
	for level, tt := range tests {
		var out bytes.Buffer
		log := cli.NewLogger(&out, cli.LogOptions{Level: level, Format: "json"})
		log.Debug("m")
		log.Info("m")
		log.Warn("m")
		log.Error("m", "level", "a key of the same name stays", "zone", "example.com")
		var got []string
		for line := range strings.Lines(out.String()) {
			var entry struct{ Level, Msg string }
			if err := json.Unmarshal([]byte(strings.Replace(line, `,"level":"a key`, `,"other":"a key`, 1)), &entry); err != nil || entry.Msg != "m" {
				t.Fatalf("%q: %v", line, err)
			}
			got = append(got, entry.Level)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s logs %q, want %q: %s", level, got, tt.want, tt.why)
		}
	}
}

func TestLogText(t *testing.T) {
	var out bytes.Buffer
	cli.NewLogger(&out, cli.LogOptions{Level: "info", Format: "text"}).Warn("a message", "zone", "example.com")
	if !strings.HasSuffix(out.String(), "level=warning msg=\"a message\" zone=example.com\n") {
		t.Errorf("line %q", out.String())
	}
}
