// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Signed checks a request's signature against the secret of the key that it names (IAM User Guide, "Create a signed AWS API request"),
// so that a secret that was cut or mixed up on its way is found out. The body can be read again afterwards. The administrator's key has no
// secret here and needs no signature.
func (s *Server) Signed(r *http.Request) error {
	m := regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\w+)/((\d{8})/([\w-]+)/(\w+)/aws4_request), *SignedHeaders=([\w;-]+), *Signature=([0-9a-f]+)$`).
		FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return refuse(http.StatusForbidden, "IncompleteSignature", "The Authorization header isn't a signature of version 4.")
	}
	if m[1] == AdminKey {
		return nil
	}
	secret, err := s.secret(m[1])
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, mostBody))
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.Sum256(canonical(r, strings.Split(m[6], ";"), m[6], body))
	toSign := "AWS4-HMAC-SHA256\n" + r.Header.Get("X-Amz-Date") + "\n" + m[2] + "\n" + hex.EncodeToString(sum[:])
	key := []byte("AWS4" + secret)
	for _, part := range []string{m[3], m[4], m[5], "aws4_request", toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if hex.EncodeToString(key) != m[7] {
		return refuse(http.StatusForbidden, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.")
	}
	return nil
}

func (s *Server) secret(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if i := slices.IndexFunc(u.keys, func(k key) bool { return k.id == id }); i >= 0 {
			return u.keys[i].secret, nil
		}
	}
	return "", refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

// canonical is a request as it is signed: method, path, query, the signed headers, their names, and the body's hash.
func canonical(r *http.Request, names []string, list string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n%s\n%s\n", r.Method, escape(r.URL.EscapedPath()), strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20"))
	for _, name := range names {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		fmt.Fprintf(&b, "%s:%s\n", name, strings.Join(strings.Fields(value), " "))
	}
	sum := sha256.Sum256(body)
	fmt.Fprintf(&b, "\n%s\n%s", list, hex.EncodeToString(sum[:]))
	return b.Bytes()
}

// escape writes all but letters, digits and - . _ ~ / as % and two hexadecimal digits.
func escape(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}
