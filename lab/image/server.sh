#!/bin/bash
# server.sh OUT SYSTEM KERNEL INITRD TEMPLATE TREE: the disk of a service host, before it has a name: the Debian system of
# the folder SYSTEM, the files of TREE, the kernel's modules, and what guests are made from: kernel, initial RAM disk
# and template.
set -euo pipefail
# The files belong to root in the image, whoever makes it.
[ "$(id -u)" = 0 ] || exec unshare --map-root-user "$0" "$@"
mebibytes=1200
# Units that an emulated machine would only wait for.
masked='apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
systemd-tmpfiles-clean.timer getty@tty1.service systemd-pstore.service systemd-binfmt.service systemd-logind.service
systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journal-flush.service systemd-sysusers.service
proc-sys-fs-binfmt_misc.automount dev-mqueue.mount dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount
sys-kernel-config.mount sys-fs-fuse-connections.mount modprobe@configfs.service modprobe@drm.service
modprobe@fuse.service modprobe@efi_pstore.service modprobe@loop.service systemd-fsckd.socket systemd-initctl.socket
getty-static.service ifupdown-pre.service lvm2-monitor.service systemd-random-seed.service'
# Programs that systemd would run at each daemon-reload, for what no server of the laboratory has.
generators='cryptsetup debug gpt-auto hibernate-resume integritysetup rc-local run system-update veritysetup'

out=$1 system=$2 kernel=$3 initrd=$4 template=$5 tree=$6
version=$(cat "$kernel/version")
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar -xf "$system/root.tar" -C "$work" --no-same-owner
cp -R "$tree/." "$work/"
for unit in $masked; do ln -sf /dev/null "$work/etc/systemd/system/$unit"; done
mkdir -p "$work/etc/systemd/system-generators"
for each in $generators; do ln -s /dev/null "$work/etc/systemd/system-generators/systemd-$each-generator"; done
ln -sf /lib/systemd/system/multi-user.target "$work/etc/systemd/system/default.target"
: >"$work/etc/machine-id"
mkdir -p "$work/lib/modules"
cp -R "$kernel/lib/modules/$version" "$work/lib/modules/"
cp "$kernel/vmlinux" "$work/boot/vmlinux-$version"
ln -s "vmlinux-$version" "$work/boot/vmlinuz-guest"
cp "$initrd" "$work/boot/initrd-guest.img"
mkdir -p "$work/srv/mlnc/templates" "$work/srv/mlnc/files" "$work/root/.ssh" "$work/var/log/xen/console"
chmod 700 "$work/root" "$work/root/.ssh"
cp "$template" "$work/srv/mlnc/templates/"
rm -f "$out.new"
mke2fs -q -t ext4 -L lab-server -E root_owner=0:0 -d "$work" "$out.new" "${mebibytes}M"
mv "$out.new" "$out"
