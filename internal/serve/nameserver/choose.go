// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strconv"

	"nafuda.io/nafuda/internal/model/record"
)

// The properties of a set with a set identifier that decide about it.
const (
	propWeight     = "aws/weight"
	propFailover   = "aws/failover"
	propMultiValue = "aws/multi-value-answer"
	propCountry    = "aws/geolocation-country-code"
)

// choose returns the sets, all of one name and type, that an answer is made of. We check no health and don't know where a
// client is: weighted sets are drawn by their weights, multivalue sets all answer, a failover pair answers with its
// primary, a geolocation with its default ("*"), and anything else with its first set.
func choose(sets []record.Set, pick func(uint64) uint64) []record.Set {
	if len(sets) <= 1 || sets[0].ID == "" {
		return sets[:min(len(sets), 1)]
	}
	if _, ok := sets[0].Prop(propMultiValue); ok {
		return sets
	}
	if _, ok := sets[0].Prop(propWeight); ok {
		return draw(sets, pick)
	}
	for i, s := range sets {
		failover, _ := s.Prop(propFailover)
		country, _ := s.Prop(propCountry)
		if failover == "PRIMARY" || country == "*" {
			return sets[i : i+1]
		}
	}
	return sets[:1]
}

// draw chooses one set by weight. Where all weigh nothing each is as likely (Route 53 developer guide, weighted routing).
func draw(sets []record.Set, pick func(uint64) uint64) []record.Set {
	var sum uint64
	for _, s := range sets {
		sum += weight(s)
	}
	if sum == 0 {
		i := pick(uint64(len(sets)))
		return sets[i : i+1]
	}
	n := pick(sum)
	for i, s := range sets {
		w := weight(s)
		if n < w {
			return sets[i : i+1]
		}
		n -= w
	}
	return sets[:1]
}

// maxWeight is Route 53's bound (API_ResourceRecordSet, Weight).
const maxWeight = 255

func weight(s record.Set) uint64 {
	text, _ := s.Prop(propWeight)
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0
	}
	return min(n, maxWeight)
}
