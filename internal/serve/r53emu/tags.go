// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"encoding/xml"
	"maps"
	"slices"
)

type wireTag struct{ Key, Value string }

type wireTagSet struct {
	ResourceType, ResourceId string
	Tags                     struct{ Tag []wireTag }
}

// maxTagged is how many resources one ListTagsForResources names, maxTags how many tags a resource has (API_ChangeTagsForResource).
const (
	maxTagged = 10
	maxTags   = 50
)

func (s *Server) tagsOf(kind, id string) (wireTagSet, error) {
	if kind != "hostedzone" {
		return wireTagSet{}, noHealthCheck(id)
	}
	z, ok := s.db.Zone(id)
	if !ok {
		return wireTagSet{}, noZone(id)
	}
	tags := s.metaOf(z).tags
	out := wireTagSet{ResourceType: kind, ResourceId: id}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out.Tags.Tag = append(out.Tags.Tag, wireTag{k, tags[k]})
	}
	return out, nil
}

func (s *Server) listTags(req *request) (answer, error) {
	set, err := s.tagsOf(req.second, req.id)
	if err != nil {
		return answer{}, err
	}
	return answer{body: response("ListTagsForResourceResponse", struct{ ResourceTagSet wireTagSet }{set})}, nil
}

func (s *Server) listTagsOfMany(req *request) (answer, error) {
	var in struct {
		XMLName xml.Name `xml:"ListTagsForResourcesRequest"`
		IDs     []string `xml:"ResourceIds>ResourceId"`
	}
	if err := decode(req.Body, &in); err != nil {
		return answer{}, err
	}
	if len(in.IDs) == 0 || len(in.IDs) > maxTagged {
		return answer{}, constraint(len(in.IDs), "resourceIds", "Member must have length between 1 and 10")
	}
	var sets []wireTagSet
	for _, id := range in.IDs {
		set, err := s.tagsOf(req.id, id)
		if err != nil {
			return answer{}, err
		}
		sets = append(sets, set)
	}
	type list struct{ ResourceTagSet []wireTagSet }
	return answer{body: response("ListTagsForResourcesResponse", struct{ ResourceTagSets list }{list{sets}})}, nil
}

func (s *Server) changeTags(req *request) (answer, error) {
	var in struct {
		XMLName xml.Name  `xml:"ChangeTagsForResourceRequest"`
		Add     []wireTag `xml:"AddTags>Tag"`
		Remove  []string  `xml:"RemoveTagKeys>Key"`
	}
	if err := decode(req.Body, &in); err != nil {
		return answer{}, err
	}
	if _, err := s.tagsOf(req.second, req.id); err != nil {
		return answer{}, err
	}
	if err := s.editTags(req.id, func(tags map[string]string) {
		for _, k := range in.Remove {
			delete(tags, k)
		}
		for _, t := range in.Add {
			tags[t.Key] = t.Value
		}
	}); err != nil {
		return answer{}, err
	}
	return answer{body: response("ChangeTagsForResourceResponse", struct{}{})}, nil
}

func (s *Server) editTags(id string, edit func(map[string]string)) error {
	z, ok := s.db.Zone(id)
	if !ok {
		return noZone(id)
	}
	m := s.metaOf(z)
	s.mu.Lock()
	defer s.mu.Unlock()
	tags := maps.Clone(m.tags)
	if tags == nil {
		tags = make(map[string]string)
	}
	edit(tags)
	if len(tags) > maxTags {
		return invalidInput("A resource can have at most %d tags.", maxTags)
	}
	m.tags = tags
	s.meta[id] = m
	return nil
}
