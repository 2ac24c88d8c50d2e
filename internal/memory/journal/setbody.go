// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// The forms of the model in the file are types of their own, so that the format changes only on purpose. "omitzero" leaves out a
// nil list but not an empty one: both come back as they were.
type (
	groupBody struct {
		Name    text         `json:"name,omitzero"`
		Changes []changeBody `json:"changes,omitzero"`
	}
	changeBody struct {
		Before   *setBody `json:"before,omitzero"`
		After    *setBody `json:"after,omitzero"`
		Marker   bool     `json:"marker,omitzero"`
		Resource text     `json:"resource,omitzero"`
		View     text     `json:"view,omitzero"`
		Why      whyBody  `json:"why,omitzero"`
	}
	whyBody struct {
		Code text `json:"code,omitzero"`
		Text text `json:"text,omitzero"`
	}
	setBody struct {
		Name   text       `json:"name"`
		Type   text       `json:"type"`
		ID     text       `json:"id,omitzero"`
		TTL    uint32     `json:"ttl,omitzero"`
		Values []text     `json:"values,omitzero"`
		Alias  *aliasBody `json:"alias,omitzero"`
		Props  []propBody `json:"props,omitzero"`
		Stored []text     `json:"stored,omitzero"`
	}
	aliasBody struct {
		Target text `json:"target"`
		Zone   text `json:"zone,omitzero"`
		Health bool `json:"evaluateHealth,omitzero"`
	}
	propBody struct {
		Name  text `json:"name"`
		Value text `json:"value"`
	}
)

func newGroupBody(g change.Group) groupBody {
	return groupBody{text(g.Name), each(g.Changes, func(c change.Change) changeBody {
		return changeBody{
			Before: newSetBody(c.Before), After: newSetBody(c.After), Marker: c.Marker, Resource: text(c.Resource), View: text(c.View),
			Why: whyBody{text(c.Why.Code), text(c.Why.Text)},
		}
	})}
}

func (g groupBody) group() change.Group {
	return change.Group{Name: dnsname.Name(g.Name), Changes: each(g.Changes, func(c changeBody) change.Change {
		return change.Change{
			Before: c.Before.set(), After: c.After.set(), Marker: c.Marker, Resource: string(c.Resource), View: string(c.View),
			Why: reason.Reason{Code: reason.Code(c.Why.Code), Text: string(c.Why.Text)},
		}
	})}
}

func newSetBody(s *record.Set) *setBody {
	if s == nil {
		return nil
	}
	b := &setBody{
		Name: text(s.Name), Type: text(s.Type), ID: text(s.ID), TTL: s.TTL, Values: each(s.Values, toText), Stored: each(s.Stored, toText),
		Props: each(s.Props, func(p record.Prop) propBody { return propBody{text(p.Name), text(p.Value)} }),
	}
	if s.Alias != nil {
		b.Alias = &aliasBody{text(s.Alias.Target), text(s.Alias.Zone), s.Alias.EvaluateHealth}
	}
	return b
}

func (b *setBody) set() *record.Set {
	if b == nil {
		return nil
	}
	s := &record.Set{
		Key: record.Key{Name: dnsname.Name(b.Name), Type: record.Type(b.Type), ID: string(b.ID)},
		TTL: b.TTL, Values: each(b.Values, fromText), Stored: each(b.Stored, fromText),
		Props: each(b.Props, func(p propBody) record.Prop { return record.Prop{Name: string(p.Name), Value: string(p.Value)} }),
	}
	if b.Alias != nil {
		s.Alias = &record.Alias{Target: dnsname.Name(b.Alias.Target), Zone: string(b.Alias.Zone), EvaluateHealth: b.Alias.Health}
	}
	return s
}

// EncodeSet writes a record set as the journal's files have it, in JSON.
func EncodeSet(s record.Set) ([]byte, error) { return encode(newSetBody(&s)) }

// DecodeSet reads what EncodeSet writes. It checks nothing beyond the form.
func DecodeSet(b []byte) (record.Set, error) {
	var body setBody
	if err := json.Unmarshal(b, &body); err != nil {
		return record.Set{}, fmt.Errorf("decode a record set: %w", err)
	}
	return *body.set(), nil
}

// each maps a list; nil stays nil and empty stays empty.
func each[From, To any](from []From, f func(From) To) []To {
	if from == nil {
		return nil
	}
	to := make([]To, 0, len(from))
	for _, v := range from {
		to = append(to, f(v))
	}
	return to
}

func toText(s string) text   { return text(s) }
func fromText(t text) string { return string(t) }

// text is any string. JSON has only Unicode, so one that isn't UTF-8, which a provider may hand us, is written as {"base64": …}.
type text string

type rawText struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes the text.
func (t text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return encode(string(t))
	}
	return encode(rawText{[]byte(t)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var raw rawText
		err := json.Unmarshal(b, &raw)
		*t = text(raw.Base64)
		return err
	}
	return json.Unmarshal(b, (*string)(t))
}
