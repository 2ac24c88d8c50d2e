// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type ours struct {
	build   *prometheus.GaugeVec
	changes *prometheus.CounterVec
	batches *prometheus.CounterVec
	drift   *prometheus.CounterVec
	calls   *prometheus.CounterVec
	took    *prometheus.HistogramVec
	latency prometheus.Observer
	inSync  prometheus.Observer
	answers prometheus.Observer
	names   *table
	states  *table
	kinds   *prometheus.GaugeVec
	read    *prometheus.GaugeVec
	sets    *prometheus.GaugeVec
	limits  *prometheus.GaugeVec
	queue   prometheus.Gauge
	counted *prometheus.GaugeVec
	of      *prometheus.GaugeVec
	held    *prometheus.GaugeVec
	leader  prometheus.Gauge
	unsaved prometheus.Counter
	unwrote prometheus.Counter
	refused *prometheus.GaugeVec
	loaded  *prometheus.GaugeVec
	dropped *following
	known   *table
	moved   *following
	asks    *following
	dns     dns
}

func newOurs(b builder) ours {
	call := []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	change := []float64{.05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300}
	arrival := []float64{1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 300, 600}
	return ours{
		build:   b.gauge("build_info", "Always 1; which build runs.", "version", "revision", "go_version"),
		changes: b.counter("changes_total", "Record sets created, updated or deleted, ownership markers included.", "zone", "type", "action"),
		batches: b.counter("batches_total", "Batches sent, by outcome: applied, or the class of the error.", "zone", "outcome"),
		drift:   b.counter("drift_total", "Record sets found to differ from what was last applied, because something else changed them.", "zone"),
		calls:   b.counter("api_calls_total", "Calls to the provider, by operation and class: ok, or the class of the error.", "provider", "operation", "class"),
		took:    b.histogram("api_call_duration_seconds", "How long calls to the provider took.", call, "provider", "operation"),
		latency: b.histogram("change_latency_seconds", "Time from the change of an object until the provider took its record sets.", change).WithLabelValues(),
		inSync:  b.histogram("insync_seconds", "Time from a batch's being applied until every server of the provider has it, as far as that is asked.", arrival).WithLabelValues(),
		answers: b.histogram("answering_seconds", "Time from a change's being applied until the zone's servers were seen to answer with it over DNS.", arrival).WithLabelValues(),
		names: &table{vec: b.gauge("names",
			"Names that aren't published as asked for, by verdict (refused, held, lost, filtered; noted: published, with a word about it) and reason; see reasons.md.", "verdict", "reason")},
		states:  &table{vec: b.gauge("name_states", "Names by how far they have come: refused, held, parked, planned, sent, in sync, answering.", "state")},
		kinds:   b.gauge("kind_state", "1 for the state that a watched kind is in: synced, failing, forbidden, absent.", "kind", "state"),
		read:    b.gauge("zone_read_timestamp_seconds", "When the zone was last read in full, in Unix time.", "zone"),
		sets:    b.gauge("zone_record_sets", "Record sets in the zone, whoever owns them.", "zone"),
		limits:  b.gauge("zone_record_sets_limit", "How many record sets the zone may have, where the service tells.", "zone"),
		queue:   b.gauge("queue_names", "Names waiting to be planned or sent.").WithLabelValues(),
		counted: b.gauge("brake_counted_names", "Names that the brake counts: that were deleted, or got other targets, within the last hour or wait to.", "zone", "action"),
		of:      b.gauge("brake_base_names", "Names of ours that the brake's percentages are of.", "zone", "action"),
		held:    b.gauge("brake_held_changes", "Changes of record sets that the brake holds until a person approves them.", "zone", "action"),
		leader:  b.gauge("leader", "1 where this replica publishes, 0 on a standby.").WithLabelValues(),
		unsaved: b.counter("state_save_failures_total", "Times that what must outlive the process, such as what the brake has spent, couldn't be saved; deletes wait then.").WithLabelValues(),
		unwrote: b.counter("journal_write_failures_total", "Times that the journal couldn't be written; batches that aren't in it aren't sent.").WithLabelValues(),
		refused: b.gauge("config_reload_failed", "1 where the file of --config says something that isn't in force, because it has mistakes or needs a restart; else 0."),
		loaded:  b.gauge("config_last_reload_success_timestamp_seconds", "When what is in force was read from the file of --config, in Unix time."),
		dropped: follow(b.counter("events_dropped_total", "Warnings that got no Event of Kubernetes because more waited than are remembered.")),
		known:   &table{vec: b.gauge("wan_known", "1 where the public address is known, 0 where it isn't, for as long as something that is published needs it.", "family")},
		moved:   follow(b.counter("wan_changes_total", "How often another public address was believed.", "family")),
		asks: follow(b.counter("wan_asks_total",
			"Questions for the public address, by outcome: address, unusable (an address that isn't public), failed, or dropped, since others had answered already.", "method", "outcome")),
		dns: newDNS(b),
	}
}

// Changed counts record sets that a batch changed. Action is create, update or delete.
func (m *Metrics) Changed(zone, recordType, action string, n int) {
	m.changes.WithLabelValues(zone, recordType, action).Add(float64(n))
}

// Batch counts a batch that was sent. Outcome is applied, or the class of the error.
func (m *Metrics) Batch(zone, outcome string) { m.batches.WithLabelValues(zone, outcome).Inc() }

// Leader says whether this replica publishes, or is a standby.
func (m *Metrics) Leader(is bool) {
	value := 0.
	if is {
		value = 1
	}
	m.leader.Set(value)
}

// Drift counts record sets that something else changed.
func (m *Metrics) Drift(zone string, n int) { m.drift.WithLabelValues(zone).Add(float64(n)) }

// Call counts a call to a provider. Class is ok, or the class of the error.
func (m *Metrics) Call(provider, operation, class string, took time.Duration) {
	m.calls.WithLabelValues(provider, operation, class).Inc()
	m.took.WithLabelValues(provider, operation).Observe(took.Seconds())
}

// Latency records how long it took from the change of an object until the provider had its record sets.
func (m *Metrics) Latency(d time.Duration) { m.latency.Observe(d.Seconds()) }

// NameCount is how many names have one verdict for one reason.
type NameCount struct {
	Verdict, Reason string
	N               int
}

// Names replaces the counts of names that aren't published as asked for.
func (m *Metrics) Names(counts []NameCount) {
	list := make([]series, 0, len(counts))
	for _, c := range counts {
		list = append(list, series{[]string{c.Verdict, c.Reason}, float64(c.N)})
	}
	m.names.replace(list)
}

// InSync records how long every server of the provider took to have a batch.
func (m *Metrics) InSync(d time.Duration) { m.inSync.Observe(d.Seconds()) }

// Answering records how long it took until a name was seen to answer as changed.
func (m *Metrics) Answering(d time.Duration) { m.answers.Observe(d.Seconds()) }

// States replaces the counts of names by how far they have come.
func (m *Metrics) States(counts map[string]int) {
	list := make([]series, 0, len(counts))
	for state, n := range counts {
		list = append(list, series{[]string{state}, float64(n)})
	}
	m.states.replace(list)
}

// Kind sets the state of a watched kind.
func (m *Metrics) Kind(kind, state string) {
	m.kinds.WithLabelValues(kind, state).Set(1)
	for _, other := range []string{"synced", "failing", "forbidden", "absent"} {
		if other != state {
			m.kinds.DeleteLabelValues(kind, other)
		}
	}
}

// ZoneRead says when a zone was read in full and how many record sets it has.
func (m *Metrics) ZoneRead(zone string, at time.Time, sets int) {
	m.read.WithLabelValues(zone).Set(unix(at))
	m.sets.WithLabelValues(zone).Set(float64(sets))
}

// ZoneLimit says how many record sets a zone may have.
func (m *Metrics) ZoneLimit(zone string, limit int) {
	if limit == 0 {
		m.limits.DeleteLabelValues(zone)
		return
	}
	m.limits.WithLabelValues(zone).Set(float64(limit))
}

// ZoneGone takes out what is measured of a zone that is no longer there. Its counters stay.
func (m *Metrics) ZoneGone(zone string) {
	m.read.DeleteLabelValues(zone)
	m.sets.DeleteLabelValues(zone)
	m.limits.DeleteLabelValues(zone)
	for _, v := range []*prometheus.GaugeVec{m.counted, m.of, m.held} {
		v.DeletePartialMatch(prometheus.Labels{"zone": zone})
	}
}

// Braked is how far a brake is.
type Braked struct {
	Counted, Of int // names
	Held        int // changes of record sets
}

// Brake says how far the brake of a zone is, of deletes and of updates.
func (m *Metrics) Brake(zone string, deletes, updates Braked) {
	for action, b := range map[string]Braked{"delete": deletes, "update": updates} {
		m.counted.WithLabelValues(zone, action).Set(float64(b.Counted))
		m.of.WithLabelValues(zone, action).Set(float64(b.Of))
		m.held.WithLabelValues(zone, action).Set(float64(b.Held))
	}
}

// Config says whether what the configuration file says is in force, and when what is was read.
func (m *Metrics) Config(refused bool, loaded time.Time) {
	value := 0.0
	if refused {
		value = 1
	}
	m.refused.WithLabelValues().Set(value)
	m.loaded.WithLabelValues().Set(float64(loaded.UnixMilli()) / 1000)
}

// Unsaved counts that what must outlive the process couldn't be saved.
func (m *Metrics) Unsaved() { m.unsaved.Inc() }

// Unrecorded counts that the journal couldn't be written.
func (m *Metrics) Unrecorded() { m.unwrote.Inc() }

// EventsDropped says how many warnings since the start got no Event of Kubernetes because there were too many.
func (m *Metrics) EventsDropped(n int) { m.dropped.reach(n) }

// Queue sets how many names wait.
func (m *Metrics) Queue(n int) { m.queue.Set(float64(n)) }

func unix(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }
