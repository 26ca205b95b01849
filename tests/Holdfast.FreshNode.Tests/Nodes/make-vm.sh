#!/bin/bash
# Makes what every virtual machine starts from, out of the file tree of a fresh node: a disk with the modules of Debian's
# cloud kernel, udev, an SSH server, a clock keeper and the generator of zram swap (off); the kernel; an initial RAM disk
# that only finds the disks; a key to log in with. The packages that `up` installs are there already, with containerd
# switched off: an emulated processor unpacks them for minutes, and that they get there is shown by nodes.
#   make-vm.sh BASE-ROOT DIRECTORY
set -eu
directory=$2 root=$2/root
mkdir -p "$directory"
cp -a --reflink=auto "$1" "$root"

# The lists of packages stay those that fit the downloaded packages.
export DEBIAN_FRONTEND=noninteractive
cp /etc/resolv.conf "$root/etc/resolv.conf"
mkdir -p "$root/var/tmp/lists/partial"
in_root() { chroot "$root" "$@"; }
apt="apt-get -q -o Dir::State::lists=/var/tmp/lists"
in_root $apt update
in_root $apt install -y --no-install-recommends \
    openssh-server udev systemd-timesyncd systemd-zram-generator
in_root apt-get install -y -q --no-install-recommends --no-download containerd containernetworking-plugins iptables
package=$(in_root apt-cache -o Dir::State::lists=/var/tmp/lists depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2 }')
in_root sh -c "cd /var/tmp && $apt -o APT::Sandbox::User=root download $package"
dpkg-deb -x "$root"/var/tmp/linux-image-*.deb "$directory/kernel"
rm -rf "$root"/var/tmp/*
echo "nameserver 127.0.0.1" >"$root/etc/resolv.conf"
in_root systemctl disable -q containerd e2scrub_reap e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer fstrim.timer
rm -f "$root/etc/systemd/zram-generator.conf"

version=$(ls "$directory/kernel/lib/modules")
cp -a "$directory/kernel/lib/modules" "$root/usr/lib/"
cp "$directory/kernel/boot/config-$version" "$root/boot/"
depmod -b "$root" "$version"
mv "$directory/kernel/boot/vmlinuz-$version" "$directory/vmlinuz"

# The name and the address are said on the kernel's command line.
cat >"$root/usr/local/sbin/act-as-machine" <<'SCRIPT'
#!/bin/sh
for word in $(cat /proc/cmdline); do
    case $word in node.*=*) export "${word#node.}" ;; esac
done
hostname "$name"
modprobe virtio_net
ip link set lo up
ip link set eth0 up
ip addr replace "$address/24" dev eth0
ip route replace default via "$gateway"
SCRIPT

ssh-keygen -q -t ed25519 -N '' -f "$directory/key"
mkdir -p -m 700 "$root/root/.ssh"
cp "$directory/key.pub" "$root/root/.ssh/authorized_keys"
mkdir "$root/root/holdfast"
ln -s /root/holdfast/.build/kubectl "$root/usr/local/bin/kubectl"

ram=$directory/ram
mkdir -p "$ram/bin" "$ram/proc" "$ram/dev" "$ram/root" "$ram/modules"
cp "$(command -v busybox)" "$ram/bin/busybox"
ln -s busybox "$ram/bin/sh"
for module in virtio_pci virtio_blk; do modprobe -d "$root" -S "$version" --show-depends "$module"; done |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
    cp "$file" "$ram/modules/"
    basename "$file" >>"$ram/modules/order"
done
cat >"$ram/init" <<'SCRIPT'
#!/bin/sh
busybox mount -t proc none /proc
busybox mount -t devtmpfs none /dev
while read -r module; do busybox insmod "/modules/$module"; done </modules/order
until [ -b /dev/vda ] && [ -b /dev/vdb ]; do busybox usleep 10000; done
busybox mount -t ext4 /dev/vda /root
busybox mount -t ext4 /dev/vdb /root/root/holdfast
busybox umount /proc
busybox mount --move /dev /root/dev
exec busybox switch_root /root /lib/systemd/systemd
SCRIPT
chmod 755 "$ram/init"
(cd "$ram" && find . | busybox cpio -o -H newc) | gzip -1 >"$directory/initrd"

truncate -s 4G "$directory/disk.ext4"
mke2fs -q -t ext4 -d "$root" "$directory/disk.ext4"
rm -rf "$root" "$ram" "$directory/kernel"
