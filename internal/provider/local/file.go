// SPDX-License-Identifier: Apache-2.0

package local

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

const (
	private = 0o600
	// head begins a zone's file: the word, the checksum of what follows, and the end of the line.
	head = "nafuda-zone-1 "
	// mostFile bounds what is read of a zone's file, in bytes: some million record sets.
	mostFile = 512 << 20
)

// saved is what a zone's file says.
type saved struct {
	Zone    dnsname.Name `json:"zone"`
	Serial  uint32       `json:"serial"`
	Ceiling uint32       `json:"ceiling"`           // no serial after it has been given out
	Clean   bool         `json:"clean"`             // nothing has been given out after Serial
	Filling bool         `json:"filling,omitempty"` // not everything that belongs into it is there
	Ours    []savedSet   `json:"ours"`              // what we put into the zone ourselves
	Sets    []savedSet   `json:"sets"`
}

type savedSet struct {
	Name   dnsname.Name `json:"name"`
	Type   record.Type  `json:"type"`
	TTL    uint32       `json:"ttl"`
	Values []string     `json:"values"`
}

func save(sets []record.Set) []savedSet {
	out := make([]savedSet, 0, len(sets))
	for _, s := range sets {
		out = append(out, savedSet{s.Name, s.Type, s.TTL, s.Values})
	}
	return out
}

func equalSaved(a, b []savedSet) bool {
	return slices.EqualFunc(a, b, func(a, b savedSet) bool {
		return a.Name == b.Name && a.Type == b.Type && a.TTL == b.TTL && slices.Equal(a.Values, b.Values)
	})
}

func encode(s saved) ([]byte, error) {
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return signed(body), nil
}

// signed puts the head before a text.
func signed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return slices.Concat([]byte(head+hex.EncodeToString(sum[:])+"\n"), body)
}

// errDamaged is a file that isn't as we wrote it.
var errDamaged = errors.New("the file isn't as we wrote it")

// decode reads what encode wrote of a zone; the data may be anybody's.
func decode(data []byte, zone dnsname.Name) (saved, error) {
	line, body, found := bytes.Cut(data, []byte("\n"))
	sum := sha256.Sum256(body)
	if !found || string(line) != head+hex.EncodeToString(sum[:]) {
		return saved{}, errDamaged
	}
	var s saved
	if err := json.Unmarshal(body, &s); err != nil {
		return saved{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if s.Zone != zone {
		return saved{}, fmt.Errorf("%w: it is of the zone %s", errDamaged, s.Zone)
	}
	for _, set := range s.Sets {
		if n, err := dnsname.Parse(string(set.Name)); err != nil || n != set.Name || !n.In(zone) || len(set.Values) == 0 {
			return saved{}, fmt.Errorf("%w: it has %q", errDamaged, set.Name)
		}
	}
	return s, nil
}

// readFile reads a zone's file of a folder; false where there is none.
func readFile(dir string, zone dnsname.Name) (s saved, there bool, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return saved{}, false, nil
	}
	if err != nil {
		return saved{}, false, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(fileName(zone)) // before it is opened: a pipe would wait for its writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return saved{}, false, nil
	case err != nil:
		return saved{}, false, err
	case !info.Mode().IsRegular() || info.Size() > mostFile:
		return saved{}, true, errDamaged
	}
	f, err := root.Open(fileName(zone))
	if err != nil {
		return saved{}, false, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, mostFile))
	if err != nil {
		return saved{}, false, err
	}
	s, err = decode(data, zone)
	return s, true, err
}

func fileName(zone dnsname.Name) string { return string(zone) + ".zone" }

// writeFile returns once the bytes are safe. Whatever happens meanwhile, readFile finds them or those before, never a mixture.
func writeFile(dir string, s saved) error {
	data, err := encode(s)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	name, fresh := fileName(s.Zone), fileName(s.Zone)+".new"
	f, err := root.OpenFile(fresh, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, private)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := root.Rename(fresh, name); err != nil {
		return err
	}
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
