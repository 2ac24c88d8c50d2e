// SPDX-License-Identifier: Apache-2.0

package objects

import "errors"

var errNotServed = errors.New("no feed brings this kind")
