# shellcheck shell=sh disable=SC1091,SC2030,SC2031,SC2034,SC2154
# toolstack.sh: what the stand-ins of xl and xm share. Sourced, never run.
#
# A domain is a file of its name in domains/, a line FIELD=VALUE each: id, uuid, type, state (running, paused or
# suspended), memory (MiB, what it has), target (what it was told to have), maxmem, vcpus, maxvcpus, affinity, kernel,
# started (seconds of the epoch), disk=VDEV|PATH|rw or ro, store=FILE (what is behind a disk that it writes to, under a
# name that no other disk of any server has), card=MAC|BRIDGE|VIF, address (one that its guest answers at).
# ending/NAME holds how often it will still be listed after a shutdown: a guest takes its time.

. /rehearsal/standins/standin.sh
. /rehearsal/standins/domain-file.sh
. /rehearsal/standins/word.sh
dom0_memory=1024
domains=$state/domains

# field NAME DOMAIN: the value of that field; a line for each where there are several.
field() { sed -n "s/^$1=//p" "$domains/$2"; }

# put_domain NAME TEXT: the record of a domain, and a line about it in the journal.
put_domain() {
    put "$domains/$1" "$2"
    note_domain "$1" "$(field state "$1")" "$(field memory "$1")" "$(field store "$1" | tr '\n' ' ')"
}

# set_field NAME VALUE DOMAIN
set_field() { put_domain "$3" "$(sed "s/^$1=.*/$1=$2/" "$domains/$3")"; }

# note_domain NAME STATE MEMORY STORES
note_domain() { journal domain "$1" "$(field uuid "$1")" "$2" "$3" "$4"; }

# end_domain NAME: it is gone, its cards with it.
end_domain() {
    note_domain "$1" gone 0 ''
    field card "$1" | while IFS='|' read -r _ _ vif; do forget_link "$vif"; done
    rm -f -- "$domains/$1" "$state/ending/$1"
}

# plug VIF BRIDGE: the card VIF is a port of the bridge. See ip for what a link is.
plug() { put_link "$1" "vif|up|$2||"; }

# rename_domain OLD NEW
rename_domain() {
    [ ! -f "$domains/$2" ] || return 1
    mv -- "$domains/$1" "$domains/$2"
    [ ! -f "$state/ending/$1" ] || mv -- "$state/ending/$1" "$state/ending/$2"
    journal renamed "$1" "$2"
}

# endings: guests that were asked to shut down come nearer to their end whenever somebody looks.
endings() {
    alone "$state"
    for ending in "$state"/ending/*; do
        [ -f "$ending" ] || continue
        read -r looks <"$ending"
        if [ "$looks" -gt 0 ]; then
            put "$ending" "$((looks - 1))"
        else
            speak "${ending##*/}"
            end_domain "${ending##*/}"
        fi
    done
    exec 6>&-
}

memory_used() {
    awk -F= -v used="$dom0_memory" '
        BEGIN { for (i = 1; i < ARGC; i++) while ((getline <ARGV[i]) > 0) if ($1 == "memory") used += $2; print used }' \
        "$domains"/*
}

memory_free() { echo $(($(cat "$state/memory") - $(memory_used))); }

# known DOMAIN: fails unless it is there.
known() {
    [ -f "$domains/$1" ] && return
    case $me in
    xm) fails 1 "Error: Domain '$1' does not exist." ;;
    *) fails 1 "$1 is an invalid domain identifier (rc=-6)" ;;
    esac
}

# --- create ------------------------------------------------------------------------------------------------------

create() {
    [ $# -eq 1 ] || unknown create "$@"
    [ -r "$1" ] || fails 1 "Failed to read config file: $1: No such file or directory"
    echo "Parsing config from $1" >&2
    alone "$state"
    read_facts "$1"
    [ ! -f "$domains/$name" ] || fails 1 "libxl: error: a domain with name \"$name\" exists already"
    ! grep -qsxF -e "uuid=$uuid" "$domains"/* || fails 1 "libxl: error: a domain with UUID $uuid exists already"
    each_setting boots_from
    build "$name" running
    boot "$name"
}

# boots_from SETTING FILE: of this server, unless it is firmware, which comes with the toolstack.
boots_from() {
    case $1:$2 in
    *:hvmloader | *:/usr/lib/xen*) ;;
    kernel:* | ramdisk:* | bootloader:*)
        [ -f "$2" ] || fails 1 "libxl: error: $1 '$2': No such file or directory"
        [ "$1" != kernel ] || kernel=$2
        ;;
    esac
}

# build NAME STATE: makes the domain of the settings read last, or fails and leaves nothing.
build() {
    free=$(memory_free)
    [ "$memory" -le "$free" ] || fails 1 "libxl: error: Failed to free memory for the domain:" \
        "$memory MiB are asked for, $free are free"
    read -r id <"$state/next-id"
    disks='' cards='' card=0
    each_setting take_device
    put "$state/next-id" "$((id + 1))"
    printf '%s\n' "$cards" | while IFS='=|' read -r _ _ bridge vif; do
        [ -z "$vif" ] || plug "$vif" "$bridge"
    done
    put_domain "$1" "id=$id
uuid=$uuid
type=$type
state=$2
memory=$memory
target=$memory
maxmem=$maxmem
vcpus=$vcpus
maxvcpus=$maxvcpus
affinity=$affinity
kernel=$kernel
started=$(date +%s)$disks$cards"
}

take_device() {
    case $1 in
    disk)
        read_disk "$2"
        usable_disk
        disks="$disks
$disk_lines"
        ;;
    vif)
        usable_bridge "$(part bridge "$2")"
        cards="$cards
card=$(part mac "$2")|$(part bridge "$2")|vif$id.$card"
        card=$((card + 1))
        ;;
    esac
}

# usable_disk: what read_disk read is there, and no other domain of this server writes to it. Sets disk_lines.
usable_disk() {
    [ -f "$path" ] || fails 1 "libxl: error: Disk vdev=$vdev failed to stat: $path: No such file or directory"
    disk_lines="disk=$vdev|$path|$mode"
    [ "$mode" = rw ] || return 0
    store=$(storage_of "$path")
    ! grep -qsxF -e "store=$store" "$domains"/* ||
        fails 1 "libxl: error: $path is used read-write by another domain of this server"
    disk_lines="$disk_lines
store=$store"
}

usable_bridge() {
    read -r link_kind _ 2>/dev/null <"$state/links/$1" || link_kind=
    case $link_kind in
    bridge\|*) ;;
    *) fails 1 "libxl: error: /etc/xen/scripts/vif-bridge add failed: Could not find bridge device $1" ;;
    esac
}

# boot DOMAIN: the guest comes up with the addresses that its first disk tells it to have, if that holds Debian's
# interfaces.
boot() {
    root=$(field disk "$1" | sed -n '1{s/^[^|]*|//;s/|[^|]*$//;p;}')
    [ -n "$root" ] || return 0
    debugfs -R 'cat /etc/network/interfaces' "$root" 2>/dev/null |
        awk '$1 == "iface" { up = $2 != "lo" } $1 == "address" && up { print "address=" $2 }' >>"$domains/$1"
}

# speak DOMAIN: the guest writes to each of its disks that has words (see word.sh), as guests do while they run.
speak() {
    field disk "$1" | while IFS='|' read -r vdev path mode; do
        words=/rehearsal/words/$(field uuid "$1").$vdev
        if [ ! -f "$words" ] || [ "$mode" = ro ]; then continue; fi
        word="$(cat "$words")."
        if write_word "$path" "$word"; then put "$words" "$word"; else journal unwritable "$1" "$vdev" "$path"; fi
    done
}

# --- what both understand ----------------------------------------------------------------------------------------

# list_domains FORMAT [DOMAIN]: FORMAT is plain or verbose.
list_domains() {
    [ -z "${2-}" ] || known "$2"
    set -- "$1" "$domains/${2:-*}"
    # shellcheck disable=SC2086
    set -- "$1" "${2##*/}" $2
    form=$1 only=$2
    shift 2
    awk -F= -v form="$form" -v only="$only" -v memory="$dom0_memory" '
        function row(name, id, memory, vcpus, state, uuid) {
            printf "%-40s %5d %5d %5d     %s  %8.1f", name, id, memory, vcpus, state, 0
            if (form == "verbose") printf " %s %8s %16s", uuid, "-", "-"
            print ""
        }
        function letters(state) {
            return state == "paused" ? "--p---" : state == "suspended" ? "---ss-" : "-b----"
        }
        BEGIN {
            printf "%-40s %5s %5s %5s\tState\tTime(s)", "Name", "ID", "Mem", "VCPUs"
            if (form == "verbose") printf "   %-36s %s", "UUID", "Reason-Code\tSecurity Label"
            print ""
            if (only == "*") row("Domain-0", 0, memory, 1, "r-----", "00000000-0000-0000-0000-000000000000")
            for (i = 1; i < ARGC; i++) {
                found = 0
                while ((getline <ARGV[i]) > 0) { value[$1] = $2; found = 1 }
                if (!found) continue
                name[value["id"]] = ARGV[i]
                sub(/.*\//, "", name[value["id"]])
                mem[value["id"]] = value["memory"]; cpus[value["id"]] = value["vcpus"]; uuid[value["id"]] = value["uuid"]
                state[value["id"]] = value["state"]
                if (value["id"] + 0 > last) last = value["id"] + 0
            }
            for (id = 1; id <= last; id++) if (id in name)
                row(name[id], id, mem[id], cpus[id], letters(state[id]), uuid[id])
        }' "$@"
}

show_uptime() {
    now=$(date +%s)
    printf '%-33s %4s %s\n' Name ID Uptime
    for domain in "$domains"/*; do
        [ -f "$domain" ] || continue
        seconds=$((now - $(field started "${domain##*/}")))
        printf '%-32s %5d %2d:%02d:%02d\n' "${domain##*/}" "$(field id "${domain##*/}")" \
            "$((seconds / 3600))" "$((seconds / 60 % 60))" "$((seconds % 60))"
    done
}

# A domain that does not run cannot hear that it is to shut down.
ask_to_shut_down() {
    known "$1"
    [ "$(field state "$1")" != running ] || put "$state/ending/$1" 1
}

# info [FIELD]
info() {
    {
        printf '%-23s: %s\n' host "$server" nr_cpus 8 total_memory "$(cat "$state/memory")" free_memory "$(memory_free)"
        printf '%-23s: %s\n' xen_major 4 xen_minor 17 xen_extra .0 xen_version "$(cat "$state/xen-version")"
    } | if [ $# -eq 0 ]; then cat; else awk -F' *: ' -v field="$1" '$1 == field { print $2 }'; fi
}

# pass STATE DOMAIN: it is paused, or runs again.
pass() {
    known "$2"
    alone "$state"
    set_field state "$1" "$2"
}

# look VERB: some verbs see how far the domains are.
look() {
    case $1 in list | domid | uptime | vcpu-list) [ -z "$(ls "$state/ending")" ] || endings ;; esac
}

# either VERB...: what both toolstacks understand alike.
either() {
    case $1:$# in
    list:1) list_domains plain ;;
    list:2) case $2 in -*) unknown "$@" ;; *) list_domains plain "$2" ;; esac ;;
    create:*) shift && create "$@" ;;
    shutdown:2) ask_to_shut_down "$2" ;;
    destroy:2) known "$2" && alone "$state" && end_domain "$2" ;;
    pause:2) pass paused "$2" ;;
    unpause:2) pass running "$2" ;;
    domid:2) known "$2" && field id "$2" ;;
    rename:3)
        known "$2"
        alone "$state"
        rename_domain "$2" "$3" || fails 1 "Can't rename domain '$2'."
        ;;
    uptime:1) show_uptime ;;
    info:1) info ;;
    info:2) info "$2" ;;
    *)
        . /rehearsal/standins/devices.sh
        change_device "$@"
        ;;
    esac
}
