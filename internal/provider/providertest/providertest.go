// SPDX-License-Identifier: Apache-2.0

// Package providertest is the conformance suite that every provider passes, a provider in memory for the tests of what uses
// one, and a wrapper that makes calls fail.
package providertest
