// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"maps"
	"sync"
)

// known remembers the ids of services, by namespace and name, so that a change needn't list a whole namespace. An id that is no
// longer right is found out by the read that every change begins with.
type known struct {
	mu  sync.Mutex
	ids map[string]map[string]string
}

func newKnown() *known { return &known{ids: make(map[string]map[string]string)} }

// replace enters a whole listing of a namespace.
func (k *known) replace(namespace string, ids map[string]string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ids[namespace] = maps.Clone(ids)
}

// set enters the id of one service; an empty id forgets it.
func (k *known) set(namespace, name, id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.ids[namespace] == nil {
		k.ids[namespace] = make(map[string]string)
	}
	if id == "" {
		delete(k.ids[namespace], name)
		return
	}
	k.ids[namespace][name] = id
}

func (k *known) get(namespace, name string) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ids[namespace][name]
}
