// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxText  = 1 << 20 // bytes of arguments or of a manifest's variables
	maxWords = 10_000
)

// Words splits text as a POSIX shell does (POSIX.1-2024, Shell Command Language, section 2.2): at blanks and line breaks, with both kinds
// of quotes and the backslash, which also joins lines. Nothing is expanded. A leading name of the program is left out. Errors tell no
// part of the text.
func Words(text string) ([]string, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("read the arguments: they have more than %d bytes: give those of one container", maxText)
	}
	s := splitter{text: text}
	for s.at < len(text) {
		if err := s.step(); err != nil {
			return nil, fmt.Errorf("read the arguments: %w", err)
		}
		if len(s.words) > maxWords {
			return nil, fmt.Errorf("read the arguments: there are more than %d: give those of one container", maxWords)
		}
	}
	s.end()
	if len(s.words) > 0 && isProgram(s.words[0]) {
		return s.words[1:], nil
	}
	return s.words, nil
}

// isProgram reports whether a word is the name of ExternalDNS's program.
func isProgram(word string) bool { return word[strings.LastIndexByte(word, '/')+1:] == "external-dns" }

type splitter struct {
	text  string
	at    int
	word  strings.Builder
	open  bool // a word has begun; quotes begin an empty one
	words []string
}

// step takes what stands at the place: a blank, a quoted part, an escaped character or a plain one.
func (s *splitter) step() error {
	c := s.text[s.at]
	s.at++
	switch c {
	case ' ', '\t', '\n', '\r':
		s.end()
	case '\'':
		s.open = true
		n := strings.IndexByte(s.text[s.at:], '\'')
		if n < 0 {
			return errors.New("a single quote isn't closed: close it, or put a backslash before it")
		}
		s.word.WriteString(s.text[s.at : s.at+n])
		s.at += n + 1
	case '"':
		s.open = true
		return s.double()
	case '\\':
		s.escape()
	default:
		s.open = true
		s.word.WriteByte(c)
	}
	return nil
}

// double takes the rest of what stands in double quotes, where the backslash escapes only what would be special there.
func (s *splitter) double() error {
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return nil
		case c == '\\' && s.at < len(s.text) && strings.IndexByte("$`\"\\\n", s.text[s.at]) >= 0:
			if s.text[s.at] != '\n' {
				s.word.WriteByte(s.text[s.at])
			}
			s.at++
		default:
			s.word.WriteByte(c)
		}
	}
	return errors.New("a double quote isn't closed: close it, or put a backslash before it")
}

// escape takes the character after a backslash; a line break vanishes with it.
func (s *splitter) escape() {
	if s.at == len(s.text) {
		s.open = true
		s.word.WriteByte('\\')
		return
	}
	if rest := s.text[s.at:]; strings.HasPrefix(rest, "\r\n") {
		s.at += 2
	} else if s.at++; rest[0] != '\n' {
		s.open = true
		s.word.WriteByte(rest[0])
	}
}

func (s *splitter) end() {
	if s.open {
		s.words = append(s.words, s.word.String())
		s.word.Reset()
		s.open = false
	}
}

// Quote writes a word so that a shell reads it as it is.
func Quote(word string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:=@%+,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
