// SPDX-License-Identifier: Apache-2.0

package app

import (
	"reflect"
	"testing"
)

// TestEveryCheckIsAsked holds the options of all packages to the form of Check that the command line asks for mistakes.
func TestEveryCheckIsAsked(t *testing.T) {
	asked := 0
	options := reflect.TypeFor[Options]()
	for f := range options.NumField() {
		field := options.Field(f)
		pointer := reflect.PointerTo(field.Type)
		if _, has := pointer.MethodByName("Check"); !has {
			continue
		}
		if !pointer.Implements(reflect.TypeFor[interface{ Check() error }]()) && field.Name != "Sources" { // whose Check is told the sources that are used
			t.Errorf("%s has a Check of another form, which nobody calls", field.Type)
		}
		asked++
	}
	if asked < 5 {
		t.Errorf("only %d options have a Check: are they found?", asked)
	}
}
