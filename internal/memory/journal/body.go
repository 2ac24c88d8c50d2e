// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// version is the format that this package writes and reads. In every version the frame stays as it is, and what a record is and
// whose stands first in it, so that IDs go on rising beside the files of a later version.
const version = 1

// The first member of a record tells what it is.
type (
	headerBody struct {
		Journal int `json:"journal"` // the version
	}
	beginBody struct {
		Begin    ID          `json:"begin"`
		Time     time.Time   `json:"time"`
		Provider text        `json:"provider,omitzero"`
		Account  text        `json:"account,omitzero"`
		Zone     text        `json:"zone,omitzero"`
		ZoneName text        `json:"zoneName,omitzero"`
		View     text        `json:"view,omitzero"`
		Groups   []groupBody `json:"groups"`
	}
	endBody struct {
		End     ID        `json:"end"`
		Time    time.Time `json:"time,omitzero"`
		State   State     `json:"state"`
		Receipt text      `json:"receipt,omitzero"`
		Err     text      `json:"error,omitzero"`
	}
)

type kind string

const (
	header kind = "journal"
	begin  kind = "begin"
	end    kind = "end"
)

// peek reads the kind and the number of a record without decoding it all.
func peek(body []byte) (kind, uint64, bool) {
	rest, ok := bytes.CutPrefix(body, []byte(`{"`))
	if !ok {
		return "", 0, false
	}
	name, rest, ok := bytes.Cut(rest, []byte(`":`))
	if !ok {
		return "", 0, false
	}
	digits := rest[:len(rest)-len(bytes.TrimLeft(rest, "0123456789"))]
	n, err := strconv.ParseUint(string(digits), 10, 64)
	k := kind(name)
	return k, n, err == nil && (k == header || k == begin || k == end)
}

func encodeIntent(id ID, in Intent) ([]byte, error) {
	b := beginBody{
		Begin: id, Time: in.Time.UTC(), Provider: text(in.Zone.Provider), Account: text(in.Zone.Account), Zone: text(in.Zone.ID),
		ZoneName: text(in.ZoneName), View: text(in.View), Groups: make([]groupBody, 0, len(in.Batch.Groups)),
	}
	for _, g := range in.Batch.Groups {
		b.Groups = append(b.Groups, newGroupBody(g))
	}
	return encode(b)
}

func decodeIntent(body []byte) (Entry, error) {
	var b beginBody
	if err := json.Unmarshal(body, &b); err != nil {
		return Entry{}, fmt.Errorf("decode an entry: %w", err)
	}
	in := Intent{
		Time: b.Time.UTC(), Zone: zone.Key{Provider: string(b.Provider), Account: string(b.Account), ID: string(b.Zone)},
		ZoneName: dnsname.Name(b.ZoneName), View: string(b.View),
	}
	for _, g := range b.Groups {
		in.Batch.Groups = append(in.Batch.Groups, g.group())
	}
	return Entry{ID: b.Begin, Intent: in}, checkBatch(in.Batch)
}

func encodeOutcome(id ID, out Outcome) ([]byte, error) {
	return encode(endBody{End: id, Time: out.Time.UTC(), State: out.State, Receipt: text(out.Receipt), Err: text(shorten(out.Err))})
}

func decodeOutcome(body []byte) (ID, Outcome, error) {
	var b endBody
	if err := json.Unmarshal(body, &b); err != nil {
		return 0, Outcome{}, fmt.Errorf("decode an outcome: %w", err)
	}
	out := Outcome{Time: b.Time.UTC(), State: b.State, Receipt: string(b.Receipt), Err: string(b.Err)}
	return b.End, out, out.check()
}

func (o Outcome) check() error {
	switch o.State {
	case Applied, Refused, Uncertain:
		return nil
	default:
		return fmt.Errorf("%q isn't an outcome", o.State)
	}
}

// shorten keeps an error's text small enough that its record never matters for the size of a file.
func shorten(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut]
}

// checkBatch reports what can't be a batch, so that Key and Inverse are safe on all that is written and read.
func checkBatch(b change.Batch) error {
	changes := b.Changes()
	if len(changes) == 0 {
		return errors.New("the batch has no changes")
	}
	for _, c := range changes {
		if c.Before == nil && c.After == nil {
			return errors.New("a change has neither before nor after")
		}
		if c.Before != nil && c.After != nil && c.Before.Key != c.After.Key {
			return fmt.Errorf("a change turns %s into %s: a change edits one record set", c.Before.Key, c.After.Key)
		}
	}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode a record: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
