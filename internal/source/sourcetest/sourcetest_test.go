// SPDX-License-Identifier: Apache-2.0

package sourcetest_test

import (
	"errors"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

const objects = `# a comment
kind: Node
metadata: {name: n1}
---
# nothing here
---
kind: List
items:
- {kind: Node, metadata: {name: n0}}
- {kind: Pod, metadata: {namespace: a, name: p}, spec: {nodeName: n1}}
`

func TestObjects(t *testing.T) {
	o, err := sourcetest.Decode([]byte(objects), kinds.All(source.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if nodes := o.Of(kinds.KindNode); len(nodes) != 2 || kinds.RefOf(nodes[0]).Name != "n0" {
		t.Errorf("the nodes are %v", nodes)
	}
	pod := endpoint.Ref{Kind: kinds.KindPod, Namespace: "a", Name: "p"}
	if obj, known := o.Get(pod); obj == nil || !known {
		t.Errorf("Get gives %v, %v", obj, known)
	}
	if obj, known := o.Get(endpoint.Ref{Kind: kinds.KindPod, Name: "p"}); obj != nil || !known {
		t.Errorf("a miss gives %v, %v", obj, known)
	}
	if objs, known := o.List(kinds.KindPod, kinds.ByNode, "n1"); len(objs) != 1 || !known {
		t.Errorf("List gives %v, %v", objs, known)
	}
	o.Hide(kinds.KindPod, source.ErrForbidden)
	if obj, known := o.Get(pod); obj != nil || known {
		t.Errorf("Get of a hidden kind gives %v, %v", obj, known)
	}
	if objs, known := o.List(kinds.KindPod, kinds.ByNode, "n1"); objs != nil || known {
		t.Errorf("List of a hidden kind gives %v, %v", objs, known)
	}
	if !errors.Is(o.Why(kinds.KindPod), source.ErrForbidden) || o.Why(kinds.KindNode) != nil {
		t.Errorf("why: %v, %v", o.Why(kinds.KindPod), o.Why(kinds.KindNode))
	}
}

func TestDecodeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"kind: Node\nmetadata: {name: n, nmae: x}": "nmae",
		"kind: Unheard": "Unheard isn't known",
		"kind: Node\nmetadata: {name: n}\n---\nkind: Node\nmetadata: {name: n}": "comes twice",
		"kind: [": "read document 0",
	} {
		if _, err := sourcetest.Decode([]byte(text), kinds.All(source.Options{})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}
