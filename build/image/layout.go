// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"time"
)

// image is what goes into one image.
type image struct {
	binary, certs        []byte
	arch, name, revision string
}

const (
	user    = "65532:65532"
	passwd  = "nafuda:x:65532:65532:nafuda:/:/sbin/nologin\n"
	group   = "nafuda:x:65532:\n"
	typeTop = "application/vnd.oci.image.index.v1+json"
	typeMan = "application/vnd.oci.image.manifest.v1+json"
	typeCfg = "application/vnd.oci.image.config.v1+json"
	typeLay = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// descriptor names a blob: OCI image specification v1.1, descriptor.md.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type file struct {
	name string
	mode int64
	body []byte // nil for a folder
}

// write writes the image as an OCI image layout (image-layout.md) in a tar file, with docker's manifest.json beside it.
func (m image) write(w io.Writer) error {
	if len(m.binary) == 0 || !bytes.HasPrefix(m.binary, []byte("\x7fELF")) {
		return errors.New("the binary isn't one for linux: build it with GOOS=linux")
	}
	if !bytes.Contains(m.certs, []byte("-----BEGIN CERTIFICATE-----")) {
		return errors.New("the certificates aren't in PEM form: take Debian's /etc/ssl/certs/ca-certificates.crt")
	}
	plain, err := pack(m.root())
	if err != nil {
		return err
	}
	layer, err := squeeze(plain)
	if err != nil {
		return err
	}
	config, err := json.Marshal(m.config(digest(plain)))
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": typeMan,
		"config": describe(typeCfg, config), "layers": []descriptor{describe(typeLay, layer)},
	})
	if err != nil {
		return err
	}
	top := describe(typeMan, manifest)
	top.Platform = map[string]string{"os": "linux", "architecture": m.arch}
	// The first annotation is the layout's own, the second is what containerd names the image by.
	top.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag(m.name), "io.containerd.image.name": m.name}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typeTop, "manifests": []descriptor{top}})
	if err != nil {
		return err
	}
	docker, err := json.Marshal([]map[string]any{{
		"Config": blob(config), "RepoTags": []string{m.name}, "Layers": []string{blob(layer)},
	}})
	if err != nil {
		return err
	}
	out, err := pack([]file{
		{"oci-layout", 0o644, []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{"index.json", 0o644, index},
		{"manifest.json", 0o644, docker},
		{"blobs", 0o755, nil},
		{"blobs/sha256", 0o755, nil},
		{blob(config), 0o644, config},
		{blob(manifest), 0o644, manifest},
		{blob(layer), 0o644, layer},
	})
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// root is what the container sees.
func (m image) root() []file {
	return []file{
		{"etc", 0o755, nil},
		{"etc/group", 0o644, []byte(group)},
		{"etc/passwd", 0o644, []byte(passwd)},
		{"etc/ssl", 0o755, nil},
		{"etc/ssl/certs", 0o755, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, m.certs},
		{"nafuda", 0o755, m.binary},
	}
}

func (m image) config(diffID string) map[string]any {
	labels := map[string]string{"org.opencontainers.image.title": "nafuda", "org.opencontainers.image.licenses": "Apache-2.0"}
	if m.revision != "" {
		labels["org.opencontainers.image.revision"] = m.revision
	}
	return map[string]any{
		"created": time.Unix(0, 0).UTC().Format(time.RFC3339), "architecture": m.arch, "os": "linux",
		"config": map[string]any{
			"User": user, "Entrypoint": []string{"/nafuda"}, "WorkingDir": "/", "Labels": labels,
			"ExposedPorts": map[string]any{"7979/tcp": struct{}{}},
		},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{diffID}},
		"history": []map[string]string{{"created_by": "build/image"}},
	}
}

func pack(files []file) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.body)), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if f.body == nil {
			h.Typeflag, h.Name = tar.TypeDir, f.name+"/"
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return out.Bytes(), err
}

func squeeze(b []byte) ([]byte, error) {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func describe(mediaType string, b []byte) descriptor {
	return descriptor{MediaType: mediaType, Digest: digest(b), Size: len(b)}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func blob(b []byte) string { return "blobs/sha256/" + digest(b)[len("sha256:"):] }

// tag returns what follows the last colon of an image's name.
func tag(name string) string {
	base := path.Base(name)
	if i := strings.LastIndexByte(base, ':'); i >= 0 {
		return base[i+1:]
	}
	return "latest"
}
