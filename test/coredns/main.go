// SPDX-License-Identifier: Apache-2.0

// Command coredns is CoreDNS with the few plugins that tests need: the whole of it takes several times as long to build.
package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
)

func main() { coremain.Run() }
