// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// FuzzDecodeChanges feeds the decoder and the rules with anything. What is accepted must be in the zone, be read back as it is
// stored, and be deletable as it is read.
func FuzzDecodeChanges(f *testing.F) {
	set := func(s string) string {
		return "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet>" + s +
			"</ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
	}
	const records = "<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>%s</Value></ResourceRecord></ResourceRecords>"
	for _, seed := range []string{
		"", "<x/>", set(""), set("<Name>a.example.com</Name><Type>A</Type>" + strings.ReplaceAll(records, "%s", "192.0.2.1")),
		set(`<Name>\052.Example.com.</Name><Type>TXT</Type><SetIdentifier>x</SetIdentifier><Weight>3</Weight>` + strings.ReplaceAll(records, "%s", `"a\303" "&#233;\""`)),
		set("<Name>example.com</Name><Type>A</Type><AliasTarget><HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>d.cloudfront.net</DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>"),
		set("<Name>g.example.com</Name><Type>AAAA</Type><SetIdentifier>x</SetIdentifier><GeoProximityLocation><Bias>1</Bias><Coordinates><Latitude>1</Latitude><Longitude>2</Longitude></Coordinates></GeoProximityLocation>" + strings.ReplaceAll(records, "%s", "2001:db8::1")),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		changes, err := decodeChanges(bytes.NewReader(doc))
		if err != nil {
			return
		}
		s := New(Options{})
		id := s.AddZone("example.com", false)
		if _, err := s.Change(id, changes...); err != nil {
			return
		}
		z, _ := s.db.Zone(id)
		for set := range z.From("") {
			back := roundTrip(t, set)
			if diff := cmp.Diff(valuesOf(set), valuesOf(back)); diff != "" {
				t.Fatalf("values of %s are read otherwise (-stored +read):\n%s", set.Key, diff)
			}
			if set.Name == "example.com" && (set.Type == record.NS || set.Type == record.SOA) {
				continue
			}
			if err := s.db.Edit(id, func(tx *zonedb.Tx) error { return Apply(tx, Limits{}, []Change{{Delete, back}}) }); err != nil {
				t.Fatalf("%s, as it is read, can't be deleted: %v", set.Key, err)
			}
		}
	})
}

// roundTrip writes a set as XML and reads it.
func roundTrip(t *testing.T, s record.Set) record.Set {
	t.Helper()
	var in wireChangeBatch
	var doc bytes.Buffer
	doc.WriteString("<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>DELETE</Action>")
	if err := xml.NewEncoder(&doc).EncodeElement(wire(s), xml.StartElement{Name: xml.Name{Local: "ResourceRecordSet"}}); err != nil {
		t.Fatal(err)
	}
	doc.WriteString("</Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>")
	if err := xml.Unmarshal(doc.Bytes(), &in); err != nil {
		t.Fatal(err)
	}
	out, err := in.Changes[0].ResourceRecordSet.record(Change{Action: Delete}, "")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(`{"Statement": [{"Effect": "Allow", "Action": "route53:*", "Resource": ["*"]}]}`), "ListHostedZones")
	f.Add([]byte(`{"Statement": {"Effect": "Deny", "Action": "*a*?", "Resource": "arn:*", "Condition": {"ForAnyValue:StringLike": {"route53:ChangeResourceRecordSetsActions": "C*"}}}}`), "GetChange")
	f.Fuzz(func(t *testing.T, doc []byte, action string) {
		p, err := ParsePolicy(doc)
		if err != nil {
			return
		}
		if err := p.check(action, zoneARN+"Z1", nil); err == nil && len(p.statements) == 0 {
			t.Error("a policy without statements allows something")
		}
	})
}

// TestWild has the wildcards of IAM (IAM JSON policy elements: Resource).
func TestWild(t *testing.T) {
	for _, tc := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
		{"a*c", "abbc", true},
		{"a*c", "abbcd", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*b*", "abc", true},
		{"a**", "a", true},
		{"*ab", "aab", true},
		{"a", "ab", false},
	} {
		if got := wild(tc.pattern, tc.s); got != tc.want {
			t.Errorf("wild(%q, %q) = %t", tc.pattern, tc.s, got)
		}
	}
}
