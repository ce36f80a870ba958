# shellcheck shell=sh disable=SC2034
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

# put FILE TEXT: FILE holds TEXT, or what it held before, whatever ends this command.
put() {
    printf '%s\n' "$2" >"${1%/*}/.${1##*/}"
    mv -f -- "${1%/*}/.${1##*/}" "$1"
}

# contents FOLDER: changes whenever anything in FOLDER does.
contents() {
    find "$1" -mindepth 1 -printf '%P %y %m %s %T@ %l\n' | sort | sha256sum | cut -c -64
}
