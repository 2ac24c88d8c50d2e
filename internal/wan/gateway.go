// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// errNoGateway says why the router isn't asked, and what helps.
var errNoGateway = errors.New("this machine has no default gateway: --wan-gateway says where the router is")

// gateway is the router of the default route with the least metric, as Linux tells it.
func gateway() (netip.Addr, error) { return readRoutes(readSmall("/proc/net/route")) }

// readRoutes reads Linux's /proc/net/route: destination, gateway and mask are hexadecimal, least byte first.
func readRoutes(table string) (netip.Addr, error) {
	const up, viaGateway = 0x1, 0x2
	best, metric := netip.Addr{}, uint64(1<<63)
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		flags, err := strconv.ParseUint(f[3], 16, 32)
		m, bad := strconv.ParseUint(f[6], 10, 32)
		raw, worse := hex.DecodeString(f[2])
		if err != nil || bad != nil || worse != nil || len(raw) != 4 || flags&(up|viaGateway) != up|viaGateway || m >= metric {
			continue
		}
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], binary.LittleEndian.Uint32(raw))
		best, metric = netip.AddrFrom4(b), m
	}
	if !best.IsValid() {
		return netip.Addr{}, errNoGateway
	}
	return best, nil
}

// readSmall reads a file of the kernel; empty where there is none, as on other systems.
func readSmall(path string) string {
	const most = 1 << 20
	f, err := os.Open(path) //nolint:gosec // a constant of ours
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return ""
	}
	return string(b)
}
