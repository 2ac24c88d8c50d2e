// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"fmt"
	"strings"
)

const (
	maxArgs     = 10_000
	maxArgsFile = 1 << 20
	maxFiles    = 100
)

// expand replaces each argument @FILE by the file's lines, as ExternalDNS's parser does: one argument a line as it stands, blank
// lines and those that begin with # left out, files within files. Nothing after -- is expanded.
func expand(args []string, read func(string) ([]byte, error)) ([]string, []error) {
	e := expander{read: read}
	e.walk(args)
	return e.out, e.errs
}

type expander struct {
	read  func(string) ([]byte, error)
	out   []string
	errs  []error
	files int
	raw   bool // after --
}

func (e *expander) walk(args []string) {
	for _, arg := range args {
		file, isFile := strings.CutPrefix(arg, "@")
		switch {
		case e.files > maxFiles || len(e.out) > maxArgs:
			return
		case e.raw || !isFile:
			e.raw = e.raw || arg == "--"
			e.out = append(e.out, arg)
			if len(e.out) > maxArgs {
				e.errs = append(e.errs, fmt.Errorf("more than %d arguments: shorten the command line", maxArgs))
			}
		default:
			lines, err := e.lines(file)
			if err != nil {
				e.errs = append(e.errs, err)
			}
			e.walk(lines)
		}
	}
}

func (e *expander) lines(file string) ([]string, error) {
	if file == "" {
		return nil, fmt.Errorf("@ names no file: write @FILE, or --flag=@... for a value that begins with @")
	}
	if e.files++; e.files > maxFiles {
		return nil, fmt.Errorf("@%s is one more than %d argument files: does a file name itself?", clip(file), maxFiles)
	}
	raw, err := e.read(file)
	if err != nil {
		return nil, fmt.Errorf("read the arguments in @%s: %w", clip(file), err)
	}
	if len(raw) > maxArgsFile {
		return nil, fmt.Errorf("@%s has more than %d bytes: an argument file has one argument a line", clip(file), maxArgsFile)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		out = append(out, line)
	}
	return out, nil
}

// clip shortens what a user wrote for a message.
func clip(s string) string {
	const longest = 60
	if runes := []rune(s); len(runes) > longest {
		return string(runes[:longest]) + "..."
	}
	return s
}
