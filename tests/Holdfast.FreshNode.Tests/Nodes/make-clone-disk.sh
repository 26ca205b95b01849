#!/bin/bash
# Makes a disk of what a clone of the repository has, of the program as it was built from it, and of kubectl.
#   make-clone-disk.sh REPOSITORY KUBECTL IMAGE
set -eu
image=$3 files=$3.files
bash "$(dirname "$0")/copy-clone.sh" "$1" "$files"
cp "$2" "$files/.build/kubectl"
truncate -s 1G "$image"
mke2fs -q -t ext4 -d "$files" "$image"
rm -rf "$files"
