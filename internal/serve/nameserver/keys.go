// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// maxKeyFile bounds what is read of a key's file, in bytes.
const maxKeyFile = 4096

// keySpec is one --dns-tsig-key.
type keySpec struct{ name, algorithm, source string }

func parseKey(text string) (keySpec, error) {
	f := strings.SplitN(text, ":", 3)
	if len(f) != 3 || f[2] == "" {
		return keySpec{}, errors.New("it isn't NAME:ALGORITHM:FILE")
	}
	name, err := dnsname.Parse(strings.TrimSuffix(f[0], "."))
	if err != nil || name == "" {
		return keySpec{}, errors.New("before the first colon there isn't a key's name")
	}
	k := keySpec{name: name.FQDN(), algorithm: dns.Fqdn(strings.ToLower(f[1])), source: f[2]}
	if algorithm(k.algorithm) == nil {
		return keySpec{}, errors.New("the algorithm must be hmac-sha224, hmac-sha256, hmac-sha384 or hmac-sha512")
	}
	return k, nil
}

// Load reads the secrets of the keys and returns the options with them. A secret is base64, as tsig-keygen and keymgr write it; its
// source is a file, or a variable as env:NAME. No error has a secret.
func (o Options) Load() (Options, error) {
	o.keys = make(keyring, len(o.Keys))
	var errs []error
	for _, text := range o.Keys {
		spec, err := parseKey(text)
		if err != nil {
			continue // Check has told
		}
		secret, err := readSecret(spec.source)
		if err != nil {
			errs = append(errs, fmt.Errorf("--dns-tsig-key=%s: %w", shown(text), err))
			continue
		}
		o.keys[spec.name] = newKey(spec.algorithm, secret)
	}
	return o, errors.Join(errs...)
}

// shown is as much of a key as may be told: its name. Who mistakes the order, or writes the secret where its file belongs, finds it in no log.
func shown(text string) string {
	name, _, found := strings.Cut(text, ":")
	if _, err := dnsname.Parse(name); !found || err != nil {
		return "..."
	}
	return name + ":..."
}

func readSecret(source string) ([]byte, error) {
	var text []byte
	if variable, ok := strings.CutPrefix(source, "env:"); ok {
		text = []byte(os.Getenv(variable))
	} else {
		f, err := os.Open(source)
		if err != nil {
			return nil, unreadable(err)
		}
		defer f.Close()
		if text, err = io.ReadAll(io.LimitReader(f, maxKeyFile)); err != nil {
			return nil, unreadable(err)
		}
	}
	secret, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(secret) == 0 {
		return nil, errors.New("the secret isn't base64: put only the secret there, as tsig-keygen or keymgr wrote it")
	}
	return secret, nil
}

// unreadable leaves out of an error the file's name, which may be a secret.
func unreadable(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return fmt.Errorf("read the file of its secret: %w: write the file's name behind the second colon, and the secret into the file", err)
}
