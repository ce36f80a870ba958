#!/bin/bash
# system.sh OUT: a folder with a Debian system for service hosts (root.tar) and with the packages of its kernel
# and hypervisor, which are unpacked later, but never installed (kernel.deb, hypervisor.deb). Needs root, as debootstrap
# does. Packages that were fetched before are taken from the folder cache beside that of OUT. MLNC_LAB_MIRROR names
# another mirror than the one of this machine.
set -euo pipefail
suite=bookworm
xen=4.17
packages=systemd-sysv,udev,kmod,procps,iproute2,iputils-ping,ifupdown,bridge-utils,openssh-server
packages=$packages,e2fsprogs,lvm2,openssl,busybox-static,xen-utils-$xen

out=$1
cache=$(realpath -m "${out%/*}/../cache")
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT

# mirror: the first archive of Debian that apt of this machine uses.
mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
		sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' |
		grep -E '/debian/?$' | head -n 1 || true
}

mkdir -p "$cache"
archive=${MLNC_LAB_MIRROR:-$(mirror)}
debootstrap --variant=minbase --cache-dir="$cache" --include="$packages" "$suite" "$work/root" \
	"${archive:-http://deb.debian.org/debian}"

cp /etc/resolv.conf "$work/root/etc/resolv.conf"
kernel=$(chroot "$work/root" apt-cache depends linux-image-amd64 | awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
chroot "$work/root" sh -c "cd /tmp && apt-get -qq -o APT::Sandbox::User=root download $kernel xen-hypervisor-$xen-amd64"
mkdir "$work/new"
mv "$work/root/tmp/linux-image-"*.deb "$work/new/kernel.deb"
mv "$work/root/tmp/xen-hypervisor-"*.deb "$work/new/hypervisor.deb"

# What a service host of the laboratory never reads would only make its disk larger.
rm -rf "$work/root/var/cache/apt/"*.bin "$work/root/var/cache/apt/archives/"*.deb "$work/root/var/lib/apt/lists/"* \
	"$work/root/usr/share/"{doc,man,locale,info,bash-completion} "$work/root/etc/resolv.conf" \
	"$work/root/etc/ssh/"ssh_host_*
tar -C "$work/root" --exclude='./dev/*' -cf "$work/new/root.tar" .
chmod -R a+rX "$work/new"
rm -rf "$out"
mv "$work/new" "$out"
