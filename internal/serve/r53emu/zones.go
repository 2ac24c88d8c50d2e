// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"net/http"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

type wireZones struct{ HostedZone []wireZone }

// listZones lists zones by id (API_ListHostedZones).
func (s *Server) listZones(req *request) (answer, error) {
	q := req.URL.Query()
	most, err := pageSize(q.Get("maxitems"), maxZones)
	if err != nil {
		return answer{}, err
	}
	zones := slices.SortedFunc(slices.Values(s.db.Zones()), func(a, b *zonedb.Zone) int { return strings.Compare(a.ID, b.ID) })
	out := struct {
		HostedZones wireZones
		Marker      string `xml:",omitempty"`
		IsTruncated bool
		NextMarker  string `xml:",omitempty"`
		MaxItems    int
	}{Marker: q.Get("marker"), MaxItems: most}
	if out.Marker != "" {
		if _, ok := s.db.Zone(out.Marker); !ok {
			return answer{}, noZone(out.Marker)
		}
	}
	for _, z := range zones {
		if z.ID < out.Marker || q.Get("hostedzonetype") == "PrivateHostedZone" && !z.Private {
			continue
		}
		if len(out.HostedZones.HostedZone) == most {
			out.IsTruncated, out.NextMarker = true, z.ID
			break
		}
		out.HostedZones.HostedZone = append(out.HostedZones.HostedZone, describe(z, s.metaOf(z)))
	}
	return answer{body: response("ListHostedZonesResponse", out)}, nil
}

// listZonesByName lists zones by name with the labels reversed (API_ListHostedZonesByName).
func (s *Server) listZonesByName(req *request) (answer, error) {
	q := req.URL.Query()
	most, err := pageSize(q.Get("maxitems"), maxZones)
	if err != nil {
		return answer{}, err
	}
	start, err := startName(q.Get("dnsname"))
	if err != nil {
		return answer{}, err
	}
	out := struct {
		HostedZones      wireZones
		DNSName          string `xml:",omitempty"`
		HostedZoneId     string `xml:",omitempty"`
		IsTruncated      bool
		NextDNSName      string `xml:",omitempty"`
		NextHostedZoneId string `xml:",omitempty"`
		MaxItems         int
	}{DNSName: q.Get("dnsname"), HostedZoneId: q.Get("hostedzoneid"), MaxItems: most}
	for _, z := range s.db.Zones() {
		if c := z.Name.Compare(start); c < 0 || c == 0 && z.ID < out.HostedZoneId {
			continue
		}
		if len(out.HostedZones.HostedZone) == most {
			out.IsTruncated, out.NextDNSName, out.NextHostedZoneId = true, wireName(z.Name), z.ID
			break
		}
		out.HostedZones.HostedZone = append(out.HostedZones.HostedZone, describe(z, s.metaOf(z)))
	}
	return answer{body: response("ListHostedZonesByNameResponse", out)}, nil
}

func (s *Server) countZones(*request) (answer, error) {
	return answer{body: response("GetHostedZoneCountResponse", struct{ HostedZoneCount int }{len(s.db.Zones())})}, nil
}

// metaOf returns a zone's description; for one put into the database by others, what that knows.
func (s *Server) metaOf(z *zonedb.Zone) zoneMeta {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, ok := s.meta[z.ID]; ok {
		return m
	}
	return zoneMeta{reference: z.ID, tags: z.Tags}
}

type wireZoneAnswer struct {
	HostedZone    wireZone
	ChangeInfo    *wireChangeInfo `xml:",omitempty"`
	DelegationSet *wireDelegation `xml:",omitempty"`
	VPCs          *wireVPCs       `xml:",omitempty"`
}

type wireDelegation struct {
	NameServers []string `xml:"NameServers>NameServer"`
}

type wireVPCs struct{ VPC []wireVPC }

func (s *Server) zoneAnswer(z *zonedb.Zone) wireZoneAnswer {
	m := s.metaOf(z)
	out := wireZoneAnswer{HostedZone: describe(z, m)}
	if z.Private {
		out.VPCs = &wireVPCs{m.vpcs}
		return out
	}
	out.DelegationSet = &wireDelegation{}
	for _, ns := range nameServers() {
		out.DelegationSet.NameServers = append(out.DelegationSet.NameServers, strings.TrimSuffix(ns, "."))
	}
	return out
}

// getZone describes a zone (API_GetHostedZone).
func (s *Server) getZone(req *request) (answer, error) {
	z, ok := s.db.Zone(req.id)
	if !ok {
		return answer{}, noZone(req.id)
	}
	return answer{body: response("GetHostedZoneResponse", s.zoneAnswer(z))}, nil
}

// zoneLimit tells a zone's quota and how much of it is used (API_GetHostedZoneLimit).
func (s *Server) zoneLimit(req *request) (answer, error) {
	z, ok := s.db.Zone(req.id)
	if !ok {
		return answer{}, noZone(req.id)
	}
	out := struct {
		Limit struct {
			Type  string
			Value int
		}
		Count int
	}{}
	out.Limit.Type = req.second
	switch req.second {
	case "MAX_RRSETS_BY_ZONE":
		out.Limit.Value, out.Count = s.opts.Limits.Sets, z.Len()
	case "MAX_VPCS_ASSOCIATED_BY_ZONE":
		if !z.Private {
			return answer{}, &Error{http.StatusBadRequest, "HostedZoneNotPrivate", "The specified hosted zone is a public hosted zone, not a private hosted zone."}
		}
		out.Limit.Value, out.Count = 300, len(s.metaOf(z).vpcs)
	default:
		return answer{}, constraint(req.second, "type", "Member must satisfy enum value set: [MAX_RRSETS_BY_ZONE, MAX_VPCS_ASSOCIATED_BY_ZONE]")
	}
	return answer{body: response("GetHostedZoneLimitResponse", out)}, nil
}
