#!/bin/bash
# Runs one node until standard input ends, which is also when the test process dies; then leaves nothing of it behind.
#   run-node.sh NAME DIRECTORY BRIDGE systemd|bare KUBECTL
# The node has its own subtree of every cgroup hierarchy, so that its processes and cgroups are told from all others.
set -u
# Ctrl-C and the like go to the whole group of processes: what is to be tidied up is tidied up then too.
trap : INT TERM HUP
name=$1 directory=$2 bridge=$3 kind=$4 kubectl=$5
root=$directory/root

each_hierarchy() {
    for hierarchy in /sys/fs/cgroup/*/; do
        [ -L "${hierarchy%/}" ] || [ ! -e "${hierarchy}cgroup.procs" ] || printf '%s\n' "$hierarchy"
    done
}

each_hierarchy | while read -r hierarchy; do
    mkdir -p "$hierarchy$name"
    for file in cpuset.cpus cpuset.mems; do
        [ ! -e "$hierarchy$file" ] || cat "$hierarchy$file" >"$hierarchy$name/$file"
    done
done

options=(
    --quiet --directory "$root" --machine "$name" --hostname "$name" --register=no --keep-unit
    --network-bridge "$bridge" --resolv-conf=off --timezone=off --console=pipe --kill-signal=SIGRTMIN+3
    --capability=all '--system-call-filter=add_key keyctl request_key bpf pivot_root'
    --bind-ro "$kubectl:/usr/local/bin/kubectl"
    # From version 256 on systemd refuses control groups of version 1 otherwise.
    --setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
)
case $kind in
    systemd) options+=(--boot) ;;
    # PID 1 is nspawn's own stub, and the capability set is that of a poor container host.
    bare) options+=(--drop-capability=CAP_SYS_RESOURCE --as-pid2 /bin/sleep infinity) ;;
esac

# nspawn ends with 133 when the node rebooted itself: it is then started again, as a machine would.
(
    while :; do
        (
            for hierarchy in $(each_hierarchy); do echo "$BASHPID" >"$hierarchy$name/cgroup.procs"; done
            exec systemd-nspawn "${options[@]}" </dev/null >>"$directory/console.log" 2>&1
        ) &
        echo $! >"$directory/nspawn.pid"
        wait $!
        [ $? = 133 ] || break
    done
) &
runner=$!

cat >/dev/null

nspawn=$(cat "$directory/nspawn.pid")
for child in $(cat /proc/"$nspawn"/task/*/children 2>/dev/null); do kill -KILL "$child" 2>/dev/null; done
wait "$runner" 2>/dev/null
for _ in 1 2 3 4 5; do
    for hierarchy in $(each_hierarchy); do
        [ -d "$hierarchy$name" ] || continue
        find "$hierarchy$name" -name cgroup.procs -exec cat {} + 2>/dev/null | while read -r pid; do kill -KILL "$pid" 2>/dev/null; done
        find "$hierarchy$name" -depth -type d -exec rmdir {} + 2>/dev/null
    done
    [ -n "$(for hierarchy in $(each_hierarchy); do [ ! -d "$hierarchy$name" ] || echo left; done)" ] || break
    sleep 0.2
done
rm -rf --one-file-system "$directory"
# The bridge belongs to the test process (its id is in the name), which removes it unless it was killed.
[ -d "/proc/${bridge#hft}" ] || [ -n "$(ls "/sys/class/net/$bridge/brif" 2>/dev/null)" ] || ip link del "$bridge" 2>/dev/null
