// SPDX-License-Identifier: Apache-2.0

package report

// FlagsView is the name of the one view that flags make, which nobody has named.
const FlagsView = "default"

// Named reports whether a view has a name that a person has given it, so that it means something to who reads it.
func Named(view string) bool { return view != "" && view != FlagsView }
