// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() image {
	return image{
		binary: []byte("\x7fELF binary"), certs: []byte("-----BEGIN CERTIFICATE-----\n"), arch: "arm64",
		name: "registry.example.com:5000/nafuda:v1", revision: "abc",
	}
}

func unpack(t *testing.T, r io.Reader) map[string]*tar.Header {
	t.Helper()
	out := make(map[string]*tar.Header)
	for name, f := range files(t, r) {
		out[name] = f.header
	}
	return out
}

type entry struct {
	header *tar.Header
	body   []byte
}

func files(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	out := make(map[string]entry)
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = entry{h, body}
	}
}

func decode[T any](t *testing.T, raw []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// The way a runtime goes: layout, index, manifest, configuration, layer; each blob is what its digest says.
func TestLayout(t *testing.T) {
	var out bytes.Buffer
	if err := sample().write(&out); err != nil {
		t.Fatal(err)
	}
	all := files(t, &out)
	load := func(d descriptor) []byte {
		t.Helper()
		body := all["blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:")].body
		if digest(body) != d.Digest || len(body) != d.Size {
			t.Fatalf("blob %s isn't what it is called", d.Digest)
		}
		return body
	}
	if got := decode[map[string]string](t, all["oci-layout"].body)["imageLayoutVersion"]; got != "1.0.0" {
		t.Errorf("layout version %q", got)
	}
	index := decode[struct{ Manifests []descriptor }](t, all["index.json"].body)
	if len(index.Manifests) != 1 {
		t.Fatalf("%d manifests", len(index.Manifests))
	}
	top := index.Manifests[0]
	want := map[string]string{"org.opencontainers.image.ref.name": "v1", "io.containerd.image.name": "registry.example.com:5000/nafuda:v1"}
	if diff := cmp.Diff(want, top.Annotations); diff != "" || top.Platform["architecture"] != "arm64" {
		t.Errorf("index names the image otherwise, platform %v (-want +got):\n%s", top.Platform, diff)
	}
	manifest := decode[struct {
		Config descriptor
		Layers []descriptor
	}](t, load(top))
	config := decode[struct {
		Architecture, OS string
		Config           struct {
			User       string
			Entrypoint []string
		}
		Rootfs struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}](t, load(manifest.Config))
	if config.Architecture != "arm64" || config.OS != "linux" || config.Config.User != "65532:65532" || !cmp.Equal(config.Config.Entrypoint, []string{"/nafuda"}) {
		t.Errorf("configuration %+v", config)
	}
	zr, err := gzip.NewReader(bytes.NewReader(load(manifest.Layers[0])))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(config.Rootfs.DiffIDs, []string{digest(plain)}) {
		t.Errorf("diff ids %v", config.Rootfs.DiffIDs)
	}
	root := unpack(t, bytes.NewReader(plain))
	if h := root["nafuda"]; h == nil || h.Mode != 0o755 || h.Uid != 0 {
		t.Errorf("binary %+v: it must be executable, and not the user's to change", h)
	}
	if root["etc/ssl/certs/ca-certificates.crt"] == nil || root["etc/passwd"] == nil || len(root) != 7 {
		t.Errorf("root has %d entries", len(root))
	}
	docker := decode[[]struct {
		Config   string
		RepoTags []string
		Layers   []string
	}](t, all["manifest.json"].body)
	if len(docker) != 1 || all[docker[0].Config].body == nil || all[docker[0].Layers[0]].body == nil || docker[0].RepoTags[0] != "registry.example.com:5000/nafuda:v1" {
		t.Errorf("manifest.json %+v", docker)
	}
}

func TestSameInputsGiveTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(sample().write(&a), sample().write(&b)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two images of the same inputs differ")
	}
}

func TestWrongInputs(t *testing.T) {
	noELF, noPEM := sample(), sample()
	noELF.binary, noPEM.certs = []byte("MZ"), nil
	for _, m := range []image{noELF, noPEM} {
		if err := m.write(io.Discard); err == nil {
			t.Errorf("wrote %q with certificates %q", m.binary, m.certs)
		}
	}
}

func TestTag(t *testing.T) {
	for name, want := range map[string]string{"a/b:v1": "v1", "host:5000/b": "latest", "host:5000/b:v2": "v2", "b": "latest"} {
		if got := tag(name); got != want {
			t.Errorf("tag of %s is %q, want %q", name, got, want)
		}
	}
}
