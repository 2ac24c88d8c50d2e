// SPDX-License-Identifier: Apache-2.0

// Package alive holds tests of what keeps the process alive while the network, the provider and the API server aren't.
package alive
