// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"net/http"
	"strings"
)

// route is one action: how it is asked for, what it acts on and what serves it.
type route struct {
	action, method, path string
	arn                  string // of what it acts on, before the id; empty for actions on no one resource
	serve                func(*Server, *request) (answer, error)
}

const (
	changeAction = "ChangeResourceRecordSets"

	zoneARN   = "arn:aws:route53:::hostedzone/"
	changeARN = "arn:aws:route53:::change/"
)

// routes lists what is emulated. In a path {} stands for one segment.
func routes() []route {
	return []route{
		{"ListHostedZones", http.MethodGet, "hostedzone", "", (*Server).listZones},
		{"ListHostedZonesByName", http.MethodGet, "hostedzonesbyname", "", (*Server).listZonesByName},
		{"GetHostedZoneCount", http.MethodGet, "hostedzonecount", "", (*Server).countZones},
		{"CreateHostedZone", http.MethodPost, "hostedzone", "", (*Server).createZone},
		{"GetHostedZone", http.MethodGet, "hostedzone/{}", zoneARN, (*Server).getZone},
		{"DeleteHostedZone", http.MethodDelete, "hostedzone/{}", zoneARN, (*Server).deleteZone},
		{"ListResourceRecordSets", http.MethodGet, "hostedzone/{}/rrset", zoneARN, (*Server).listSets},
		{changeAction, http.MethodPost, "hostedzone/{}/rrset", zoneARN, (*Server).changeSets},
		{"GetHostedZoneLimit", http.MethodGet, "hostedzonelimit/{}/{}", zoneARN, (*Server).zoneLimit},
		{"GetChange", http.MethodGet, "change/{}", changeARN, (*Server).getChange},
		{"ListTagsForResource", http.MethodGet, "tags/{}/{}", zoneARN, (*Server).listTags},
		{"ChangeTagsForResource", http.MethodPost, "tags/{}/{}", zoneARN, (*Server).changeTags},
		{"ListTagsForResources", http.MethodPost, "tags/{}", "", (*Server).listTagsOfMany},
	}
}

// resource is the ARN that a policy is asked about, empty for actions on no one resource.
func (r route) resource(id string) string {
	if r.arn == "" {
		return ""
	}
	return r.arn + id
}

// match finds a request's action. The returned request is usable even where there is none.
func match(r *http.Request) (*request, bool) {
	req := &request{Request: r}
	path, ok := strings.CutPrefix(strings.TrimSuffix(r.URL.Path, "/"), version)
	if !ok {
		return req, false
	}
	for _, rt := range routes() {
		if rt.method != r.Method {
			continue
		}
		if vars, ok := matchPath(rt.path, path); ok {
			req.route, req.call.Action = rt, rt.action
			req.bind(vars)
			return req, true
		}
	}
	return req, false
}

func matchPath(pattern, path string) (vars []string, ok bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i, w := range want {
		switch {
		case w == "{}" && have[i] != "":
			vars = append(vars, have[i])
		case w != have[i]:
			return nil, false
		}
	}
	return vars, true
}

func (req *request) bind(vars []string) {
	if len(vars) > 0 {
		req.id = vars[0]
	}
	if len(vars) > 1 {
		req.second = vars[1]
	}
	if strings.HasPrefix(req.route.path, "tags/{}/") {
		req.id, req.second = req.second, req.id
	}
	if req.route.arn == zoneARN {
		req.call.Zone = req.id
	}
}
