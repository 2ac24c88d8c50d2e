// SPDX-License-Identifier: Apache-2.0

// Package document reads a configuration file: one YAML mapping, with the line of everything in it.
//
// It is stricter than YAML: a key stands once, tags and several documents are refused, and so is whatever is larger or deeper
// than a configuration can be. Anchors and aliases work, and so does the merge key, where the mapping's own keys win. Nothing of a value
// stands in a mistake, for it may be a secret.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// What a file may have at most. An alias counts as what it stands for.
const (
	MaxBytes = 1 << 20
	maxNodes = 20_000
	maxDepth = 16

	maxMistakes = 50 // that are told at once
)

// Kind is what a node is.
type Kind int

// The kinds of nodes.
const (
	Text   Kind = iota // a text, a number or a date, as it is written
	Switch             // true or false
	List
	Map
)

// Node is a value with its place.
type Node struct {
	Kind  Kind
	Line  int
	Text  string // of a Text or Switch
	Items []Node // of a List
	Keys  []Key  // of a Map, in their order
}

// Key is an entry of a mapping.
type Key struct {
	Name  string
	Line  int
	Value Node
}

// Mistake is what is wrong with a file, and where: its line, or 0 where that isn't known.
type Mistake struct {
	Line int
	Text string
}

// Error implements error.
func (m Mistake) Error() string { return m.Text }

// Read reads a file of one mapping. With mistakes, which are in the order of the file, the mapping has what could be read.
func Read(text []byte) (Node, []Mistake) {
	if len(text) > MaxBytes {
		return Node{Kind: Map}, []Mistake{{0, fmt.Sprintf("the file has more than %d bytes: a configuration is smaller", MaxBytes)}}
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return Node{Kind: Map}, []Mistake{{0, "the file is empty: write the keys of a configuration"}}
	case err != nil:
		return Node{Kind: Map}, []Mistake{broken(err)}
	}
	r := reader{}
	out := Node{Kind: Map, Line: 1}
	if root := doc.Content[0]; root.Kind != yaml.MappingNode {
		r.wrong(root.Line, "the file must be a mapping: keys, each with a colon behind it")
	} else {
		out = r.node(root, 0)
	}
	var more yaml.Node
	if err := dec.Decode(&more); err == nil {
		r.wrong(more.Line, "a second document begins here: one file has one")
	} else if !errors.Is(err, io.EOF) {
		r.mistakes = append(r.mistakes, broken(err))
	}
	return out, r.mistakes
}

var atLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?(.*)$`)

// broken says what the parser couldn't read. What it quotes of the file, an anchor's name, isn't repeated.
func broken(err error) Mistake {
	parts := atLine.FindStringSubmatch(strings.SplitN(err.Error(), "\n", 2)[0])
	line, _ := strconv.Atoi(parts[1])
	if line > 0 && strings.HasPrefix(parts[2], "did not find expected") {
		line++ // the module counts lines from 0 in the errors of its parser, and from 1 in those of its scanner
	}
	what, _, quotes := strings.Cut(parts[2], "'")
	if quotes && strings.Contains(what, "anchor") {
		what = "an alias has no anchor"
	} else if quotes {
		what = parts[2]
	}
	return Mistake{line, "this isn't YAML: " + what + ": look at the indentation, the colons and the quotes"}
}

type reader struct {
	nodes    int
	mistakes []Mistake
}

func (r *reader) wrong(line int, format string, args ...any) {
	if len(r.mistakes) == maxMistakes {
		return
	}
	r.mistakes = append(r.mistakes, Mistake{line, fmt.Sprintf(format, args...)})
}

// full reports that there is too much, and says so once.
func (r *reader) full(line, depth int) bool {
	r.nodes++
	if r.nodes == maxNodes+1 {
		r.wrong(line, "the file has more than %d values, aliases counted as what they stand for: a configuration has fewer", maxNodes)
	}
	if r.nodes <= maxNodes && depth > maxDepth {
		r.wrong(line, "this is nested more than %d deep: a configuration isn't", maxDepth)
	}
	return r.nodes > maxNodes || depth > maxDepth
}

func (r *reader) node(n *yaml.Node, depth int) Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		line := n.Line
		out := r.node(n.Alias, depth+1)
		out.Line = line
		return out
	}
	out := Node{Line: n.Line}
	if r.full(n.Line, depth) {
		return out
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.wrong(n.Line, "a tag (!) can't be used: write the plain value")
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = Map
		out.Keys = r.keys(n, depth)
	case yaml.SequenceNode:
		out.Kind = List
		for _, item := range n.Content {
			out.Items = append(out.Items, r.node(item, depth+1))
		}
	default:
		out.Text = n.Value
		switch n.ShortTag() {
		case "!!bool":
			out.Kind = Switch
		case "!!null":
			r.wrong(n.Line, "there is no value: write one, or leave the key out")
		}
	}
	return out
}

// keys are those of a mapping, and behind them those that it merges and doesn't have.
func (r *reader) keys(n *yaml.Node, depth int) []Key {
	var out, merged []Key
	at := make(map[string]int)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch before, again := at[k.Value]; {
		case k.Kind != yaml.ScalarNode:
			r.wrong(k.Line, "a key must be a plain word")
		case k.ShortTag() == "!!merge":
			merged = append(merged, r.merged(v, depth)...)
		case again:
			r.wrong(k.Line, "the key %.60q stands in line %d already: remove one of them", k.Value, before)
		default:
			at[k.Value] = k.Line
			out = append(out, Key{k.Value, k.Line, r.node(v, depth+1)})
		}
	}
	for _, k := range merged {
		if _, has := at[k.Name]; !has {
			at[k.Name] = k.Line
			out = append(out, k)
		}
	}
	return out
}

// merged are the keys of what a merge key names: a mapping, or several.
func (r *reader) merged(n *yaml.Node, depth int) []Key {
	from := r.node(n, depth+1)
	switch from.Kind {
	case Map:
		return from.Keys
	case List:
		var out []Key
		for _, item := range from.Items {
			out = append(out, item.Keys...)
		}
		return out
	default:
		r.wrong(n.Line, "the merge key << takes a mapping, such as *defaults")
		return nil
	}
}
