// SPDX-License-Identifier: Apache-2.0

package source

import (
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
)

// Elsewhere tells which other controller the annotations of an object name; none: it is ours.
func (o Options) Elsewhere(ref endpoint.Ref, annotations map[string]string) reason.Reason {
	if n, ok := o.gather(annotations)["controller"]; ok && n.value != ourController {
		return reason.New(reason.OtherControl, "the annotation %s of %s names the controller %q", n.key, ref, Short(n.value))
	}
	return reason.Reason{}
}

// NoHost tells why an object names no host: an annotation that would may be under a prefix that isn't read, be misspelt, or be
// left out by the options.
func (o Options) NoHost(ref endpoint.Ref, annotations map[string]string) reason.Reason {
	hosts := []string{"hostname", "internal-hostname"}
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		slash := strings.LastIndexByte(key, '/') + 1
		prefix, name := key[:slash], key[slash:]
		switch read := slices.Contains(o.prefixes(), prefix); {
		case read && o.IgnoreHostnameAnnotation && slices.Contains(hosts, name):
			return reason.New(reason.Filtered, "the annotation %s of %s isn't read (--ignore-hostname-annotation)", key, ref)
		case !read && slices.Contains(hosts, name):
			return reason.New(reason.Filtered, "the annotation %s of %s isn't read (--annotation-prefix=%s)", key, ref, o.AnnotationPrefix)
		case read && !slices.Contains(hosts, name):
			if meant := spelling.Nearest(name, slices.Clone(hosts)); meant != "" {
				return reason.New(reason.NoHost, "%s names no host; its annotation %s isn't one that is read: did you mean %s?", ref, Short(key), prefix+meant)
			}
		}
	}
	return reason.New(reason.NoHost, "%s names no host", ref)
}
