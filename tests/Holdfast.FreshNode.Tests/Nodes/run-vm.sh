#!/bin/bash
# Runs one virtual machine until standard input ends, which is also when the test process dies; then leaves nothing of it.
#   run-vm.sh NAME DIRECTORY BRIDGE ADDRESS GATEWAY BASE
# In DIRECTORY are disk.ext4 (the machine's), clone.ext4 (the clone under test) and spare.img (a disk with nothing on it).
# The processor is emulated: that a machine has /dev/kvm does not say that it can run a guest. It is an old one, since the
# wide registers of newer ones cost more than they bring here.
set -u
name=$1 directory=$2 bridge=$3 address=$4 gateway=$5 base=$6
# Ctrl-C and the like go to the whole group of processes: what is to be tidied up is tidied up then too.
trap : INT TERM HUP
tap=t$name
number=${address##*.}

ip tuntap add "$tap" mode tap && ip link set "$tap" master "$bridge" up || exit 1
disk() { printf 'file=%s,format=raw,if=virtio,cache=unsafe' "$directory/$1"; }
qemu-system-x86_64 -accel tcg,thread=multi -cpu Nehalem -smp 2 -m 2048 \
    -M q35,sata=off,smbus=off,vmport=off,graphics=off -nodefaults -no-user-config -nographic \
    -kernel "$base/vmlinuz" -initrd "$base/initrd" \
    -append "console=ttyS0 quiet systemd.show_status=0 net.ifnames=0 tsc=reliable no_timer_check mitigations=off nokaslr cryptomgr.notests audit=0 node.name=$name node.address=$address node.gateway=$gateway" \
    -serial "file:$directory/console.log" \
    -drive "$(disk disk.ext4)" -drive "$(disk clone.ext4)" -drive "$(disk spare.img)" \
    -netdev "tap,id=wire,ifname=$tap,script=no,downscript=no" \
    -device "virtio-net-pci,netdev=wire,mac=$(printf '02:00:00:00:00:%02x' "$number"),romfile=" \
    -device virtio-rng-pci </dev/null >>"$directory/qemu.log" 2>&1 &
qemu=$!

cat >/dev/null

# The connection that the commands shared: by itself it would end only after a minute without an answer.
ssh -q -F none -o "ControlPath=$directory/ssh" -O exit "$address" 2>/dev/null
kill -KILL "$qemu" 2>/dev/null
wait "$qemu" 2>/dev/null
ip link del "$tap" 2>/dev/null
rm -rf --one-file-system "$directory"
# The bridge belongs to the test process (its id is in the name), which removes it unless it was killed.
[ -d "/proc/${bridge#hft}" ] || [ -n "$(ls "/sys/class/net/$bridge/brif" 2>/dev/null)" ] || ip link del "$bridge" 2>/dev/null
