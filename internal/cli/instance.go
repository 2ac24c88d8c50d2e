// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/ops/control"
)

// errWaits makes the exit status of a command after which something waits for a person's yes.
var errWaits = errors.New("something waits for a yes")

// waits is the part of the commands' help that says so.
const waits = "Exit status: 0 done, or nothing to do; 1 an error; 2 something is held or waits for a yes."

// instanceFlags say where the running instance is. They are those of run, so that one environment serves both.
type instanceFlags struct {
	StateDir string          `name:"state-dir" placeholder:"DIR" help:"The --state-dir of the running instance."`
	Control  control.Options `embed:""`
}

func (f *instanceFlags) client() (*control.Client, error) {
	return control.NewClient(f.Control, f.StateDir)
}

// outputFlag chooses the form of what is printed.
type outputFlag struct {
	Output string `name:"output" short:"o" default:"text" enum:"text,json" env:"-" help:"Form of the output: text for people, json for machines."`
}

func (f outputFlag) json() bool { return f.Output == "json" }

// printable is what a command found out.
type printable interface {
	Write(w io.Writer, colour bool) error
}

// print writes a report in the form that was asked for; what names it where that fails.
func (f outputFlag) print(x IO, what string, r printable) error {
	write := func() error { return r.Write(x.Out, x.Colour) }
	if f.json() {
		write = func() error { return writeJSON(x.Out, r) }
	}
	if err := write(); err != nil {
		return fmt.Errorf("print %s: %w", what, err)
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("print as JSON: %w", err)
	}
	return nil
}

// ask puts a question to the person at the terminal. The end of the input is a no.
func ask(x IO, in *bufio.Reader, question string) (bool, error) {
	if _, err := fmt.Fprintf(x.Out, "%s [y/N] ", question); err != nil {
		return false, fmt.Errorf("ask: %w", err)
	}
	line, err := in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(x.Out)
		err = nil
	}
	if err != nil {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	default:
		return false, nil
	}
}

// answers reads what the person types. A line that doesn't end is cut.
func answers(x IO) *bufio.Reader {
	const most = 4 << 10
	if x.In == nil {
		x.In = strings.NewReader("")
	}
	return bufio.NewReader(io.LimitReader(x.In, most))
}

// parseSince reads a time of RFC 3339, or how long ago it was.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago).Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--since=%.60q: write a duration like 90m or 24h, or a time like %s", text, now.Format(time.RFC3339))
	}
	return t, nil
}
