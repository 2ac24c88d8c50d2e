// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Event is something that happened. Logs, metrics and Events of Kubernetes are made of them.
type Event any

// The events.
type (
	// Evaluated says what an object asks for now. Its Result.Again has what others have asked for alike before, too.
	Evaluated struct {
		Source string
		Ref    endpoint.Ref
		Result endpoint.Result
	}
	// Refused says that an object or a file can't be read.
	Refused struct{ endpoint.Refusal }
	// KindChanged says that a kind can be read, or not any more.
	KindChanged struct {
		Kind  string
		State feed.State
		Err   error
	}
	// ZonesListed says which zones of an account are used: as listed, or because the views have been replaced.
	ZonesListed struct {
		Account string
		Zones   []zone.Zone
		Skipped []provider.SkippedZone
	}
	// ZoneRead says that a zone has been read in full.
	ZoneRead struct {
		Zone zone.Zone
		Sets int
	}
	// ZoneSettled says, once a zone, that the objects have been read and what they ask for there is dealt with: it is applied, held,
	// refused or put off. A kind that we may not read is none of theirs; one whose reading fails, and that has brought nothing yet, is
	// waited for.
	ZoneSettled struct{ Zone zone.Zone }
	// StoreRead says that the store of a view's claims has been read for the first time: so many rows, of which so many are ours.
	StoreRead struct {
		View       string
		Rows, Ours int
	}
	// StoreFailed says that a call to the store of a view's claims has failed, in other words than before; a nil Err, that calls go well
	// again. Meanwhile nothing of the view is made or taken away.
	StoreFailed struct {
		View string
		Err  error
	}
	// Left says that a view which was replaced leaves so many names of a zone behind: they were its own, and no view has them now. Their
	// record sets stay as they are.
	Left struct {
		View  string
		Zone  zone.Zone
		Names int
		Why   reason.Reason
	}
	// Drifted says that a zone's record count isn't what we think it holds, or that the provider says that somebody else has changed it.
	Drifted struct {
		Zone           zone.Zone
		Counted, Known int // Counted is -1 where the provider doesn't count
	}
	// Planned says that a group of changes is about to be sent.
	Planned struct {
		Zone  zone.Zone
		Group change.Group
	}
	// Applied says that a batch has been applied. Since has for each name how long its change has waited.
	Applied struct {
		Zone    zone.Zone
		Batch   change.Batch
		Receipt provider.Receipt
		Waited  map[dnsname.Name]time.Duration
		DryRun  bool
	}
	// Unrecorded says that the journal couldn't take a batch, which isn't sent then and is tried again, or what came of one, whose
	// entry stays unknown then.
	Unrecorded struct {
		Zone zone.Zone
		Sent bool // the call was made
		Err  error
	}
	// InSync says that every server of the service has a batch.
	InSync struct {
		Zone    zone.Zone
		Receipt provider.Receipt
		Took    time.Duration // since the batch was applied
	}
	// Answering says that every server of the zone answers over DNS as the last change of a name planned.
	Answering struct {
		Zone zone.Zone
		Name dnsname.Name
		Took time.Duration // since the change was applied
	}
	// Unverified says that nobody asks any longer whether the zone's servers answer as a name's last change planned. With the reason
	// AnswersDiffer they don't; with any other it isn't known.
	Unverified struct {
		Zone zone.Zone
		Name dnsname.Name
		Why  reason.Reason
	}
	// Delivered says that the last name of a batch that DNS can judge answers. It isn't said of a batch without one.
	Delivered struct {
		Zone  zone.Zone
		Names int
		Took  time.Duration // since the batch was applied
	}
	// Unpermitted says that an optional permission is missing. It is said once an account and action.
	Unpermitted struct {
		Account string
		Action  provider.Action
		Err     error
	}
	// Parked says that a name's change is put off.
	Parked struct {
		Zone  zone.Zone
		Name  dnsname.Name
		Until time.Time
		Why   reason.Reason
		Refs  []endpoint.Ref // the objects that ask for it, sorted
	}
	// BrakeHeld says that the brake of a zone has closed, or that what it holds has changed: so many changes of record sets, which
	// the hash approves.
	BrakeHeld struct {
		Zone             zone.Zone
		Deletes, Updates int
		Hash             string
		Why              []reason.Reason
		About            endpoint.Ref // one of the objects that these are for, the same as long as it is among them; the zero Ref: none is known
		There            bool         // About is among the objects that we see
	}
	// BrakeFreed says that the brake of a zone holds nothing any more.
	BrakeFreed struct{ Zone zone.Zone }
	// Released says that a person has let go what a brake held.
	Released struct{ Braked }
	// KeepFailed says that what was kept before the start can't be read; the brakes are as careful as if nothing had been.
	KeepFailed struct{ Err error }
	// Unkept says that what must outlive the process can't be saved, so that deletes wait; without an error, that it is saved again.
	Unkept struct{ Err error }
	// Filling says that a zone is nearly full, or that so many names have to wait because it has no room for what they add.
	Filling struct {
		Zone                 zone.Zone
		Sets, Limit, Waiting int
	}
	// Decided says what was decided about a name in a zone, where that differs from the last time. Zone is the zero zone for a
	// name without one.
	Decided struct {
		View      string
		Zone      zone.Zone
		Name      dnsname.Name
		Decisions []change.Decision
	}
	// OwnedElsewhere says that a record set of another owner keeps a name from being published as asked for.
	OwnedElsewhere struct {
		Zone  zone.Zone
		Set   record.Set
		Owner string
		Ours  string // the owner that it would need to have
	}
	// Called says that a call to a provider has ended.
	Called struct {
		Account   string
		Zone      zone.Zone // the zero zone for calls that aren't about one
		Operation string
		Class     provider.Class // empty: it went well
		Err       error
		Took      time.Duration
	}
	// Turned says that the turn to call providers has come to this process, or is another's, or that one's name.
	Turned struct {
		Ours   bool
		Holder string // while it isn't ours; empty: nobody is known to have it
	}
	// Settled says, with Once, that there is nothing left to do. Explain is Loop.Explain, and Names lists the names that objects ask
	// for, hold or have published, sorted; both for as long as Observe runs.
	Settled struct {
		Status  Status
		Explain func(dnsname.Name, endpoint.Ref) Explanation
		Names   func() []dnsname.Name
	}
	// UpToDate says that everything that was dirty has been dealt with.
	UpToDate struct{}
)
