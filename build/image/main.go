// SPDX-License-Identifier: Apache-2.0

// Command image packs a static binary and the root certificates into an OCI image, without a container engine.
//
// The result is one tar file that is both an OCI image layout and what `docker load` reads; the same inputs give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	set := flag.NewFlagSet("image", flag.ContinueOnError)
	binary := set.String("binary", "", "static binary for linux")
	certs := set.String("certs", "/etc/ssl/certs/ca-certificates.crt", "root certificates, from Debian's ca-certificates")
	out := set.String("out", "", "tar file to write")
	img := image{}
	set.StringVar(&img.arch, "arch", "amd64", "architecture of the binary")
	set.StringVar(&img.name, "name", "nafuda.io/nafuda:dev", "full name of the image, with its tag")
	set.StringVar(&img.revision, "revision", "", "commit that was built")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *binary == "" || *out == "" {
		return errors.New("give -binary and -out")
	}
	if img.binary, err = os.ReadFile(*binary); err != nil {
		return fmt.Errorf("read the binary: %w", err)
	}
	if img.certs, err = os.ReadFile(*certs); err != nil {
		return fmt.Errorf("read the certificates, install ca-certificates: %w", err)
	}
	f, err := os.Create(*out)
	if err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := img.write(f); err != nil {
		return fmt.Errorf("write the image %s: %w", *out, err)
	}
	fmt.Printf("%s: import it with: ctr -n k8s.io images import %s\n", *out, *out)
	return nil
}
