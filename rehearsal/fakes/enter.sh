# shellcheck shell=sh
# enter.sh FOLDER SERVER COMMAND: runs COMMAND, a text of sh, on a rehearsed server. It needs name spaces of its own for
# mounts, network, host name and processes, in which it may do as root does; there the server's folder becomes the root,
# with the programs of this machine, which cannot be written to.
set -eu
folder=$1 server=$2 command=$3
root=$folder/servers/$server
[ ! -e "$folder/state/$server/down" ] || {
    echo "ssh: connect to host $server port 22: No route to host" >&2
    exit 255
}
PATH=$PATH:/usr/sbin:/sbin

mount --bind "$root" "$root"
mount --rbind /usr "$root/usr"
mount -o remount,bind,ro "$root/usr"
for each in bin sbin lib lib32 lib64 libx32; do
    if [ -d "/$each" ] && [ ! -L "/$each" ]; then
        mount --rbind "/$each" "$root/$each"
        mount -o remount,bind,ro "$root/$each"
    fi
done
for each in null zero full random urandom; do
    mount --bind "/dev/$each" "$root/dev/$each"
done
mount -t proc proc "$root/proc"
mount --bind "$folder" "$root/rehearsal"
hostname "$server"
cd "$root"
# No exec: this process outlives those of the server, so that they can be killed all at once.
chroot "$root" /usr/bin/env -i PATH=/rehearsal/standins:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root \
    LOGNAME=root LC_ALL=C /bin/sh -c "$command"
