// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
)

// A record is a line: the length of its JSON and the CRC-32C (RFC 3720 appendix B.4) of its JSON, eight hexadecimal digits and a
// space each, the JSON, and a newline, which JSON never contains.
const (
	headLen = 18
	maxBody = 16 << 20 // far above a batch of 1,000 changes, the most that Route 53 takes
)

func head(body []byte) string {
	return fmt.Sprintf("%08x %08x ", len(body), crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func frame(body []byte) ([]byte, error) {
	if len(body) > maxBody {
		return nil, fmt.Errorf("the record has %d bytes, more than %d: send smaller batches", len(body), maxBody)
	}
	line := append(make([]byte, 0, headLen+len(body)+1), head(body)...)
	return append(append(line, body...), '\n'), nil
}

// unframe returns the JSON of the record that b begins with; false if there is no whole one.
func unframe(b []byte) ([]byte, bool) {
	if len(b) < headLen {
		return nil, false
	}
	n, err := strconv.ParseUint(string(b[:8]), 16, 32)
	if err != nil || n > maxBody || headLen+int(n) > len(b) {
		return nil, false
	}
	body := b[headLen : headLen+int(n)]
	return body, string(b[:headLen]) == head(body) // compared as text: one spelling only
}

// piece is a stretch of a file: a record or bytes that aren't one.
type piece struct {
	at, size int64  // without the newline of a record, with that of a damaged line
	body     []byte // nil: damaged; valid until the next call
	ended    bool   // a newline ends it, or more follows; a damaged piece that isn't ended is the file's end
}

// scanner cuts a file into pieces. Its memory is bounded by the longest record. A length before each record lets it find the
// next one even where the newline between them is damaged.
type scanner struct {
	in   *bufio.Reader
	buf  []byte
	rest []byte // of the current line
	at   int64  // where rest begins
	junk bool   // rest begins with a byte that should have been a newline
}

func newScanner(r io.Reader) *scanner { return &scanner{in: bufio.NewReaderSize(r, 64<<10)} }

// next returns the next piece, or io.EOF.
func (s *scanner) next() (piece, error) {
	if len(s.rest) == 0 {
		if over, err := s.line(); err != nil || over.size > 0 {
			return over, err
		}
	}
	if s.junk {
		s.junk = false
		return s.take(1, piece{ended: len(s.rest) > 1}), nil
	}
	body, ok := unframe(s.rest)
	if !ok {
		return s.take(len(s.rest), piece{ended: s.rest[len(s.rest)-1] == '\n'}), nil
	}
	n := headLen + len(body)
	p := piece{body: body}
	if n < len(s.rest) {
		p.ended = s.rest[n] == '\n'
		s.junk = !p.ended
	}
	p = s.take(n, p)
	if p.ended {
		s.take(1, piece{})
	}
	return p, nil
}

func (s *scanner) take(n int, p piece) piece {
	p.at, p.size = s.at, int64(n)
	s.at += int64(n)
	s.rest = s.rest[n:]
	return p
}

// line reads the next line into rest. A line longer than any record comes back as a damaged piece.
func (s *scanner) line() (over piece, err error) {
	const longest = 2 * (headLen + maxBody + 1) // two records, and the newline between them damaged
	size, ended := int64(0), false
	s.buf = s.buf[:0]
	for !ended {
		chunk, err := s.in.ReadSlice('\n')
		size += int64(len(chunk))
		ended = err == nil
		if size <= longest {
			s.buf = append(s.buf, chunk...)
		}
		if errors.Is(err, io.EOF) && size > 0 {
			break
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return piece{}, err
		}
	}
	if size > longest {
		over = piece{at: s.at, size: size, ended: ended}
		s.at += size
		return over, nil
	}
	s.rest = s.buf
	return piece{}, nil
}
