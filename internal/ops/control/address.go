// SPDX-License-Identifier: Apache-2.0

package control

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Options say where the control socket is. An instance and the commands that ask it find it by the same rules.
type Options struct {
	Socket string `name:"control-socket" placeholder:"PATH" help:"Unix socket for the commands approve, undo, journal, status and why: a path, @NAME for an abstract one on Linux, or none. Default: control.sock in --state-dir, and on Linux @nafuda-UID too."`
}

// none turns the control socket off.
const none = "none"

// socketName is the socket's file in a state directory.
const socketName = "control.sock"

// Check reports an address that can't be a socket's.
func (o *Options) Check() error {
	if o.Socket == "" || o.Socket == none {
		return nil
	}
	if err := Address(o.Socket).check(); err != nil {
		return fmt.Errorf("--control-socket=%s: %w", o.Socket, err)
	}
	return nil
}

// addresses lists where an instance listens: where it is told to, else in its state directory, if it has one, and at the name
// that commands find without being told anything, such as those that kubectl exec starts.
func (o *Options) addresses(stateDir string) []Address {
	switch o.Socket {
	case none:
		return nil
	case "":
	default:
		return []Address{Address(o.Socket)}
	}
	var out []Address
	if stateDir != "" {
		out = append(out, inDir(stateDir))
	}
	if abstracts {
		out = append(out, wellKnown())
	}
	return out
}

// Find tells where commands look for the instance: where they are told to, else in the state directory, else at the name that
// every instance of this user tries to take.
func (o *Options) Find(stateDir string) (Address, error) {
	var a Address
	switch {
	case o.Socket == none:
		return "", fmt.Errorf("--control-socket=%s: a command needs the socket of a running instance", none)
	case o.Socket != "":
		a = Address(o.Socket)
	case stateDir != "":
		a = inDir(stateDir)
	case abstracts:
		a = wellKnown()
	default:
		return "", fmt.Errorf("where is the running instance: name its socket with --control-socket, or its folder with --state-dir")
	}
	if err := a.check(); err != nil {
		return "", fmt.Errorf("the control socket %s: %w", a, err)
	}
	return a, nil
}

// abstracts reports whether the system has abstract sockets.
const abstracts = runtime.GOOS == "linux"

// Address is where a control socket is: a path, or @NAME for an abstract one.
type Address string

func inDir(dir string) Address { return Address(filepath.Join(dir, socketName)) }

// wellKnown is an abstract name, which one network namespace, so one pod, has for itself.
func wellKnown() Address { return Address(fmt.Sprintf("@nafuda-%d", os.Getuid())) }

func (a Address) abstract() bool { return strings.HasPrefix(string(a), "@") }

func (a Address) check() error {
	switch {
	case len(a) > longest:
		return fmt.Errorf("%d bytes are too long for a Unix socket: use at most %d, or on Linux @NAME", len(a), longest)
	case strings.ContainsRune(string(a), 0):
		return fmt.Errorf("has a zero byte")
	case a.abstract() && !abstracts:
		return fmt.Errorf("only Linux has abstract sockets: give a path")
	case a == "@":
		return fmt.Errorf("@ alone is no name")
	}
	return nil
}
