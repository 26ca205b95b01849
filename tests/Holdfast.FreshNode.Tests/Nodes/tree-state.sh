#!/bin/bash
# Prints a line per file, directory and link of a node's disk: kind, mode, owner, path, link target, content hash.
# Left out is what a running system or apt writes by itself, and the clone under test.
#   tree-state.sh ROOT [UNREAD]
# Files whose path matches the regular expression UNREAD are told by size and change time, which nobody can set, instead
# of by content: a slow machine would read its packages for a minute.
set -eu
cd "$1"
unread=${2:-none}
list() {
    find . -xdev -regextype posix-extended \( \
        -path ./proc -o -path ./sys -o -path ./dev -o -path ./run -o -path ./tmp -o -path ./root \
        -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log -o -path ./var/tmp \
        -o -path ./var/lib/systemd -o -path ./etc/ld.so.cache \
        \) -prune -o "$@"
}
list -printf '%y %m %U:%G %p %l\n' | LC_ALL=C sort -k4
list -type f -regex "$unread" -printf '%s %C@ %p\n'
list -type f -not -regex "$unread" -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
