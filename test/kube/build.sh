#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [FOLDER]   Builds kube-apiserver, from the module in FOLDER (apiserver, the default, or apiserver-1.31), and etcd
# into the user's cache folder, where the tests look for them. What is there already isn't built again.
# A cold build takes about 8 minutes on two cores and 2.3 GB of memory.
set -euo pipefail
cd "$(dirname "$0")"
folder=${1:-apiserver}
version=$(sed -n 's/^require k8s\.io\/kubernetes v//p' "$folder/go.mod")
[ -n "$version" ] || { echo "build.sh: $folder/go.mod doesn't require k8s.io/kubernetes on a line of its own" >&2; exit 1; }
case "$(uname)" in
Darwin) cache=$HOME/Library/Caches ;;
*) cache=${XDG_CACHE_HOME:-$HOME/.cache} ;;
esac
out=$cache/nafuda/kube-$version
mkdir -p "$out"

# build FOLDER PACKAGE NAME: the file appears under its name only when it is whole.
build() {
	[ -x "$out/$3" ] && return
	echo "build.sh: building $3 into $out" >&2
	(cd "$1" && CGO_ENABLED=0 nice go build -trimpath -ldflags "$4" -o "$out/$3.part" "$2")
	mv "$out/$3.part" "$out/$3"
}
minor=${version#*.}
# Without these the server believes that it is a version of its own making, and refuses features by it.
stamp="-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
build "$folder" k8s.io/kubernetes/cmd/kube-apiserver kube-apiserver "-s -w $stamp"
build etcd go.etcd.io/etcd/server/v3 etcd "-s -w"
echo "$out"
