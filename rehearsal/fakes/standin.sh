# shellcheck shell=sh disable=SC1091,SC2034
# standin.sh: what the stand-ins of a rehearsed server share. Sourced, never run.
#
# A stand-in answers in the place of a command that needs Xen, device-mapper or a network. What it knows are plain
# files below /rehearsal: state/SERVER/ (domains, links, groups, journal) and storage/ (volume groups). A stand-in
# refuses, with status 64, what it does not model; it never acts as if it had done it.

set -eu
LC_ALL=C
export LC_ALL
me=${0##*/}
read -r server </etc/hostname
state=/rehearsal/state/$server
if [ -f /rehearsal/fault ]; then . /rehearsal/standins/fault.sh; fi

# unknown WORD...: this stand-in does not model what it was asked for.
unknown() {
    printf '%s: the rehearsal does not know this: %s\n' "$me" "$*" >&2
    exit 64
}

# fails STATUS TEXT: fails as the command itself would.
fails() {
    fails_status=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$fails_status"
}

# alone FOLDER: nobody else changes what is in FOLDER until this command has ended.
alone() {
    exec 6>"$1/.lock"
    flock 6
}

# locked WORD...: runs a function while nobody else changes what this server's stand-ins know.
locked() {
    alone "$state"
    locked_status=0
    "$@" || locked_status=$?
    exec 6>&-
    return "$locked_status"
}

# put FILE TEXT: FILE holds TEXT, or what it held before, whatever ends this command.
put() {
    printf '%s\n' "$2" >"${1%/*}/.${1##*/}"
    mv -f -- "${1%/*}/.${1##*/}" "$1"
}

# contents FOLDER: changes whenever anything in FOLDER does.
contents() {
    find "$1" -mindepth 1 -printf '%P %y %m %s %T@ %l\n' | sort | sha256sum | cut -c -64
}

# journal WORD...: a line of words with tabs between them in the journal of all servers, after the name of this one.
journal() {
    journal_line=$server
    for journal_word in "$@"; do journal_line="$journal_line	$journal_word"; done
    printf '%s\n' "$journal_line" >>/rehearsal/journal
}

# storage_of PATH: a name for what is stored there, which is the same on every server that sees it.
storage_of() {
    storage=$(readlink -m -- "$1")
    case $storage in /rehearsal/*) echo "$storage" ;; *) echo "$server:$storage" ;; esac
}

# put_link NAME RECORD, forget_link NAME: a link, see ip; /sys/class/net tells its bridge, as that of the kernel does.
put_link() {
    put "$state/links/$1" "$2"
    link_folder=/sys/class/net/$1 link_bridge=${2#*|*|}
    link_bridge=${link_bridge%%|*}
    [ -d "$link_folder" ] || mkdir -p "$link_folder"
    if [ -n "$link_bridge" ]; then
        ln -sfn "../$link_bridge" "$link_folder/master"
    elif [ -L "$link_folder/master" ]; then
        rm -f -- "$link_folder/master"
    fi
}

forget_link() { rm -rf -- "$state/links/$1" "$state/fdb/$1" "/sys/class/net/${1:?}"; }
