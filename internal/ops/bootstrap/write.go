// SPDX-License-Identifier: Apache-2.0

package bootstrap

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
	"path/filepath"
)

// recordFile remembers what was written, so that what a person has changed since is known.
const recordFile = ".nafuda-bootstrap.json"

// mostBytes bounds what is read of a file that we may have written.
const mostBytes = 1 << 20

// Written says what became of a file.
type Written struct {
	Name string
	What string // "written", "rewritten" or "as it is"
}

// Write puts files into a folder, which is made where it isn't there. A file that isn't as we left it is never written over: then
// nothing at all is written, and the error names each such file, where it differs first, and how to take ours.
func Write(dir string, files []File) ([]Written, error) {
	record, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	var errs []error
	out := make([]Written, 0, len(files))
	for _, f := range files {
		what, err := look(filepath.Join(dir, f.Name), f, record[f.Name])
		errs = append(errs, err)
		out = append(out, Written{f.Name, what})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // what is in it is no secret
		return nil, fmt.Errorf("make the folder: %w", err)
	}
	for i, f := range files {
		record[f.Name] = sum(f.Content)
		if out[i].What == asItIs {
			continue
		}
		if err := put(dir, f); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", recordFile, err)
	}
	return out, put(dir, File{recordFile, 0o644, append(text, '\n')})
}

const asItIs = "as it is"

func look(path string, f File, was string) (string, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "written", nil
	}
	if err != nil {
		return "", fmt.Errorf("look at %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("write %s: something is there that isn't a file: move it away, or choose another --dir", path)
	}
	there, err := read(path)
	if err != nil {
		return "", err
	}
	switch {
	case bytes.Equal(there, f.Content):
		return asItIs, nil
	case was != "" && sum(there) == was:
		return "rewritten", nil
	default:
		line, mine, theirs := differ(f.Content, there)
		return "", fmt.Errorf("write %s: it isn't as bootstrap left it: line %d is %q, ours is %q: to take ours, move it away and run this again", path, line, theirs, mine)
	}
}

// differ finds the first line in which two texts differ.
func differ(a, b []byte) (line int, inA, inB string) {
	la, lb := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	at := func(l [][]byte, i int) string {
		if i >= len(l) {
			return ""
		}
		const most = 80
		return string(l[i][:min(len(l[i]), most)])
	}
	for i := range max(len(la), len(lb)) {
		if x, y := at(la, i), at(lb, i); x != y || i >= len(la) || i >= len(lb) {
			return i + 1, x, y
		}
	}
	return 0, "", ""
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read what is there: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(b) > mostBytes {
		err = fmt.Errorf("%s has more than %d bytes, which we never write: move it away", path, mostBytes)
	}
	return b, err
}

func readRecord(dir string) (map[string]string, error) {
	record := make(map[string]string)
	b, err := read(filepath.Join(dir, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return record, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &record)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: move it away, then every file that differs is kept", recordFile, err)
	}
	if record == nil {
		record = make(map[string]string)
	}
	return record, nil
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// put writes a file whole or not at all.
func put(dir string, f File) error {
	tmp, err := os.CreateTemp(dir, ".nafuda-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone where all went well
	_, err = tmp.Write(f.Content)
	if err := errors.Join(err, tmp.Chmod(f.Mode), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	if err := os.Rename(tmp.Name(), filepath.Join(dir, f.Name)); err != nil {
		return fmt.Errorf("write %s: %w", f.Name, err)
	}
	return nil
}
