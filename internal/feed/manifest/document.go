// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// document is one YAML document of a file.
type document struct {
	line int // of its first line, from 1
	text []byte
}

// documents splits a YAML stream. A line that starts with three hyphens ends a document wherever it stands, in a block scalar
// too (YAML 1.2.2, section 9.1.2).
func documents(stream []byte) []document {
	var docs []document
	stream = bytes.TrimPrefix(stream, []byte("\xef\xbb\xbf"))
	doc, line := document{line: 1}, 0
	for len(stream) > 0 {
		line++
		rest := stream
		if i := bytes.IndexByte(stream, '\n'); i >= 0 {
			rest = stream[:i+1]
		}
		stream = stream[len(rest):]
		if marker(rest) {
			docs = append(docs, doc)
			// What follows the marker on its line belongs to the document; blanks keep its column.
			doc = document{line: line, text: append([]byte("   "), rest[3:]...)}
			continue
		}
		doc.text = append(doc.text, rest...)
	}
	return append(docs, doc)
}

func marker(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

var yamlLine = regexp.MustCompile(`line (\d+)(: )?`)

// spot is a line of a file, from 1.
type spot struct {
	path string
	line int
}

func (s spot) String() string { return fmt.Sprintf("%s:%d", s.path, s.line) }

// place is the line that err speaks of, or else the document's first line.
func place(path string, doc document, err error) spot {
	line := doc.line
	if err != nil {
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				line += max(0, n-1)
			}
		}
	}
	return spot{path, line}
}

// said shortens err to one line without the line number, which the place has.
func said(err error) string {
	const most = 200
	text := strings.Join(strings.Fields(yamlLine.ReplaceAllString(err.Error(), "")), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// Documents splits a YAML stream into its documents, for those who read other kinds than a feed does.
func Documents(stream []byte) [][]byte {
	var out [][]byte
	for _, d := range documents(stream) {
		out = append(out, d.text)
	}
	return out
}
