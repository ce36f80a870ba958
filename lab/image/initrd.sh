#!/bin/bash
# initrd.sh OUT KERNEL MODULE...: an initial RAM disk that loads the modules of the folder KERNEL and hands over
# to the file system which root= names, read and written.
set -euo pipefail
out=$1 kernel=$2
shift 2
version=$(cat "$kernel/version")
work=$(mktemp -d "$out.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{bin,dev,proc,sys,root,modules}
cp "$kernel/busybox" "$work/bin/busybox"
ln -s busybox "$work/bin/sh"
for module in "$@"; do
	modprobe -d "$kernel" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
	cp "$file" "$work/modules/"
	echo "${file##*/}" >>"$work/modules/order"
done
cat >"$work/init" <<'I'
#!/bin/sh
bb=/bin/busybox
$bb mount -t proc proc /proc
$bb mount -t sysfs sys /sys
$bb mount -t devtmpfs dev /dev
for module in $($bb cat /modules/order); do $bb insmod "/modules/$module"; done
for word in $($bb cat /proc/cmdline); do
	case $word in root=*) device=${word#root=} ;; esac
done
tries=0
until [ -b "$device" ] || [ "$tries" -ge 300 ]; do $bb usleep 100000; tries=$((tries + 1)); done
$bb mount -t ext4 -o rw,noatime "$device" /root || { echo "no file system on $device"; exec $bb sh; }
for each in dev proc sys; do $bb mount --move "/$each" "/root/$each"; done
exec $bb switch_root /root /sbin/init
I
chmod +x "$work/init"
(cd "$work" && find . | sort | "$kernel/busybox" cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$out.new"
mv "$out.new" "$out"
