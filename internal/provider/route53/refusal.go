// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// refused classifies the error of a ChangeResourceRecordSets call that sent a batch.
func refused(err error, b change.Batch) error {
	if known, ok := errors.AsType[*provider.Error](err); ok {
		return known
	}
	classified := awsconf.ClassifyWrite(err)
	e, ok := errors.AsType[*provider.Error](classified)
	if !ok || e.Class != provider.Rejected {
		return classified
	}
	messages := batchMessages(err)
	out := *e
	if len(messages) > 0 {
		out.Err = fmt.Errorf("Route 53 refuses the batch: %s", scrubbed(messages)) //nolint:staticcheck // a name
	}
	if full(err, messages) {
		out.Class = provider.Full
		return &out
	}
	named, rule := guarded(messages, b)
	stale := staleKeys(messages, b)
	switch {
	case len(stale) > 0:
		out.Class, out.Keys = provider.Stale, stale
	case rule != nil:
		out.Keys, out.Err, out.Guardrail = named, rule, true
	default:
		out.Keys = culprits(messages, b)
	}
	return &out
}

// scrubbed joins messages, without what may be a secret.
func scrubbed(messages []string) string { return awsconf.Scrub(strings.Join(messages, "; ")) }

// maxMessages bounds how many messages of one answer are read: a batch has at most a thousand changes.
const maxMessages = 2000

// batchMessages returns what Route 53 says about a batch: a list of messages, or one text with brackets around them.
func batchMessages(err error) []string {
	if batch, ok := errors.AsType[*types.InvalidChangeBatch](err); ok && len(batch.Messages) > 0 {
		return batch.Messages[:min(len(batch.Messages), maxMessages)]
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok && api.ErrorMessage() != "" {
		return []string{api.ErrorMessage()}
	}
	return nil
}

// What Route 53 says of one record set. Neither is documented; both are seen in the field.
var (
	staleSet = regexp.MustCompile(`Tried to (?:create|delete) resource record set \[([^\]]*)\] but (?:it already exists|it was not found|the values provided do not match the current values)`)
	setName  = regexp.MustCompile(`(?i)name='([^']*)'`)
	setType  = regexp.MustCompile(`(?i)type='([^']*)'`)
	setID    = regexp.MustCompile(`(?i)set-?\s?identifier='([^']*)'`)
)

// staleKeys finds the record sets of a batch that aren't at the service what the batch took them for.
func staleKeys(messages []string, b change.Batch) []record.Key {
	var out []record.Key
	sent := keys(b)
	for _, m := range messages {
		for _, found := range staleSet.FindAllStringSubmatch(m, maxMessages) {
			name, kind, id := group(setName, found[1]), group(setType, found[1]), group(setID, found[1])
			for _, k := range sent {
				if name != "" && k.Name == readName(name) && (kind == "" || string(k.Type) == kind) && (id == "" || k.ID == id) {
					out = append(out, k)
				}
			}
		}
	}
	return sorted(out)
}

func group(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// Parts of a message that name something other than the culprit, and the ways in which a message names one.
var (
	inZone    = regexp.MustCompile(`in zone [^\s,\]]+`)
	typedName = regexp.MustCompile(`type '?([A-Z]+)'? with DNS name ([^\s,\]']+)|record set '([A-Z]+) ([^\s']+)'|name='([^']*)', type='([A-Z]+)'`)
	anyName   = regexp.MustCompile(`[A-Za-z0-9_*\\-]+(?:\.[A-Za-z0-9_*\\-]+)*\.`)
)

// culprits finds the record sets of a batch that its messages complain of: those named with their type, else those with the
// name, as their own or their alias's target, else those with a value that is quoted.
func culprits(messages []string, b change.Batch) []record.Key {
	var out []record.Key
	for _, m := range messages {
		m = inZone.ReplaceAllString(m, "")
		found := typedCulprits(m, b)
		if len(found) == 0 {
			found = namedCulprits(m, b)
		}
		if len(found) == 0 {
			found = valuedCulprits(m, b)
		}
		out = append(out, found...)
	}
	return sorted(out)
}

func typedCulprits(m string, b change.Batch) []record.Key {
	var out []record.Key
	sent := keys(b)
	for _, f := range typedName.FindAllStringSubmatch(m, maxMessages) {
		for _, k := range sent {
			name, kind := f[2]+f[4]+f[5], f[1]+f[3]+f[6]
			if k.Name == readName(name) && string(k.Type) == kind {
				out = append(out, k)
			}
		}
	}
	return out
}

func namedCulprits(m string, b change.Batch) []record.Key {
	said := make(map[string]bool)
	for _, n := range anyName.FindAllString(m, maxMessages) {
		said[string(readName(n))] = true
	}
	var out []record.Key
	for _, c := range b.Changes() {
		alias := c.After != nil && c.After.Alias != nil && said[string(c.After.Alias.Target)]
		if said[string(c.Key().Name)] || alias {
			out = append(out, c.Key())
		}
	}
	return out
}

func valuedCulprits(m string, b change.Batch) []record.Key {
	var out []record.Key
	for _, c := range b.Changes() {
		if c.After != nil && slices.ContainsFunc(writeValues(*c.After), func(v string) bool { return strings.Contains(m, "'"+v+"'") }) {
			out = append(out, c.Key())
		}
	}
	return out
}

func keys(b change.Batch) []record.Key {
	var out []record.Key
	for _, c := range b.Changes() {
		out = append(out, c.Key())
	}
	return out
}

func sorted(keys []record.Key) []record.Key {
	slices.SortFunc(keys, record.Key.Compare)
	return slices.Compact(keys)
}
