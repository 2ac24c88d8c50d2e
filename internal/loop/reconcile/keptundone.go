// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// The form of the undone names in what a Keeper keeps. Record sets are in the journal's form.
type (
	keptOverride struct {
		Provider string            `json:"provider"`
		Account  string            `json:"account"`
		Zone     string            `json:"zone"`
		View     string            `json:"view"`
		Name     string            `json:"name"`
		Sets     []keptSet         `json:"sets,omitempty"`
		Asked    map[string]string `json:"asked,omitempty"`
		At       time.Time         `json:"at"`
		Entries  []journal.ID      `json:"entries,omitempty"`
	}
	keptSet struct {
		Set json.RawMessage `json:"set"`
		For string          `json:"for,omitempty"`
	}
)

// export writes the undone names, sorted, in JSON.
func (os *overrides) export() json.RawMessage {
	if len(os.places) == 0 {
		return nil
	}
	out := make([]keptOverride, 0, len(os.places))
	for _, o := range os.sorted() {
		k := keptOverride{
			Provider: o.zone.Provider, Account: o.account, Zone: o.zone.ID, View: o.view, Name: string(o.name),
			Asked: o.asked, At: o.at.UTC().Truncate(time.Second), Entries: o.entries[:min(len(o.entries), mostUndoneEntries)],
		}
		for _, r := range o.sets {
			set, err := journal.EncodeSet(r.set)
			if err != nil {
				panic(err) // a record set can always be written
			}
			k.Sets = append(k.Sets, keptSet{Set: set, For: r.resource})
		}
		out = append(out, k)
	}
	data, err := json.Marshal(out)
	if err != nil {
		panic(err) // restore takes no time that can't be written
	}
	return data
}

// mostUndoneEntries bounds how many entries an undone name tells that it came of.
const mostUndoneEntries = 8

// restore reads what export wrote, in place of what is undone: nothing, where it wrote nothing. After an error nothing has changed.
func (os *overrides) restore(kept []byte) error {
	if len(kept) == 0 {
		*os = newOverrides()
		return nil
	}
	if len(kept) > MaxKeptBytes {
		return fmt.Errorf("read the undone names: %d bytes are more than %d", len(kept), MaxKeptBytes)
	}
	var list []keptOverride
	if err := json.Unmarshal(kept, &list); err != nil {
		return fmt.Errorf("read the undone names: %w", err)
	}
	out := newOverrides()
	for _, k := range list {
		o, err := k.override()
		if err != nil {
			return fmt.Errorf("read the undone name %q: %w", k.Name, err)
		}
		out.put(o)
	}
	if err := out.check(); err != nil {
		return fmt.Errorf("read the undone names: %w", err)
	}
	*os = out
	return nil
}

func (k keptOverride) override() (*override, error) {
	name, err := dnsname.Parse(k.Name)
	if err != nil {
		return nil, err
	}
	if y := k.At.UTC().Year(); y < 1 || y > 9999 {
		return nil, errors.New("it was undone in no year that can be written")
	}
	o := &override{
		place: placeOf(zone.Key{Provider: k.Provider, ID: k.Zone}, k.View, name), account: k.Account,
		asked: k.Asked, at: k.At, entries: k.Entries,
	}
	for _, s := range k.Sets {
		set, err := journal.DecodeSet(s.Set)
		if err != nil {
			return nil, err
		}
		if set.Name != name || set.Type == "" || set.Type == record.SOA {
			return nil, errors.New("a record set isn't one of the name")
		}
		o.sets = append(o.sets, restored{set, s.For})
	}
	return o, nil
}
