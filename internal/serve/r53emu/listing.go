// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"strconv"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// The longest pages (API_ListResourceRecordSets, API_ListHostedZones).
const (
	maxSets  = 300
	maxZones = 100
)

// pageSize reads maxitems; more than the service's own page is answered with that.
func pageSize(text string, most int) (int, error) {
	if text == "" {
		return most, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 1 {
		return 0, constraint(text, "maxItems", "Member must have value greater than or equal to 1")
	}
	return min(int(n), most), nil
}

type setPage struct {
	ResourceRecordSets struct {
		ResourceRecordSet []wireSet
	}
	IsTruncated          bool
	NextRecordName       string `xml:",omitempty"`
	NextRecordType       string `xml:",omitempty"`
	NextRecordIdentifier string `xml:",omitempty"`
	MaxItems             int
}

// listSets lists record sets by name with the labels reversed, by type and by set identifier (API_ListResourceRecordSets).
func (s *Server) listSets(req *request) (answer, error) {
	z, ok := s.db.Zone(req.id)
	if !ok {
		return answer{}, noZone(req.id)
	}
	q := req.URL.Query()
	most, err := pageSize(q.Get("maxitems"), maxSets)
	if err != nil {
		return answer{}, err
	}
	start := record.Key{Type: record.Type(q.Get("type")), ID: q.Get("identifier")}
	switch {
	case start.ID != "" && start.Type == "":
		return answer{}, invalidInput("The input is not valid: if you specify a start record identifier, you must specify a start record type.")
	case start.Type != "" && q.Get("name") == "":
		return answer{}, invalidInput("The input is not valid: if you specify a start record type, you must specify a start record name.")
	}
	if start.Name, err = startName(q.Get("name")); err != nil {
		return answer{}, err
	}
	out := setPage{MaxItems: most}
	for set := range z.From(start.Name) {
		if set.Name == start.Name && set.Compare(start) < 0 {
			continue
		}
		if len(out.ResourceRecordSets.ResourceRecordSet) == most {
			out.IsTruncated, out.NextRecordName, out.NextRecordType, out.NextRecordIdentifier = true, wireName(set.Name), string(set.Type), set.ID
			break
		}
		out.ResourceRecordSets.ResourceRecordSet = append(out.ResourceRecordSets.ResourceRecordSet, wire(set))
	}
	return answer{body: response("ListResourceRecordSetsResponse", out)}, nil
}

// startName reads a name to start at; an empty one, or the root, is the beginning.
func startName(text string) (dnsname.Name, error) {
	if text == "" || text == "." {
		return "", nil
	}
	n, p := parseName(text)
	if p != nil {
		return "", invalidInput("%s", p)
	}
	return n, nil
}
