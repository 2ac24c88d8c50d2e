// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/ops/migrate"
)

func TestWords(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
		err  string
		why  string
	}{
		"blanks":             {text: " --a=1\t--b \r\n --c\n", want: []string{"--a=1", "--b", "--c"}, why: "blanks and line breaks separate"},
		"single quotes":      {text: `--a='x "y" \z $w'`, want: []string{`--a=x "y" \z $w`}, why: "all within is as it is"},
		"double quotes":      {text: `--a="x 'y' \"z\" \$ \q \\"`, want: []string{`--a=x 'y' "z" $ \q \`}, why: "the backslash escapes only what is special"},
		"backslash":          {text: `--a=x\ y\'z`, want: []string{`--a=x y'z`}, why: "it takes the next character as it is"},
		"joined lines":       {text: "--a \\\n  --b=1\\\n2", want: []string{"--a", "--b=12"}, why: "a backslash before a line break joins the lines"},
		"joined lines, CR":   {text: "--a \\\r\n--b", want: []string{"--a", "--b"}, why: "pasted from another system"},
		"joined in quotes":   {text: "--a=\"x\\\ny\"", want: []string{"--a=xy"}, why: "in double quotes too"},
		"adjacent":           {text: `--a='x'"y"z`, want: []string{"--a=xyz"}, why: "they are one word"},
		"empty":              {text: `--a '' ""`, want: []string{"--a", "", ""}, why: "quotes make an empty word"},
		"nothing":            {text: " \n", why: "there is none"},
		"template":           {text: "--txt-prefix=%{record_type}-own. --x=$(ID)", want: []string{"--txt-prefix=%{record_type}-own.", "--x=$(ID)"}, why: "nothing is expanded here"},
		"the program":        {text: "/bin/external-dns --a", want: []string{"--a"}, why: "pasted with the command"},
		"last backslash":     {text: `--a\`, want: []string{`--a\`}, why: "as a shell has it"},
		"comma and asterisk": {text: `--a=b,c --d=*.example.com`, want: []string{"--a=b,c", "--d=*.example.com"}, why: "no file names are made"},
		"open single":        {text: `--a='secret`, err: "a single quote isn't closed", why: "what follows isn't known"},
		"open double":        {text: `--a="secret\"`, err: "a double quote isn't closed", why: "the escaped one doesn't close"},
		"too long":           {text: strings.Repeat("x", 1<<20+1), err: "more than 1048576 bytes", why: "what is read is bounded"},
		"too many":           {text: strings.Repeat("x ", 10_001), err: "more than 10000", why: "what is read is bounded"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := migrate.Words(tt.text)
			if diff := cmp.Diff(tt.want, got); tt.err == "" && diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
			if (err != nil) != (tt.err != "") || err != nil && (!strings.Contains(err.Error(), tt.err) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("%s: %v, want %q", tt.why, err, tt.err)
			}
		})
	}
}

// TestWordsAsAShell asks a real shell what it makes of words that are put together from what is special in one.
func TestWordsAsAShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{"a", "b", " ", "\t", "'", `"`, `\`, "\\\n", "=", "--", "%", "é"} // a bare line break would end the command
	var texts []string
	rapid.Check(t, func(rt *rapid.T) {
		texts = append(texts, strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts), 0, 12).Draw(rt, "parts"), ""))
	})
	checked := 0
	for _, text := range texts {
		words, err := migrate.Words(text)
		bare := strings.ReplaceAll(strings.ReplaceAll(text, `\\`, ""), "\\\n", "")
		if err != nil || strings.HasSuffix(text, `\`) || strings.Contains(bare, "\n") {
			continue // these would join our next line, or end the command
		}
		checked++
		out, err := exec.Command(sh, "-c", "set -- "+text+"\nfor w; do printf '%s\\0' \"$w\"; done").Output()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := strings.Split(string(out), "\x00")
		want = want[:len(want)-1]
		if !slices.Equal(want, words) {
			t.Errorf("%q: the shell has %q, we have %q", text, want, words)
		}
	}
	if checked < len(texts)/4 || checked == 0 {
		t.Errorf("only %d of %d texts were compared", checked, len(texts))
	}
}

// FuzzWords: whatever the text, quoted words are read back as they were.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"--a=1 --b", `'x' "y" \z`, "--a=$(X)", "a\\\nb", "é ''"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, err := migrate.Words(text)
		if err != nil || len(words) == 0 || words[0] == "external-dns" || strings.HasSuffix(words[0], "/external-dns") {
			return
		}
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, migrate.Quote(w))
		}
		again, err := migrate.Words(strings.Join(quoted, " "))
		if diff := cmp.Diff(words, again); err != nil || diff != "" {
			t.Errorf("%v -words +read back:\n%s", err, diff)
		}
		if utf8.ValidString(text) && slices.ContainsFunc(words, func(w string) bool { return !utf8.ValidString(w) }) {
			t.Errorf("%q isn't text any more", words)
		}
	})
}

func TestExpand(t *testing.T) {
	known := map[string]string{"ID": "Z1", "EMPTY": "", "SELF": "$(ID)"}
	tests := map[string]struct {
		text, want string
		missing    []string
		why        string
	}{
		"value":       {text: "--a=$(ID)", want: "--a=Z1", why: "the reference set-up has such arguments"},
		"twice":       {text: "$(ID)$(ID)", want: "Z1Z1", why: "each is expanded"},
		"empty":       {text: "--a=$(EMPTY)", want: "--a=", why: "it has a value, the empty one"},
		"once only":   {text: "$(SELF)", want: "$(ID)", why: "values aren't expanded again"},
		"escaped":     {text: "$$(ID)", want: "$(ID)", why: "two dollars are one"},
		"unknown":     {text: "$(B)$(A)$(A)", want: "$(B)$(A)$(A)", missing: []string{"A", "B"}, why: "they stay, and are told"},
		"shell's way": {text: "$ID ${ID} $", want: "$ID ${ID} $", why: "Kubernetes doesn't know them"},
		"open":        {text: "$(ID", want: "$(ID", why: "it isn't closed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, missing := migrate.Expand(tt.text, known)
			if got != tt.want || !slices.Equal(missing, tt.missing) {
				t.Errorf("%q %q, want %q %q: %s", got, missing, tt.want, tt.missing, tt.why)
			}
		})
	}
}
