// SPDX-License-Identifier: Apache-2.0

// Package crash turns a panic of a function into a value, so that an error of the program in one object's work ends neither the process
// nor anyone else's work. It is for pure functions and for single calls of providers: what they were working on is given up as a whole, so
// nothing is left half done. A panic anywhere else ends the process, as it should.
package crash

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// Crash is a panic that was caught.
type Crash struct {
	Doing string // what was being done, with the object's name
	Value string // what was panicked with, in one line, shortened
	Stack string // where, the innermost function first, without paths of the machine
}

const (
	maxValue  = 200 // bytes of the text that was panicked with: it may be made of an object's content
	maxFrames = 6
)

// Catch runs f and returns its panic; nil: there was none. Fatal errors of the runtime, such as a map that two goroutines write, aren't
// panics and still end the process.
func Catch(doing string, f func()) (caught *Crash) {
	defer func() {
		if v := recover(); v != nil {
			caught = &Crash{Doing: doing, Value: line(v), Stack: stack()}
		}
	}()
	f()
	return nil
}

// Error tells what was being done and what went wrong.
func (c *Crash) Error() string {
	return fmt.Sprintf("%s: the program made an error: %s", c.Doing, c.Value)
}

// line writes a value of a panic. Writing it can't panic: fmt catches that.
func line(v any) string {
	text := strings.Join(strings.Fields(strings.ToValidUTF8(fmt.Sprint(v), "?")), " ")
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "") + "..."
	}
	return text
}

// stack names the functions that the panic came through. It is called by the function that Catch defers, while they still stand.
func stack() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	var out []string
	panicked := false
	for len(out) < maxFrames {
		f, more := frames.Next()
		switch name := f.Function[strings.LastIndexByte(f.Function, '/')+1:]; {
		case name == "runtime.gopanic":
			panicked = true
		case !panicked || strings.HasPrefix(name, "runtime."):
		case name == "crash.Catch":
			return strings.Join(out, " < ")
		default:
			out = append(out, fmt.Sprintf("%s %s:%d", name, filepath.Base(f.File), f.Line))
		}
		if !more {
			break
		}
	}
	return strings.Join(out, " < ")
}
