#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds CoreDNS, with the few plugins that main.go names, into the user's cache folder, where the tests look for it. What is there already
# isn't built again. It takes half a minute, and as long again to download.
set -euo pipefail
cd "$(dirname "$0")"
version=$(sed -n 's/^require github\.com\/coredns\/coredns v//p' go.mod)
[ -n "$version" ] || { echo "install.sh: go.mod doesn't require github.com/coredns/coredns on a line of its own" >&2; exit 1; }
case "$(uname)" in
Darwin) cache=$HOME/Library/Caches ;;
*) cache=${XDG_CACHE_HOME:-$HOME/.cache} ;;
esac
out=$cache/nafuda/coredns-$version
[ -x "$out" ] && exit
mkdir -p "$cache/nafuda"
part=$(mktemp "$cache/nafuda/coredns.XXXXXX") # the file appears under its name only when it is whole
trap 'rm -f "$part"' EXIT
CGO_ENABLED=0 nice go build -trimpath -ldflags '-s -w' -o "$part" .
mv "$part" "$out"
