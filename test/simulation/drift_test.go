// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// put sets a record set as somebody else would.
func (w *world) put(name, typ string, values ...string) {
	s := record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.Type(typ)}, TTL: 300, Values: values}
	w.cloud.zones[zoneFor(name)][at(name, typ)] = s
}

func (w *world) remove(name, typ string) { delete(w.cloud.zones[zoneFor(name)], at(name, typ)) }

// marked lists the record sets that any owner has marked, sorted.
func (w *world) marked() (keys []string) {
	for _, zone := range w.cloud.zones {
		for key := range zone {
			name, typ := split(key)
			if who, _ := zone.markOf(w.prefix, name, typ); managed(typ) && who != "" {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// drift changes something by hand. It reports whether there was anything to change.
func (w *world) drift(f fault, rng *rand.Rand) bool {
	if f == driftForeign {
		return w.squat(rng)
	}
	keys := w.marked()
	if len(keys) == 0 {
		return false
	}
	name, typ := split(keys[rng.IntN(len(keys))])
	marker := markerName(w.prefix, name, typ)
	switch f {
	case driftChanged:
		w.put(name, typ, elsewhere(typ, rng))
	case driftGone:
		w.remove(name, typ)
	case driftUnmarked:
		w.remove(marker, "TXT")
	case driftStolen:
		w.put(marker, "TXT", markerText("stranger", "ingress/d/1"))
	case driftAllGone:
		w.remove(name, typ)
		w.remove(marker, "TXT")
	}
	w.meddled(f, name, typ)
	return true
}

func (w *world) meddled(f fault, name, typ string) {
	w.drifted[name] = time.Now()
	w.fired(f)
	w.note("%s: %s %s", f, name, typ)
}

// squat makes a record set of nobody at a name that has none.
func (w *world) squat(rng *rand.Rand) bool {
	for _, i := range rng.Perm(len(castNames)) {
		name := castNames[i]
		zone := w.cloud.zones[zoneFor(name)]
		taken := slices.ContainsFunc([]string{"A", "AAAA", "CNAME"}, func(typ string) bool {
			_, there := zone[at(name, typ)]
			return there
		})
		if !taken {
			w.put(name, "A", elsewhere("A", rng))
			w.meddled(driftForeign, name, "A")
			return true
		}
	}
	return false
}

func elsewhere(typ string, rng *rand.Rand) string {
	switch typ {
	case "A":
		return fmt.Sprintf("203.0.113.%d", rng.IntN(250))
	case "AAAA":
		return fmt.Sprintf("2001:db8:9::%d", 1+rng.IntN(250))
	default:
		return fmt.Sprintf("moved-%d.example.org", rng.IntN(250))
	}
}

// meddle changes what a batch is about to change, just before it does.
func (w *world) meddle(zoneName string, b change.Batch) {
	for _, ch := range b.Changes() {
		name, typ := string(ch.Key().Name), string(ch.Key().Type)
		if !managed(typ) || zoneFor(name) != zoneName { // while a zone has vanished its names go to the one above
			continue
		}
		zone := w.cloud.zones[zoneName]
		_, alone := zone[at(name, "CNAME")]
		if typ == "CNAME" && (zone.others(name) || !alone && ch.Before == nil) || typ != "CNAME" && alone {
			continue // what the batch would change may be there no longer
		}
		w.put(name, typ, elsewhere(typ, w.lane("meddler", zoneName)))
		w.drifted[name] = time.Now()
		w.note("meanwhile: %s %s is changed", name, typ)
		return
	}
}
