// SPDX-License-Identifier: Apache-2.0

package change

import "nafuda.io/nafuda/internal/model/record"

// Want is a record set that should be.
type Want struct {
	Set      record.Set
	Resource string   // the object it is for, as a new marker will say
	Askers   []string // every object that contributes to it, sorted
}
