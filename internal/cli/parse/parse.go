// SPDX-License-Identifier: Apache-2.0

// Package parse reads a command line and the environment into a grammar of kong, and tells every mistake at once.
//
// Kong supplies the grammar (struct tags) and the conversion of values. The walk is ours: kong stops at the first
// mistake. A flag on the command line beats its variable, NAFUDA_X beats EXTERNAL_DNS_X, and a variable beats the default. Every
// switch is also --no-x and --x=false; the tag env:"-" keeps a flag from having variables, and with verbatim:"" the argument that follows is its value though it begins with dashes. A list's flag may be repeated and is never split at commas; its default is. Kong's hooks
// aren't used; of its positional arguments, those of type string and []string are. An options struct that has a method Check() error is asked for its mistakes
// too, unless its field has the tag check:"-".
//
// The flag with the tag file:"" names a file, see package document, whose keys are the flags of the options struct around it. A field with
// the tag config:"KEY" is a key of files alone: a list of texts, or of structs, each filled from a mapping by its own tags. A flag that such
// a struct has, and that the options have as well by embedding it, is a key of the mappings and not of the file. The command line and the environment
// beat the file.
package parse

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/app/flags"
)

// Spec is what to parse, and into what.
type Spec struct {
	Name    string       // of the program
	About   string       // one sentence, for the help text
	Grammar any          // a pointer to a struct with kong's tags; its fields are set
	Args    []string     // as os.Args[1:]
	Env     []string     // as os.Environ()
	Table   []flags.Flag // the flags of ExternalDNS: which have its variables, which are refused
}

// Result is what was asked for.
type Result struct {
	Command string   // the command's name; the default command's where none is named
	Help    string   // the help text, where it was asked for; nothing else was checked then
	Notes   []string // what the user should know, one line each: flags that mean nothing any more, unknown variables
}

// Parse sets the grammar's fields. Its errors are one line each, in the order of the command line, then of the environment, then
// of the options; with any of them the grammar's values aren't to be used. It reads no file but those that @file arguments name.
func Parse(s Spec) (Result, []error) {
	k, err := build(s)
	if err != nil {
		return Result{}, []error{fmt.Errorf("build the command line: %w", err)}
	}
	args, errs := expand(s.Args, read)
	g := grammar{app: k.Model, table: index(s.Table)}
	line := g.scan(args)
	if line.help {
		return Result{Command: line.command, Help: g.help(s, line.command)}, nil
	}
	errs = append(errs, line.errs...)
	res := Result{Command: line.command}
	node := g.node(line.command)
	if node == nil {
		return res, unique(append(errs, fmt.Errorf("no command is named: use one of %s", g.commands())))
	}
	set := newSetter(node)
	for _, given := range line.given {
		set.add(given)
	}
	notes := set.environment(s.Env, g.table)
	set.legacy(g)
	file := set.file(node.Target, s.Env, g)
	set.apply()
	set.arguments(node.Positional, line.rest)
	errs = append(errs, set.errs...)
	errs = append(errs, file.place(checks(node.Target))...)
	res.Notes = append(set.notes, notes...)
	return res, unique(file.sorted(errs))
}

func build(s Spec) (*kong.Kong, error) {
	k, err := kong.New(s.Grammar, kong.Name(s.Name), kong.Exit(func(int) {}),
		kong.Writers(io.Discard, io.Discard), kong.NoDefaultHelp())
	if err != nil {
		return nil, err
	}
	for _, flag := range allFlags(k.Model.Node) {
		flag.Tag.Sep, flag.Tag.MapSep = -1, -1
	}
	return k, nil
}

// read reads a file, and at most a little more than an argument file may have.
func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxArgsFile+1))
}

// unique leaves out what was told before, and keeps each error to one line: what a user wrote may hold anything.
func unique(errs []error) []error {
	seen := make(map[string]bool, len(errs))
	var out []error
	for _, err := range errs {
		text := strings.Map(printable, err.Error())
		if text != err.Error() {
			err = errors.New(text)
		}
		if !seen[text] {
			seen[text] = true
			out = append(out, err)
		}
	}
	return out
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}
