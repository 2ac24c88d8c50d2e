// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/legacylog"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry/awssd"
)

// logger turns what happens into log lines.
type logger struct {
	log     *slog.Logger
	options *Options
	warned  map[string]bool // what is said once
	pending bool            // a dry run has left changes undone
	braked  map[string]bool // zones, by id, whose brake holds something
}

func newLogger(log *slog.Logger, o *Options) *logger {
	return &logger{log: log, options: o, warned: make(map[string]bool), braked: make(map[string]bool)}
}

func (l *logger) start(v Version) {
	views := l.options.views()
	if len(views) == 1 {
		l.log.Info("starting", "version", v.Number, "revision", v.Revision, "sources", l.options.Use, "provider", views[0].Provider, "policy", views[0].View.Policy)
	} else {
		l.log.Info("starting", "version", v.Number, "revision", v.Revision, "sources", l.options.Use, "config", l.options.Config, "views", len(views))
	}
	if l.options.Loop.DryRun {
		legacylog.DryRun(l.log)
	}
	for _, view := range views {
		log := l.log
		if len(views) > 1 {
			log = log.With("view", view.Name)
			log.Info("publishing", "provider", view.Provider, "policy", view.View.Policy)
		}
		if view.Registry == noopName {
			log.Warn("every record set that passes the filters counts as ours, because --registry=noop stores no ownership")
		}
		if view.Provider == awssd.Name && view.Registry == "txt" {
			log.Info("our ownership is stored in the descriptions of services, because --provider=aws-sd has no TXT record sets", "registry", awssd.Name)
		}
	}
}

func (l *logger) observe(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Evaluated, reconcile.Refused, reconcile.KindChanged:
		l.objects(e)
	case reconcile.ZonesListed, reconcile.ZoneRead, reconcile.Drifted, reconcile.Filling, reconcile.StoreRead, reconcile.StoreFailed, reconcile.Left:
		l.zones(e)
	case reconcile.Planned, reconcile.Applied, reconcile.Unrecorded, reconcile.InSync, reconcile.UpToDate:
		l.changes(e)
	case reconcile.Delivered, reconcile.Unverified:
		l.verified(e)
	case reconcile.Parked, reconcile.PrivateAddress:
		l.names(e)
	case reconcile.Called, reconcile.Crashed:
		l.calls(e)
	case reconcile.Unpermitted:
		l.log.Warn("an optional permission is missing", "action", e.Action.Name, "benefit", e.Action.Benefit, "account", e.Account)
	case reconcile.OwnedElsewhere:
		legacylog.OtherOwner(l.log, e.Set, e.Owner, e.Ours)
	case reconcile.Decided:
		l.decided(e)
	case reconcile.BrakeHeld, reconcile.BrakeFreed, reconcile.Released, reconcile.KeepFailed, reconcile.Unkept:
		l.brake(e)
	case reconcile.Turned:
		l.turned(e)
	}
}

// names logs what is particular about single names.
func (l *logger) names(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Parked:
		l.log.Error("put off a name", "name", string(e.Name), "zone", string(e.Zone.Name), "until", e.Until, "reason", e.Why.Code, "why", e.Why.String())
	case reconcile.PrivateAddress:
		l.log.Warn("a private address is published in a public zone", "name", string(e.Name), "zone", string(e.Zone.Name), "view", e.View, "reason", e.Why.Code, "why", e.Why.String())
	}
}

// calls logs calls that have ended, and panics that were caught.
func (l *logger) calls(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Called:
		l.called(e)
	case reconcile.Crashed:
		l.log.Error("the program made an error; what is published for the object stays", "doing", e.Doing, "err", e.Value, "stack", e.Stack)
	}
}

// turned logs whose turn it is.
func (l *logger) turned(e reconcile.Turned) {
	switch {
	case e.Ours:
		l.log.Info("leading: this replica publishes")
	case e.Holder == "":
		l.log.Info("standby: it isn't known who has the lease")
	default:
		l.log.Info("standby: another replica has the lease", "leader", e.Holder)
	}
}

// brake logs what a brake holds and what becomes of that.
func (l *logger) brake(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.BrakeHeld:
		var why []string
		for _, r := range e.Why {
			why = append(why, r.String())
		}
		l.braked[e.Zone.ID] = true
		l.log.Warn("the brake holds changes", "zone", string(e.Zone.Name), "deletes", e.Deletes, "updates", e.Updates,
			"why", strings.Join(why, "; "), "approve", l.release(e))
	case reconcile.BrakeFreed:
		delete(l.braked, e.Zone.ID)
		l.log.Info("the brake holds nothing any more", "zone", string(e.Zone.Name))
	case reconcile.Released:
		l.log.Info("released what the brake held", "zone", string(e.Zone.Name), "deletes", len(e.Deletes), "updates", len(e.Updates), "plan", e.Hash)
	case reconcile.KeepFailed:
		l.log.Warn("can't read what the brake has spent before the start, so it is careful for an hour", "err", e.Err)
	case reconcile.Unkept:
		l.unkept(e)
	}
}

// unkept is the key in warned of what unkept logs.
const unkept = "unkept"

// unkept logs that deletes wait for a place to save what they spend, once, and when that is over.
func (l *logger) unkept(e reconcile.Unkept) {
	switch {
	case e.Err == nil:
		delete(l.warned, unkept)
		l.log.Info("what the brake has spent can be saved again")
	case l.once(unkept):
		l.log.Warn("what the brake has spent can't be saved, so deletes wait; all else goes on, and it is tried again", "err", e.Err)
	}
}

// release is what releases what a brake holds: a command, or for a run that will have ended by then, an argument of the next one.
func (l *logger) release(e reconcile.BrakeHeld) string {
	if l.options.Loop.Once {
		return "--approve=" + e.Hash
	}
	return "nafuda approve --plan=" + e.Hash
}

// objects logs what is read of objects.
func (l *logger) objects(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Evaluated:
		legacylog.Generated(l.log, e.Ref, asked(e.Result.Endpoints))
		for _, again := range e.Result.Again {
			legacylog.Duplicate(l.log, again)
		}
		for _, r := range e.Result.Refusals {
			l.log.Warn("refused part of an object", "object", e.Ref.String(), "field", r.Field, "value", r.Value, "reason", r.Why.Code, "why", r.Why.String())
		}
	case reconcile.Refused:
		l.log.Warn("refused an object", "object", e.Ref.String(), "field", e.Field, "value", e.Value, "reason", e.Why.Code, "why", e.Why.String())
	case reconcile.KindChanged:
		l.kind(e)
	}
}

// asked leaves out the PTR record sets that no source has asked for.
func asked(eps []endpoint.Endpoint) []endpoint.Endpoint {
	return slices.DeleteFunc(slices.Clone(eps), func(e endpoint.Endpoint) bool { return e.Reverse })
}

// zones logs what is read of zones.
func (l *logger) zones(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.ZonesListed:
		for _, z := range e.Zones {
			legacylog.ConsideringZone(l.log, z)
		}
		for _, s := range e.Skipped {
			l.log.Debug("leaving out a hosted zone", "zone", string(s.Zone.Name), "id", s.Zone.ID, "reason", s.Why.Code, "why", s.Why.String())
		}
		legacylog.RecordFilter(l.log, e.Zones)
	case reconcile.ZoneRead:
		l.log.Info("read zone", "zone", string(e.Zone.Name), "id", e.Zone.ID, "records", e.Sets)
	case reconcile.Filling:
		fix := reason.Reason{Code: reason.ZoneFull}.Fix()
		if e.Waiting > 0 {
			l.log.Warn("the zone is full, so names wait that need more record sets", "zone", string(e.Zone.Name), "records", e.Sets, "limit", e.Limit, "names", e.Waiting, "fix", fix)
			return
		}
		l.log.Warn("the zone is nearly full", "zone", string(e.Zone.Name), "records", e.Sets, "limit", e.Limit, "fix", fix)
	case reconcile.Left:
		l.log.Warn("names are left behind, with their record sets as they are", "view", e.View, "zone", string(e.Zone.Name), "id", e.Zone.ID, "names", e.Names, "reason", e.Why.Code, "why", e.Why.String(), "fix", e.Why.Fix())
	case reconcile.Drifted:
		if e.Counted < 0 {
			l.log.Info("somebody else has changed the zone, so it is read again", "zone", string(e.Zone.Name))
			return
		}
		l.log.Info("the zone's record count has changed, so it is read again", "zone", string(e.Zone.Name), "counted", e.Counted, "known", e.Known)
	default:
		l.table(e)
	}
}

// table logs how the table of a view's ownership is.
func (l *logger) table(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.StoreRead:
		l.log.Info("read the ownership table", "table", l.tableOf(e.View), "rows", e.Rows, "ours", e.Ours)
	case reconcile.StoreFailed:
		if e.Err == nil {
			l.log.Info("the ownership table answers again", "table", l.tableOf(e.View))
			return
		}
		l.log.Warn("the ownership table fails, so names stay as they are; it is tried again", "table", l.tableOf(e.View), "err", e.Err)
	}
}

func (l *logger) tableOf(view string) string {
	for _, v := range l.options.views() {
		if v.Name == view {
			return v.DynamoDB.Table
		}
	}
	return ""
}

// changes logs what is changed.
func (l *logger) changes(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Planned:
		for _, c := range e.Group.Changes {
			legacylog.Adding(l.log, e.Zone, c.Key().Name)
			legacylog.DesiredChange(l.log, e.Zone, c)
		}
	case reconcile.Applied:
		l.pending = e.DryRun
		if !e.DryRun {
			legacylog.Applied(l.log, e.Zone, len(e.Batch.Changes()))
		}
	case reconcile.Unrecorded:
		if e.Sent {
			l.log.Warn("the journal doesn't have what came of a batch yet; it is written with the next one that can be", "zone", string(e.Zone.Name), "err", e.Err)
			return
		}
		l.log.Error("sent nothing, because the journal can't be written; it is tried again", "zone", string(e.Zone.Name), "err", e.Err)
	case reconcile.InSync:
		l.log.Debug("the change is in sync", "zone", string(e.Zone.Name), "took", e.Took)
	case reconcile.UpToDate:
		if !l.pending && len(l.braked) == 0 && !l.warned[unkept] { // whoever reads that all is well looks no further
			legacylog.UpToDate(l.log)
		}
	}
}

// verified logs whether names answer as planned. That a name can't be judged is nothing to warn of, but that none of a zone can is,
// once.
func (l *logger) verified(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Delivered:
		l.log.Info("the zone's servers answer with the change", "zone", string(e.Zone.Name), "names", e.Names, "took", e.Took)
	case reconcile.Unverified:
		attrs := []any{"name", string(e.Name), "zone", string(e.Zone.Name), "reason", e.Why.Code, "why", e.Why.String()}
		if e.Why.Code == reason.AnswersDiffer {
			l.log.Warn("a name doesn't answer as planned", attrs...)
			return
		}
		level := slog.LevelDebug
		if (e.Why.Code == reason.DNSUnreachable || e.Why.Code == reason.NoServers) && l.once(string(e.Why.Code)+" "+e.Zone.ID) {
			level = slog.LevelWarn
		}
		l.log.Log(nil, level, "it isn't known whether a name answers as planned", attrs...) //nolint:staticcheck // slog takes a nil context
	}
}

func (l *logger) once(key string) bool {
	if l.warned[key] {
		return false
	}
	l.warned[key] = true
	return true
}

func (l *logger) kind(e reconcile.KindChanged) {
	switch {
	case e.State == feed.Synced:
		l.log.Info("read every object of a kind", "kind", e.Kind)
	case e.State == feed.Forbidden && !l.once("kind "+e.Kind):
	default:
		l.log.Warn("can't read the objects of a kind; the names that need it keep what is published", "kind", e.Kind, "state", e.State, "err", e.Err)
	}
}

func (l *logger) called(e reconcile.Called) {
	if e.Class == "" {
		l.log.Debug("called the provider", "account", e.Account, "operation", e.Operation, "took", e.Took)
		return
	}
	level := slog.LevelError
	if e.Operation == reconcile.Quota && e.Class == provider.Denied {
		return // of an optional permission, and told so
	}
	if e.Class == provider.Throttled || e.Class == provider.Stale {
		level = slog.LevelWarn
	} else if e.Operation == reconcile.Apply {
		legacylog.Failed(l.log, e.Zone, e.Err)
		return
	}
	l.log.Log(nil, level, "a call to the provider failed; it is tried again", "account", e.Account, "operation", e.Operation, "class", e.Class, "err", e.Err) //nolint:staticcheck // slog takes a nil context
}

// decided logs what keeps a name from being published as asked for; what is left out on purpose only at debug.
func (l *logger) decided(e reconcile.Decided) {
	for _, d := range e.Decisions {
		level := slog.LevelWarn
		if d.Why.Code == reason.NoReverse && l.once(string(d.Why.Code)) { // of most addresses, so of each it would say nothing
			l.log.Info("an address gets no PTR record set, as others may that aren't told of above level debug", "name", string(d.Key.Name), "object", d.Resource, "why", d.Why.String())
			continue
		}
		if d.Why.Code == reason.NoTarget { // mostly for the moment until the target is there
			level = slog.LevelInfo
		}
		if d.Why.Code == reason.ZoneFull || d.Verdict == change.Filtered || d.Verdict == change.Held && usual(d.Why.Code) {
			level = slog.LevelDebug
		}
		l.log.Log(nil, level, "decided about a name", l.inView(e.View, "verdict", d.Verdict, "name", string(d.Key.Name), "type", string(d.Key.Type), "zone", string(e.Zone.Name), //nolint:staticcheck // slog takes a nil context
			"object", d.Resource, "reason", d.Why.Code, "why", d.Why.String())...)
	}
}

// inView puts the view's name before attributes, where there are several views.
func (l *logger) inView(view string, attrs ...any) []any {
	if len(l.options.views()) > 1 {
		return append([]any{"view", view}, attrs...)
	}
	return attrs
}

// usual reports whether a hold for that reason is nothing to warn of, or has been warned of already, by its kind or of our public
// address.
func usual(code reason.Code) bool {
	switch code {
	case reason.Foreign, reason.OtherOwner, reason.OtherView, reason.NoAddressYet, reason.FactPending, reason.NotAttached, reason.PolicyKeeps, reason.KindForbidden, reason.KindUnknown, reason.NotSynced,
		reason.GracePeriod, reason.NewNameFirst, reason.BrakeDeletes, reason.BrakeUpdates, reason.NotKept,
		reason.WANUnknown, reason.WANAbsent, reason.WANDisagree, reason.WANPrivate, reason.WANShared:
		return true
	default:
		return false
	}
}
