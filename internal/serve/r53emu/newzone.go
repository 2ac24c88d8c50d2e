// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// createZone makes a zone with its NS and SOA sets (API_CreateHostedZone). A VPC makes it private.
func (s *Server) createZone(req *request) (answer, error) {
	var in struct {
		XMLName          xml.Name `xml:"CreateHostedZoneRequest"`
		Name             string
		CallerReference  string
		VPC              *wireVPC
		HostedZoneConfig wireConfig
	}
	if err := decode(req.Body, &in); err != nil {
		return answer{}, err
	}
	name, p := parseName(in.Name)
	switch {
	case p != nil:
		return answer{}, &Error{http.StatusBadRequest, "InvalidDomainName", p.String()}
	case in.CallerReference == "":
		return answer{}, constraint("", "callerReference", "Member must have length greater than or equal to 1")
	case in.HostedZoneConfig.PrivateZone && in.VPC == nil:
		return answer{}, invalidInput("When you're creating a private hosted zone (when you specify true for PrivateZone), you must also specify values for VPCId and VPCRegion.")
	}
	meta := zoneMeta{reference: in.CallerReference, comment: in.HostedZoneConfig.Comment}
	if in.VPC != nil {
		meta.vpcs = []wireVPC{*in.VPC}
	}
	id, info, err := s.addZone(name, in.VPC != nil, meta)
	if err != nil {
		return answer{}, err
	}
	z, ok := s.db.Zone(id)
	if !ok {
		return answer{}, noZone(id)
	}
	out := s.zoneAnswer(z)
	out.ChangeInfo = &info
	return answer{http.StatusCreated, "https://route53.amazonaws.com" + version + "hostedzone/" + id, response("CreateHostedZoneResponse", out)}, nil
}

// AddZone makes a zone with its NS and SOA sets, as CreateHostedZone does, and returns its id.
func (s *Server) AddZone(name dnsname.Name, private bool) string {
	id, _, _ := s.addZone(name, private, zoneMeta{}) // only a caller reference can be refused
	return id
}

// conflictingDomain refuses a second private zone of one name for one VPC (API_CreateHostedZone, Errors).
func conflictingDomain(id string) *Error {
	return &Error{http.StatusBadRequest, "ConflictingDomainExists", "The VPC is already associated with another private hosted zone of that name: " + id}
}

func (s *Server) addZone(name dnsname.Name, private bool, meta zoneMeta) (string, wireChangeInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range s.meta {
		if meta.reference != "" && m.reference == meta.reference {
			return "", wireChangeInfo{}, &Error{http.StatusConflict, "HostedZoneAlreadyExists", "A hosted zone has already been created with the specified caller reference."}
		}
		if z, ok := s.db.Zone(id); ok && z.Name == name && slices.ContainsFunc(meta.vpcs, func(v wireVPC) bool { return slices.Contains(m.vpcs, v) }) {
			return "", wireChangeInfo{}, conflictingDomain(id)
		}
	}
	s.zones++
	id := fmt.Sprintf("Z%s%0*d", s.opts.ZoneMark, 20-len(s.opts.ZoneMark), s.zones)
	if meta.reference == "" {
		meta.reference = id
	}
	s.meta[id] = meta
	s.db.Put(zone.Zone{Key: zone.Key{Provider: "aws", ID: id}, Name: name, Private: private}, apexSets(name))
	return id, s.newChange(s.opts.Now()), nil
}

// deleteZone removes a zone that has only its NS and SOA sets (API_DeleteHostedZone).
func (s *Server) deleteZone(req *request) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z, ok := s.db.Zone(req.id)
	if !ok {
		return answer{}, noZone(req.id)
	}
	for set := range z.From("") {
		if set.Name != z.Name || set.Type != record.NS && set.Type != record.SOA {
			return answer{}, &Error{http.StatusBadRequest, "HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so cannot be deleted."}
		}
	}
	s.db.Remove(req.id)
	delete(s.meta, req.id)
	return answer{body: response("DeleteHostedZoneResponse", wireChanged{s.newChange(s.opts.Now())})}, nil
}

// nameServers are those that Route 53 gives private zones (SOA-NSrecords shows their form).
func nameServers() []string {
	return []string{"ns-0.awsdns-00.com.", "ns-512.awsdns-00.net.", "ns-1024.awsdns-00.org.", "ns-1536.awsdns-00.co.uk."}
}

// apexSets are the sets of a new zone (SOA-NSrecords): NS for two days, SOA for 15 minutes with serial 1.
func apexSets(name dnsname.Name) []record.Set {
	ns := nameServers()
	soa := []string{ns[0] + " awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"}
	return []record.Set{
		{Key: apex(name, record.NS), TTL: 172800, Values: canonical(record.NS, ns), Stored: ns},
		{Key: apex(name, record.SOA), TTL: 900, Values: soa, Stored: soa},
	}
}
