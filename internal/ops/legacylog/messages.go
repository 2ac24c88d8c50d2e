// SPDX-License-Identifier: Apache-2.0

package legacylog

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// The messages of ExternalDNS that people search its log for, with the zone in brackets as it had it until v0.14: later ones
// moved it to the fields zoneID and zoneName, which would leave the text without it. They are the only ones that carry values in their text: a logger
// of format Text writes that text, any other the constant message and its fields. Each function may be called at any time
// from any goroutine; below the logger's level it costs next to nothing.

// legacy is ExternalDNS's text of a record. To handlers other than ours it is an empty group, which they leave out
// (log/slog, Handler).
type legacy func() string

// LogValue makes other handlers leave the text out.
func (legacy) LogValue() slog.Value { return slog.GroupValue() }

func says(format string, args ...any) slog.Attr {
	return slog.Any("", legacy(func() string { return fmt.Sprintf(format, args...) }))
}

func legacyText(r slog.Record) (text legacy, ok bool) {
	r.Attrs(func(a slog.Attr) bool {
		text, ok = a.Value.Any().(legacy)
		return !ok
	})
	return text, ok
}

// DesiredChange tells of one change that is about to be made, or would be in a dry run (info).
func DesiredChange(log *slog.Logger, z zone.Zone, c change.Change) {
	k, action := c.Key(), strings.ToUpper(string(c.Action()))
	if c.Action() == change.Update {
		action = "UPSERT"
	}
	log.Info("planned change",
		says("Desired change: %s %s %s [Id: %s]", action, k.Name, k.Type, zoneID(z)),
		"action", string(c.Action()), "name", string(k.Name), "type", string(k.Type), "id", k.ID, zoneAttr(z), "object", c.Resource)
}

// Applied tells that a batch of so many changes was accepted (info).
func Applied(log *slog.Logger, z zone.Zone, changes int) {
	log.Info("applied batch",
		says("%d record(s) in zone %s [Id: %s] were successfully updated", changes, z.Name.FQDN(), zoneID(z)),
		"changes", changes, zoneAttr(z))
}

// Failed tells that a batch was not accepted (error). The error's text has no secret and no request id.
func Failed(log *slog.Logger, z zone.Zone, err error) {
	log.Error("batch refused",
		says("Failure in zone %s [Id: %s] when submitting change batch: %v", z.Name.FQDN(), zoneID(z), err),
		zoneAttr(z), "err", err)
}

// Generated tells what an object asks for, or that it asks for nothing (debug).
func Generated(log *slog.Logger, ref endpoint.Ref, eps []endpoint.Endpoint) {
	if len(eps) == 0 {
		log.Debug("object asks for nothing", says("No endpoints could be generated from %s %s", ref.Kind, path(ref)), "object", ref)
		return
	}
	log.Debug("object asks for names", says("Endpoints generated from %s: %s: %s", ref.Kind, path(ref), list(eps)),
		"object", ref, "endpoints", list(eps))
}

// Duplicate tells that an endpoint is asked for twice and counts once (debug).
func Duplicate(log *slog.Logger, e endpoint.Endpoint) {
	log.Debug("dropped duplicate endpoint", says("Removing duplicate endpoint %s", one(e)),
		"name", string(e.Name), "type", string(e.Type), "id", e.ID)
}

// OtherOwner tells that a record set is left alone because another owner has it (debug).
func OtherOwner(log *slog.Logger, s record.Set, found, required string) {
	e := endpoint.Endpoint{Name: s.Name, Type: s.Type, ID: s.ID, TTL: s.TTL, Targets: s.Values, Props: s.Props}
	if s.Alias != nil {
		e.Targets = []string{string(s.Alias.Target)}
	}
	log.Debug("left to its owner",
		says("Skipping endpoint %s because owner id does not match, found: %q, required: %q", one(e), found, required),
		"name", string(s.Name), "type", string(s.Type), "id", s.ID, "found", found, "required", required)
}

// ConsideringZone tells that a zone passes the filters (debug).
func ConsideringZone(log *slog.Logger, z zone.Zone) {
	log.Debug("zone found", says("Considering zone: %s (domain: %s)", zoneID(z), z.Name.FQDN()), zoneAttr(z))
}

// Adding tells which zone a change of a name goes to (debug).
func Adding(log *slog.Logger, z zone.Zone, name dnsname.Name) {
	log.Debug("name goes to zone", says("Adding %s to zone %s [Id: %s]", name.FQDN(), z.Name.FQDN(), zoneID(z)),
		"name", string(name), zoneAttr(z))
}

// RecordFilter tells which zones' names are looked after (info).
func RecordFilter(log *slog.Logger, zones []zone.Zone) {
	names := make([]string, 0, 2*len(zones))
	for _, z := range slices.SortedFunc(slices.Values(zones), zone.Compare) {
		if name := z.Name.FQDN(); !slices.Contains(names, name) {
			names = append(names, name, "."+name)
		}
	}
	log.Info("zones in use", says("Applying provider record filter for domains: %v", names), "zones", len(zones))
}

// ClientCreated tells which API server is used (info).
func ClientCreated(log *slog.Logger, url string) {
	log.Info("created kubernetes client", says("Created Kubernetes client %s", url), "url", url)
}

// UpToDate tells that there is nothing to change (info).
func UpToDate(log *slog.Logger) {
	log.Info("nothing to change", says("All records are already up to date"))
}

// DryRun tells at the start that nothing will be changed (info).
func DryRun(log *slog.Logger) {
	log.Info("dry run", says("running in dry-run mode. No changes to DNS records will be made."))
}

// one is an endpoint that is written only where a line needs it.
type one endpoint.Endpoint

// String is the endpoint as ExternalDNS prints it: name, TTL, class, type, set identifier, targets, properties.
func (e one) String() string {
	props := make([]string, 0, len(e.Props))
	for _, p := range e.Props {
		props = append(props, "{"+p.Name+" "+p.Value+"}")
	}
	return fmt.Sprintf("%s %d IN %s %s %s %s", e.Name, e.TTL, e.Type, e.ID, strings.Join(e.Targets, ";"), props)
}

// list is several of them.
type list []endpoint.Endpoint

// String is the list as ExternalDNS prints it.
func (l list) String() string { return fmt.Sprint(l.texts()) }

// LogValue is the list for other formats.
func (l list) LogValue() slog.Value { return slog.AnyValue(l.texts()) }

func (l list) texts() []string {
	out := make([]string, 0, len(l))
	for _, e := range l {
		out = append(out, one(e).String())
	}
	return out
}

func path(r endpoint.Ref) string {
	if r.Namespace == "" {
		return r.Name
	}
	return r.Namespace + "/" + r.Name
}

const hostedZone = "/hostedzone/"

func zoneID(z zone.Zone) string { return hostedZone + strings.TrimPrefix(z.ID, hostedZone) }

func zoneAttr(z zone.Zone) slog.Attr {
	return slog.Group("", "zone", string(z.Name), "zoneID", strings.TrimPrefix(z.ID, hostedZone))
}
