#!/bin/bash
# Copies what a clone of the repository has, and the program as it was built from it, into a node.
#   copy-clone.sh REPOSITORY DESTINATION
set -eu
mkdir -p "$2"
cd "$1"
git ls-files -z --cached --others --exclude-standard | xargs -0 sh -c 'for f; do [ ! -f "$f" ] || printf "%s\0" "$f"; done' sh |
    xargs -0 cp -a --parents -t "$2"
mkdir -p "$2/.build"
cp -a .build/bin "$(readlink -f .build/bin)" .build/sources .build/sources.sha256 "$2/.build/"
