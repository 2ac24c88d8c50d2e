// SPDX-License-Identifier: Apache-2.0

package reconcile

// State is how far a name has come in a zone.
type State string

// The states, from what keeps a name back to what is best known of it.
const (
	StateRefused   State = "refused"   // asked for, and not published
	StateHeld      State = "held"      // published, and left as it is for now
	StateParked    State = "parked"    // its change is put off
	StatePlanned   State = "planned"   // its change waits to be sent, or is on its way
	StateSent      State = "sent"      // the provider has taken its change
	StateInSync    State = "in sync"   // every server of the provider has it, or it was read from the provider as wanted
	StateAnswering State = "answering" // the zone's servers answer with it
)
