// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// keptChanges bounds how many change ids GetChange knows; the oldest are forgotten.
const keptChanges = 10_000

type wireChanged struct{ ChangeInfo wireChangeInfo }

// changeSets edits a zone (API_ChangeResourceRecordSets).
func (s *Server) changeSets(req *request) (answer, error) {
	info, err := s.change(req.id, req.call.Changes)
	if err != nil {
		return answer{}, err
	}
	return answer{body: response("ChangeResourceRecordSetsResponse", wireChanged{info})}, nil
}

// Change makes a change batch as the API does, without request, rate and permission, and returns the id to ask GetChange for. The
// error is an *Error. The batch isn't in Calls.
func (s *Server) Change(zone string, changes ...Change) (id string, err error) {
	info, err := s.change(zone, changes)
	return strings.TrimPrefix(info.Id, "/change/"), err
}

func (s *Server) change(zone string, changes []Change) (wireChangeInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	if now.Before(s.busy[zone]) {
		return wireChangeInfo{}, priorRequest()
	}
	if err := s.refused(changes); err != nil {
		return wireChangeInfo{}, err
	}
	if err := s.guarded(zone, changes); err != nil {
		return wireChangeInfo{}, err
	}
	if err := s.checkHealth(changes); err != nil {
		return wireChangeInfo{}, err
	}
	err := s.db.Edit(zone, func(tx *zonedb.Tx) error { return Apply(tx, s.opts.Limits, changes) })
	if errors.Is(err, zonedb.ErrNoZone) {
		return wireChangeInfo{}, noZone(zone)
	}
	if err != nil {
		return wireChangeInfo{}, err
	}
	if s.opts.Processing > 0 {
		s.busy[zone] = now.Add(s.opts.Processing)
	}
	return s.newChange(now), nil
}

// refused looks for a name that RefuseName protects, and for a health check that isn't there. The caller holds mu.
func (s *Server) refused(changes []Change) error {
	for _, c := range changes {
		if id, ok := record.FindProp(c.Set.Props, "aws/health-check-id"); ok && s.opts.HealthChecks != nil && !slices.Contains(s.opts.HealthChecks, id) {
			return noHealthCheck(id)
		}
		name, _ := parseName(string(c.Set.Name))
		if e, ok := s.refuse[string(name)]; ok {
			return e
		}
	}
	return nil
}

// newChange remembers a change. The caller holds mu.
func (s *Server) newChange(now time.Time) wireChangeInfo {
	s.changes++
	id := changeID(s.changes)
	s.sent[id] = now
	delete(s.sent, changeID(s.changes-keptChanges))
	return s.changeInfo(id, now)
}

func changeID(n int) string { return fmt.Sprintf("C%020d", n) }

func (s *Server) changeInfo(id string, at time.Time) wireChangeInfo {
	status := "INSYNC"
	if s.opts.Now().Before(at.Add(s.opts.Delay)) {
		status = "PENDING"
	}
	return wireChangeInfo{Id: "/change/" + id, Status: status, SubmittedAt: timestamp(at)}
}

// getChange tells whether a change has reached all servers (API_GetChange).
func (s *Server) getChange(req *request) (answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.sent[req.id]
	if !ok {
		return answer{}, &Error{http.StatusNotFound, "NoSuchChange", "Could not find resource with ID: " + req.id}
	}
	return answer{body: response("GetChangeResponse", wireChanged{s.changeInfo(req.id, at)})}, nil
}

// RefuseName has every change batch that touches a name refused with an error, as a policy condition or another guard on that
// record would; nil allows the name again.
func (s *Server) RefuseName(name dnsname.Name, e *Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e == nil {
		delete(s.refuse, string(name))
		return
	}
	s.refuse[string(name)] = e
}
