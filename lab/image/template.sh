#!/bin/bash
# template.sh OUT KERNEL TREE: a template for guests, an ext4 file system of a few MiB: the files of TREE, a
# busybox under the names of all that it can do, and the kernel modules that a guest may ask for. It has the layout of
# a Debian with System V init and ifupdown, which mlnc configures as it does a large one.
set -euo pipefail
# The files belong to root in the image, whoever makes it.
[ "$(id -u)" = 0 ] || exec unshare --map-root-user "$0" "$@"
mebibytes=10
modules='dummy loop'

out=$1 kernel=$2 tree=$3
version=$(cat "$kernel/version")
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp -R "$tree/." "$work/"
mkdir -p "$work"/{bin,sbin,usr/bin,usr/sbin,dev,proc,sys,run,tmp,root,home,mnt,var/log,etc/rc{0,2,6,S}.d,etc/skel}
# What is noted there must be gone after a power cut: ifup takes a card for configured that stands in its notes.
ln -s /run "$work/var/run"
mkdir -p "$work/lib/modules/$version"
cp "$kernel/busybox" "$work/bin/busybox"
for name in $("$kernel/busybox" --list); do
	[ "$name" = busybox ] || ln -sf /bin/busybox "$work/bin/$name"
done
for name in init ifup ifdown poweroff reboot halt getty modprobe; do ln -s /bin/busybox "$work/sbin/$name"; done

for module in $modules; do
	modprobe -d "$kernel" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
	target=$work/lib/modules/$version/${file#*"/lib/modules/$version/"}
	mkdir -p "${target%/*}"
	cp "$file" "$target"
done
depmod -b "$work" "$version" 2>/dev/null

for script in filesystems hostname modules networking; do
	ln -s "../init.d/$script" "$work/etc/rcS.d/S10$script"
done
ln -s ../init.d/ticker "$work/etc/rc2.d/S20ticker"
ln -s ../init.d/responder "$work/etc/rc2.d/S30responder"
for level in 0 6; do ln -s ../init.d/ticker "$work/etc/rc$level.d/K90ticker"; done
chmod 700 "$work/root"
chmod 1777 "$work/tmp"
chmod 640 "$work/etc/shadow" "$work/etc/gshadow"
rm -f "$out.new"
mke2fs -q -t ext4 -b 1024 -L lab-guest -E root_owner=0:0 -d "$work" "$out.new" "${mebibytes}M"
mv "$out.new" "$out"
