// SPDX-License-Identifier: Apache-2.0

package awsconf

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxText bounds the text of an error, in bytes.
const maxText = 1000

// secrets are replaced in this order: request ids, what a URL or a header of a signed request carries, key ids, and any run of
// characters that could be a key, a token or an encoded authorisation message.
var secrets = []struct {
	match *regexp.Regexp
	with  string
}{
	{regexp.MustCompile(`(?i),?\s*\(?\b(request|host)[ _-]?id["']?\s*[:=]\s*["']?[A-Za-z0-9+/=_-]*["']?\)?`), ""},
	{regexp.MustCompile(`(?i)</?(request|host)id>[^<]*`), ""},
	{regexp.MustCompile(`//[^/@\s"]+@`), "//"},
	{regexp.MustCompile(`\?[^\s"']*`), ""},
	{regexp.MustCompile(`(?i)\b(x-amz-security-token|x-amz-credential|x-amz-signature|credential|signature|authorization|session[_-]?token|secret[_-]?(access[_-]?)?key|access[_-]?key[_-]?id|password|token)\b(["']?\s*[:=]\s*)["']?[^\s,"'&]+`), "${1}${3}…"},
	{regexp.MustCompile(`\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}\b`), "…"},
	{regexp.MustCompile(`[A-Za-z0-9+/_=-]{40,}`), "…"},
}

// Scrub removes request ids and whatever may be a secret from a text, and shortens it to one line of at most 1,000 bytes.
// It would rather take too much than too little. Names and ARNs, which have dots and colons, stay.
func Scrub(text string) string {
	if len(text) > 8*maxText {
		text = text[:8*maxText]
	}
	text = strings.ToValidUTF8(text, "?")
	for _, s := range secrets {
		text = s.match.ReplaceAllString(text, s.with)
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f || r == ' ' }), " ")
	if len(text) > maxText {
		cut := maxText - len("…")
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return text
}
