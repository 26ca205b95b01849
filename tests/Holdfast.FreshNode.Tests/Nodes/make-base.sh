#!/bin/bash
# Makes the file tree that every node is a copy of: a minimal Debian with systemd and nothing of containers, with the
# packages that `up` installs already downloaded, so that apt works in a node without any network.
#   make-base.sh RELEASE DIRECTORY
set -eu
release=$1 root=$2
# A mirror that stands still serves lists of unstable that are past their date.
old='Acquire::Check-Valid-Until "false"'
mmdebstrap --quiet --variant=minbase --aptopt="$old" --include=systemd,systemd-sysv,dbus,iproute2,kmod,procps,ca-certificates "$release" "$root"
cp /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" apt-get update -q
chroot "$root" apt-get install -y -q --download-only --no-install-recommends \
    containerd runc containernetworking-plugins iptables busybox-static docker.io xz-utils zstd skopeo
rm -f "$root/etc/resolv.conf" "$root/etc/machine-id" "$root/etc/hostname"
: >"$root/etc/machine-id"
echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
# Debian's installer writes it, mmdebstrap does not.
echo "127.0.0.1 localhost" >"$root/etc/hosts"

# What the kernel and the network of a real machine give, and nspawn does not: writable cgroups, an address, a route.
cat >"$root/usr/local/sbin/act-as-machine" <<'SCRIPT'
#!/bin/sh
mount -o remount,rw /sys/fs/cgroup
for hierarchy in /sys/fs/cgroup/*/; do mount -o remount,rw,bind "$hierarchy"; done
read -r address gateway </etc/act-as-machine
ip link set host0 up
ip addr replace "$address" dev host0
ip route replace default via "$gateway"
SCRIPT
chmod 755 "$root/usr/local/sbin/act-as-machine"
cat >"$root/etc/systemd/system/act-as-machine.service" <<'UNIT'
[Unit]
DefaultDependencies=no
Before=basic.target
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/act-as-machine
UNIT
mkdir -p "$root/etc/systemd/system/basic.target.wants"
ln -s ../act-as-machine.service "$root/etc/systemd/system/basic.target.wants/"
