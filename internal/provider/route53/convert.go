// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/record"
)

// read makes a record set of what Route 53 lists. It never fails: values that aren't of their type are kept as written, and
// every field that a DELETE has to repeat is kept.
func read(in types.ResourceRecordSet, zoneID string) record.Set {
	s := record.Set{
		Key:   record.Key{Name: readName(aws.ToString(in.Name)), Type: record.Type(in.Type), ID: aws.ToString(in.SetIdentifier)},
		Props: readProps(in),
	}
	if in.AliasTarget != nil {
		a := &record.Alias{
			Target:         readName(aws.ToString(in.AliasTarget.DNSName)),
			Zone:           bareID(aws.ToString(in.AliasTarget.HostedZoneId)),
			EvaluateHealth: in.AliasTarget.EvaluateTargetHealth,
		}
		if a.Zone == zoneID {
			a.Zone = ""
		}
		s.Alias = a
		return s
	}
	if ttl := aws.ToInt64(in.TTL); ttl > 0 {
		s.TTL = uint32(min(ttl, math.MaxUint32))
	}
	stored := make([]string, 0, len(in.ResourceRecords))
	for _, r := range in.ResourceRecords {
		stored = append(stored, aws.ToString(r.Value))
	}
	s.Values = readValues(s.Type, stored)
	if slices.Sort(stored); !slices.Equal(stored, writeValues(s)) {
		s.Stored = stored
	}
	return s
}

func readValues(t record.Type, stored []string) []string {
	values := slices.Clone(stored)
	if t == record.TXT {
		for i, v := range values {
			c, ok := readTXT(v)
			if !ok {
				return asWritten(stored)
			}
			values[i] = c
		}
	}
	canonical, err := record.Canonical(t, values)
	if err != nil {
		return asWritten(stored)
	}
	return canonical
}

func asWritten(stored []string) []string {
	out := slices.Clone(stored)
	slices.Sort(out)
	return slices.Compact(out)
}

// writeValues spells a set's values as Route 53 takes them, sorted. The host of an SRV record gets a final dot: ExternalDNS compares
// it as text, and changes each record that lacks it.
func writeValues(s record.Set) []string {
	if s.Stored != nil {
		return s.Stored
	}
	out := slices.Clone(s.Values)
	for i, v := range out {
		switch {
		case s.Type == record.TXT:
			out[i] = writeTXT(v)
		case s.Type == record.SRV && !strings.HasSuffix(v, "."):
			out[i] = v + "."
		}
	}
	slices.Sort(out)
	return out
}

// write makes of a set what Route 53 takes.
func write(s record.Set, zoneID string) *types.ResourceRecordSet {
	out := &types.ResourceRecordSet{Name: aws.String(writeName(s.Name)), Type: types.RRType(s.Type)}
	if s.ID != "" {
		out.SetIdentifier = aws.String(s.ID)
	}
	for _, p := range s.Props {
		writeProp(out, p)
	}
	if a := s.Alias; a != nil {
		out.AliasTarget = &types.AliasTarget{
			DNSName:              aws.String(writeName(a.Target)),
			HostedZoneId:         aws.String(cmp.Or(a.Zone, zoneID)),
			EvaluateTargetHealth: a.EvaluateHealth,
		}
		return out
	}
	out.TTL = aws.Int64(int64(s.TTL))
	for _, v := range writeValues(s) {
		out.ResourceRecords = append(out.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
	}
	return out
}
