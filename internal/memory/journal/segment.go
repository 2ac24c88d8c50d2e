// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// segment is one file of the journal. Its name tells the first ID that it can have, so that names sort as the entries do.
type segment struct {
	first ID
	name  string
}

const (
	namePrefix = "journal-"
	nameSuffix = ".log"
	tmpSuffix  = ".tmp"
	cutSuffix  = ".cut"
	lockName   = "lock"
)

func newSegment(first ID) segment {
	return segment{first, fmt.Sprintf("%s%012d%s", namePrefix, first, nameSuffix)}
}

// segments lists the files of a journal, oldest first. Everything else in the directory is left alone.
func segments(dir string) ([]segment, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []segment
	for _, f := range files {
		digits, ok := strings.CutPrefix(f.Name(), namePrefix)
		digits, cut := strings.CutSuffix(digits, nameSuffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if s := newSegment(ID(first)); ok && cut && err == nil && first > 0 && s.name == f.Name() && f.Type().IsRegular() {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b segment) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// plain is an error's text without the path, which the damage names by its file.
func plain(err error) string {
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}
