// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func number(low, high int) func(string) (string, error) {
	return func(v string) (string, error) {
		n, err := strconv.Atoi(v)
		if err != nil || n < low || n > high {
			return "", fmt.Errorf("it isn't a number from %d to %d", low, high)
		}
		return strconv.Itoa(n), nil
	}
}

func shaped(pattern, is string) func(string) (string, error) {
	re := regexp.MustCompile(pattern)
	return func(v string) (string, error) {
		if !re.MatchString(v) {
			return "", fmt.Errorf("it isn't %s", is)
		}
		return v, nil
	}
}

func upper(pattern, is string) func(string) (string, error) {
	check := shaped(pattern, is)
	return func(v string) (string, error) { return check(strings.ToUpper(v)) }
}

// yes takes an empty value too, for the property asks by being there.
func yes(v string) (string, error) {
	if v != "" && !strings.EqualFold(v, "true") {
		return "", fmt.Errorf("it is neither true nor false")
	}
	return "true", nil
}

// coordinates reads a latitude and a longitude in degrees, of which Route 53 takes two decimals (Coordinates in the API reference).
func coordinates(v string) (string, error) {
	lat, long, ok := strings.Cut(v, ",")
	lat, okLat := degrees(lat, 90)
	long, okLong := degrees(long, 180)
	if !ok || !okLat || !okLong {
		return "", fmt.Errorf("it isn't a latitude from -90 to 90 and a longitude from -180 to 180 with at most two decimals, such as 49.22,-74.01")
	}
	return lat + "," + long, nil
}

var degree = regexp.MustCompile(`^[-+]?[0-9]{1,3}(\.[0-9]{0,9})?$`)

func degrees(s string, limit float64) (string, bool) {
	s = strings.TrimSpace(s)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !degree.MatchString(s) || f < -limit || f > limit {
		return "", false
	}
	out := strconv.FormatFloat(f+0, 'f', -1, 64) // +0 makes 0 of a negative zero
	_, decimals, _ := strings.Cut(out, ".")
	return out, len(decimals) <= 2
}
