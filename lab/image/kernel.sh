#!/bin/bash
# kernel.sh OUT SYSTEM: a folder with the hypervisor (xen), the kernel (vmlinux), its version, those of its modules that
# service hosts and guests need (lib/modules), and a busybox for initial RAM disks and guests.
#
# Both are ELF files: QEMU wants the hypervisor unpacked, and unpacking a kernel costs an emulated machine half a
# minute, each time a domain starts.
set -euo pipefail
modules='xenfs xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xen-acpi-processor xen-blkback xen-netback xen-blkfront
xen-netfront virtio_pci virtio_blk virtio_net ext4 dm-mod dm-snapshot loop bridge stp 8021q tun dummy veth vxlan
br_netfilter ip_tables iptable_filter xt_physdev autofs4 efivarfs'

out=$1 system=$2
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "$system/kernel.deb" "$work/kernel"
dpkg-deb -x "$system/hypervisor.deb" "$work/hypervisor"
version=$(ls "$work/kernel/lib/modules")
depmod -b "$work/kernel" "$version"

new=$work/new
mkdir -p "$new/lib/modules/$version"
echo "$version" >"$new/version"
zcat "$work/hypervisor/boot/"xen-*-amd64.gz >"$new/xen"

# The kernel stands in the bzImage as an xz stream; where it begins is looked for, as the kernel's own script does.
packed=$work/kernel/boot/vmlinuz-$version
# shellcheck disable=SC2013
for at in $(LC_ALL=C grep -abo $'\xfd7zXZ' "$packed" | cut -d: -f1); do
	tail -c "+$((at + 1))" "$packed" | xz -dc --single-stream 2>/dev/null >"$new/vmlinux" || true
	[ "$(head -c 4 "$new/vmlinux" | tail -c 3)" != ELF ] || break
done
[ "$(head -c 4 "$new/vmlinux" | tail -c 3)" = ELF ] || { echo "no ELF file was found in $packed" >&2; exit 1; }

for module in $modules; do
	modprobe -d "$work/kernel" -S "$version" --show-depends "$module" 2>/dev/null || echo "the kernel has no module $module" >&2
done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
	target=$new/lib/modules/$version/${file#*"/lib/modules/$version/"}
	mkdir -p "${target%/*}"
	cp "$file" "$target"
done
cp "$work/kernel/lib/modules/$version/"modules.{order,builtin,builtin.modinfo} "$new/lib/modules/$version/"
depmod -b "$new" "$version"
tar -xOf "$system/root.tar" ./usr/bin/busybox >"$new/busybox"
chmod +x "$new/busybox"
rm -rf "$out"
mv "$new" "$out"
