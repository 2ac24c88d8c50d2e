// SPDX-License-Identifier: Apache-2.0

package selector

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Parse reads a selector: requirements with commas between them, each of them KEY, !KEY, KEY=VALUE, KEY==VALUE, KEY!=VALUE,
// KEY in (VALUE,...), KEY notin (VALUE,...), KEY>NUMBER or KEY<NUMBER. Empty text wants everything. A value has no space
// and none of the characters =!(),<> in it. The error names what was found where.
func Parse(text string) (Selector, error) {
	p := parser{tokens: split(text)}
	var s Selector
	if p.peek() == "" {
		return s, nil
	}
	for {
		r, err := p.requirement()
		if err != nil {
			return Selector{}, fmt.Errorf("read the selector %q: %w", text, err)
		}
		s.all = append(s.all, r)
		switch t := p.next(); t {
		case "":
			return s, nil
		case ",":
		default:
			return Selector{}, fmt.Errorf("read the selector %q: %q follows a requirement; put a comma between two", text, t)
		}
	}
}

const special = "=!(),<>"

// split cuts text into words and operators. White space only separates.
func split(text string) []string {
	var tokens []string
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		if text == "" {
			return tokens
		}
		n := strings.IndexAny(text, special+" \t\r\n")
		switch {
		case n < 0:
			n = len(text)
		case n == 0 && (strings.HasPrefix(text, "==") || strings.HasPrefix(text, "!=")):
			n = 2
		case n == 0:
			n = 1
		}
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
}

type parser struct{ tokens []string }

// peek returns the next token, or nothing at the end.
func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

func isWord(token string) bool { return token != "" && !strings.ContainsAny(token[:1], special) }

func (p *parser) requirement() (requirement, error) {
	not := p.peek() == "!"
	if not {
		p.next()
	}
	key := p.next()
	if !isWord(key) {
		return requirement{}, fmt.Errorf("found %q where a key belongs", key)
	}
	if errs := validation.IsQualifiedName(key); len(errs) > 0 {
		return requirement{}, fmt.Errorf("%q isn't a key: %s", key, errs[0])
	}
	r := requirement{key: key, op: exists}
	if not {
		r.op = absent
		return r, nil
	}
	if t := p.peek(); t == "" || t == "," {
		return r, nil
	}
	err := p.comparison(&r)
	return r, err
}

func (p *parser) comparison(r *requirement) (err error) {
	op := p.next()
	var known bool
	if r.op, known = operatorOf(op); !known {
		return fmt.Errorf("found %q after %q where =, ==, !=, in, notin, < or > belongs", op, r.key)
	}
	if op == "in" || op == "notin" {
		r.values, err = p.list()
		return err
	}
	value := ""
	if t := p.peek(); t != "" && t != "," {
		if value = p.next(); !isWord(value) {
			return fmt.Errorf("found %q after %q where a value belongs", value, op)
		}
	}
	r.values = []string{value}
	if r.op == greater || r.op == less {
		if r.bound, err = strconv.ParseInt(value, 10, 64); err != nil {
			return fmt.Errorf("%q after %q isn't a whole number", value, op)
		}
	}
	return nil
}

func operatorOf(text string) (o operator, known bool) {
	switch text {
	case "=", "==", "in":
		return in, true
	case "!=", "notin":
		return notIn, true
	case ">":
		return greater, true
	case "<":
		return less, true
	default:
		return o, false
	}
}

// list reads values in brackets. A value may be empty.
func (p *parser) list() ([]string, error) {
	if t := p.next(); t != "(" {
		return nil, fmt.Errorf("found %q where ( belongs", t)
	}
	var values []string
	for {
		value := ""
		if isWord(p.peek()) {
			value = p.next()
		}
		values = append(values, value)
		switch t := p.next(); t {
		case ",":
		case ")":
			return values, nil
		default:
			return nil, fmt.Errorf("found %q in a list where a comma or ) belongs", t)
		}
	}
}
