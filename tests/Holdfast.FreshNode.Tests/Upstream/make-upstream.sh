#!/bin/bash
# Makes the archives that the examples name, in the layouts in which upstream publishes them, from Debian's programs: at the
# same paths below DIRECTORY as on the servers, with their checksum files.
#   make-upstream.sh DIRECTORY CONTAINERD-2
# CONTAINERD-2 is a directory with the programs of a containerd 2.x.
# Kata's shim is containerd's own shim of runc under Kata's name: installation and routing are real, the machine is not
# virtual. CRI-O is containerd behind CRI-O's socket.
set -eu
out=$1 containerd2=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
containerd=$(dirname "$(command -v containerd)")
plugins=/usr/lib/cni

publish() { # SUM-SUFFIX PATH: the checksum file beside an archive
    (cd "$(dirname "$out/$2")" && sha256sum "$(basename "$2")" >"$(basename "$2")$1")
}

# containerd: cri-containerd-cni, entries without a leading dot.
root=$work/containerd
mkdir -p "$root"/usr/local/{bin,sbin} "$root"/etc/systemd/system "$root"/etc/cni/net.d "$root"/opt/cni/bin \
    "$root"/opt/containerd/cluster
cp "$containerd"/{containerd,containerd-shim-runc-v2,ctr} "$root/usr/local/bin/"
cp "$(command -v runc)" "$root/usr/local/sbin/"
cp "$plugins"/{bridge,host-local,loopback,portmap} "$root/opt/cni/bin/"
echo "runtime-endpoint: unix:///run/containerd/containerd.sock" >"$root/etc/crictl.yaml"
echo '{ "cniVersion": "0.4.0", "name": "containerd-net", "plugins": [] }' >"$root/etc/cni/net.d/10-containerd-net.conflist"
printf '[Unit]\nDescription=containerd container runtime\n[Service]\nExecStart=/usr/local/bin/containerd\n[Install]\nWantedBy=multi-user.target\n' \
    >"$root/etc/systemd/system/containerd.service"
echo "cri-containerd-version: 1.5.7" >"$root/opt/containerd/cluster/version"
release=github.com/containerd/containerd/releases/download/v1.5.7
mkdir -p "$out/$release"
archive=$release/cri-containerd-cni-1.5.7-linux-amd64.tar.gz
tar -C "$root" --owner=0 --group=0 -c etc opt usr | gzip -1 >"$out/$archive"
publish .sha256sum "$archive"

# containerd 2.x: programs below bin.
root=$work/containerd2
mkdir -p "$root/bin"
cp "$containerd2"/{containerd,containerd-shim-runc-v2,ctr} "$root/bin/"
release=github.com/containerd/containerd/releases/download/v2.1.0
mkdir -p "$out/$release"
archive=$release/containerd-2.1.0-linux-amd64.tar.gz
tar -C "$root" --owner=0 --group=0 -c bin | gzip -1 >"$out/$archive"
publish .sha256sum "$archive"

# Kata Containers 2.3.3: owned by the user who built it, as upstream's is.
root=$work/kata
defaults=$root/opt/kata/share/defaults/kata-containers
mkdir -p "$root"/opt/kata/{bin,libexec/kata-qemu,share/kata-containers} "$defaults"
cp "$containerd/containerd-shim-runc-v2" "$root/opt/kata/bin/containerd-shim-kata-v2"
for program in bin/kata-runtime bin/qemu-system-x86_64 libexec/kata-qemu/virtiofsd; do
    printf '#!/bin/sh\nexit 0\n' >"$root/opt/kata/$program"
    chmod 755 "$root/opt/kata/$program"
done
echo kernel >"$root/opt/kata/share/kata-containers/vmlinux.container"
echo image >"$root/opt/kata/share/kata-containers/kata-containers.img"
for hypervisor in qemu clh fc acrn; do
    printf '# %s\n[hypervisor.%s]\nenable_annotations = []\n' "$hypervisor" "$hypervisor" >"$defaults/configuration-$hypervisor.toml"
done
ln -s configuration-qemu.toml "$defaults/configuration.toml"
release=github.com/kata-containers/kata-containers/releases/download/2.3.3
mkdir -p "$out/$release"
archive=$release/kata-static-2.3.3-x86_64.tar.xz
tar -C "$root" --owner=1001 --group=121 -c ./opt | xz -1 >"$out/$archive"
publish .sha256 "$archive"

# CNI plugins 0.8.2.
root=$work/plugins
mkdir -p "$root"
cp "$plugins"/{bridge,host-local,loopback,portmap,firewall,tuning} "$root/"
release=github.com/containernetworking/plugins/releases/download/v0.8.2
mkdir -p "$out/$release"
archive=$release/cni-plugins-linux-amd64-v0.8.2.tgz
tar -C "$root" --owner=0 --group=0 -c ./ | gzip -1 >"$out/$archive"
publish .sha256 "$archive"

# And a release that answers when it is asked for its version, but connects nobody.
printf '#!/bin/sh\n[ "$CNI_COMMAND" = VERSION ] && { echo \x27{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0"]}\x27; exit 0; }\necho \x27{"code":999,"msg":"broken on purpose"}\x27; exit 1\n' \
    >"$root/bridge"
release=github.com/containernetworking/plugins/releases/download/v0.9.0
mkdir -p "$out/$release"
archive=$release/cni-plugins-linux-amd64-v0.9.0.tgz
tar -C "$root" --owner=0 --group=0 -c ./ | gzip -1 >"$out/$archive"
publish .sha256 "$archive"

# CRI-O 1.30.2.
root=$work/crio
mkdir -p "$root"/cri-o/bin
cp "$containerd"/{containerd,containerd-shim-runc-v2,ctr} "$root/cri-o/bin/"
cp "$(command -v runc)" "$root/cri-o/bin/"
cat >"$root/cri-o/bin/crio" <<'CRIO'
#!/bin/sh
# Stands in for CRI-O: reads the pod network's places and nothing else of its configuration, serves CRI on its socket.
conf=/etc/crio/crio.conf.d/20-holdfast.conf
[ "${1:-}" = --version ] && { echo "crio version 1.30.2"; exit 0; }
mkdir -p /run/crio
plugins=$(sed -n 's/^ *plugin_dirs *= *\["\([^"]*\)".*/\1/p' $conf)
cat >/run/crio/containerd.toml <<TOML
version = 2
root = "/var/lib/crio"
state = "/run/crio/state"
[grpc]
  address = "/run/crio/crio.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/crio/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "holdfast.local/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$plugins"
TOML
exec /opt/cri-o/bin/containerd --config /run/crio/containerd.toml
CRIO
chmod 755 "$root/cri-o/bin/crio"
mkdir -p "$out/storage.googleapis.com/cri-o/artifacts"
archive=storage.googleapis.com/cri-o/artifacts/cri-o.amd64.v1.30.2.tar.gz
tar -C "$root" --owner=0 --group=0 -c cri-o | gzip -1 >"$out/$archive"
publish .sha256sum "$archive"
