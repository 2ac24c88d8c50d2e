// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	_ "embed"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

//go:embed notes.md
var notes string

// machine is where the measurement ran.
type machine struct {
	processor, kernel, goVersion string
	cores                        int
	memory                       int64 // bytes
	load                         string
}

// describe reads what the machine is, without its name.
func describe() (machine, error) {
	m := machine{cores: runtime.NumCPU(), goVersion: runtime.Version()}
	cpu, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	m.processor = field(string(cpu), "model name")
	mem, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return m, err
	}
	kib, err := strconv.ParseInt(strings.TrimSuffix(field(string(mem), "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return m, fmt.Errorf("read the size of the memory: %w", err)
	}
	m.memory = kib << 10
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return m, err
	}
	m.load, _, _ = strings.Cut(string(load), " ")
	var u syscall.Utsname
	if err := syscall.Uname(&u); err != nil {
		return m, err
	}
	for _, c := range u.Release {
		if c == 0 || c == '-' { // what follows the version may name who built it
			break
		}
		m.kernel += string(rune(c))
	}
	return m, nil
}

// field is the first value of a key in a text of "key: value" lines.
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores (%s), %.0f GB of memory, Linux %s, %s. One-minute load at the end, the benchmark's own included: %s.",
		m.cores, m.processor, float64(m.memory)/1e9, m.kernel, m.goVersion, m.load)
}

// document is the page.
func document(m machine, slow int, idle time.Duration, table, served string) string {
	return strings.NewReplacer("{{machine}}", m.String(), "{{table}}", table, "{{served}}", served, "{{slow}}", fmt.Sprint(slow), "{{idle}}", idle.String(),
		"{{factor}}", fmt.Sprintf("%.0f", float64(time.Hour)/float64(max(idle, 1)))).Replace(notes)
}
