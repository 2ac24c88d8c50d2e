#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the emulator of DynamoDB, as the lock file says, into the user's cache folder, where the tests look for it. No script of a
# package is run. What is there already isn't installed again.
set -euo pipefail
cd "$(dirname "$0")"
version=$(sed -n 's/.*"dynalite": "\([0-9.]*\)".*/\1/p' package.json)
case "$(uname)" in
Darwin) cache=$HOME/Library/Caches ;;
*) cache=${XDG_CACHE_HOME:-$HOME/.cache} ;;
esac
out=$cache/nafuda/dynalite-$version
[ -d "$out" ] && exit
mkdir -p "$cache/nafuda"
part=$(mktemp -d "$cache/nafuda/dynalite.XXXXXX")
trap 'rm -rf "$part"' EXIT
cp package.json package-lock.json "$part"
(cd "$part" && npm ci --ignore-scripts --no-audit --no-fund --silent < /dev/null)
mv -T "$part" "$out" 2> /dev/null || mv "$part" "$out" # the folder appears under its name only when it is whole
