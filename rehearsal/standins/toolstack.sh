# shellcheck shell=sh disable=SC1091,SC2034,SC2154
# toolstack.sh: what the stand-ins of xl and xm share. Sourced, never run.
#
# A domain is a file of its name in domains/, a line FIELD=VALUE each: id, uuid, memory (MiB), vcpus, kernel, started
# (seconds of the epoch), disk=VDEV|PATH|rw or ro, card=MAC|BRIDGE|VIF, address (one that its guest answers at).
# ending/NAME holds how often it will still be listed after a shutdown: a guest takes its time.

. /rehearsal/standins/standin.sh
dom0_memory=1024
domains=$state/domains

# read_config FILE: a line NAME, tab, VALUE for each setting, one each for the values of a list, as xl reads the file.
read_config() {
    awk '
        { text = text $0 "\n" }
        END {
            at = 1
            while (skip("[ \t\n;]") && at <= length(text)) {
                if (!match(substr(text, at), /^[A-Za-z_][A-Za-z0-9_]*/)) bad()
                name = substr(text, at, RLENGTH)
                at += RLENGTH
                skip("[ \t]")
                if (substr(text, at, 1) != "=") bad()
                at++
                skip("[ \t]")
                take(name)
                skip("[ \t]")
                if (index("\n;", substr(text, at, 1)) == 0) bad()
            }
        }
        # skip(BLANK): goes on after characters that match BLANK, and after comments.
        function skip(blank) {
            while (at <= length(text)) {
                if (substr(text, at, 1) ~ blank) at++
                else if (substr(text, at, 1) == "#") at += index(substr(text, at), "\n") - 1
                else break
            }
            return 1
        }
        function take(name,    c, end) {
            c = substr(text, at, 1)
            if (c == "[") { at++; take_list(name); return }
            if (c == "\"" || c == "\047") {
                end = index(substr(text, at + 1), c)
                if (!end) bad()
                print name "\t" substr(text, at + 1, end - 1)
                at += end + 1
            } else if (match(substr(text, at), /^(0x[0-9a-fA-F]+|-?[0-9]+)/)) {
                print name "\t" substr(text, at, RLENGTH)
                at += RLENGTH
            } else bad()
        }
        function take_list(name) {
            while (skip("[ \t\n]") && substr(text, at, 1) != "]") {
                take(name)
                skip("[ \t\n]")
                if (substr(text, at, 1) == ",") at++
                else if (substr(text, at, 1) != "]") bad()
            }
            at++
        }
        function bad(    before) {
            before = substr(text, 1, at)
            printf "config file:%d: syntax error\n", gsub(/\n/, "", before) + 1 >"/dev/stderr"
            exit 1
        }' "$1"
}

# field NAME DOMAIN: the value of that field.
field() { sed -n "s/^$1=//p" "$domains/$2"; }

# set_field NAME VALUE DOMAIN
set_field() { put "$domains/$3" "$(sed "s/^$1=.*/$1=$2/" "$domains/$3")"; }

# end_domain NAME: it is gone, its cards with it.
end_domain() {
    id=$(field id "$1")
    rm -f -- "$domains/$1" "$state/ending/$1" "$state/links/vif$id".*
}

# endings: guests that were asked to shut down come nearer to their end whenever somebody looks.
endings() {
    for ending in "$state"/ending/*; do
        [ -f "$ending" ] || continue
        read -r looks <"$ending"
        if [ "$looks" -gt 0 ]; then put "$ending" "$((looks - 1))"; else end_domain "${ending##*/}"; fi
    done
}

memory_used() {
    awk -F= -v used="$dom0_memory" '
        BEGIN { for (i = 1; i < ARGC; i++) while ((getline <ARGV[i]) > 0) if ($1 == "memory") used += $2; print used }' \
        "$domains"/*
}

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
    settings=$(read_config "$1") || fails 1 "Failed to parse config: $1"
    alone "$state"
    name='' kernel='' uuid='' memory='' vcpus=1 disks='' cards='' card=0
    each_setting take_fact
    expect_new
    read -r id <"$state/next-id"
    put "$state/next-id" "$((id + 1))"
    each_setting take_device
    plug_cards
    put "$domains/$name" "id=$id
uuid=$uuid
memory=$memory
vcpus=$vcpus
kernel=$kernel
started=$(date +%s)$disks$cards$(boot)"
}

# each_setting FUNCTION: calls it with name and value of each.
each_setting() {
    while IFS='	' read -r setting value; do
        "$1" "$setting" "$value"
    done <<END
$settings
END
}

take_fact() {
    case $1 in
    name) name=$2 ;;
    uuid) uuid=$2 ;;
    memory) memory=$2 ;;
    vcpus) vcpus=$2 ;;
    esac
}

take_device() {
    case $1 in
    kernel | ramdisk | bootloader) boots_from "$1" "$2" ;;
    disk) add_disk "$2" ;;
    vif) add_card "$2" ;;
    esac
}

# expect_new: name, UUID and memory are not taken.
expect_new() {
    [ -n "$name" ] || fails 1 'Domain name must be specified.'
    [ -n "$memory" ] || fails 1 'No memory is specified.'
    [ ! -f "$domains/$name" ] || fails 1 "libxl: error: a domain with name \"$name\" exists already"
    ! grep -qsxF -e "uuid=$uuid" "$domains"/* || fails 1 "libxl: error: a domain with UUID $uuid exists already"
    free=$(($(cat "$state/memory") - $(memory_used)))
    [ "$memory" -le "$free" ] || fails 1 "libxl: error: Failed to free memory for the domain:" \
        "$memory MiB are asked for, $free are free"
}

# boots_from SETTING FILE: of this server, unless it is firmware, which comes with the toolstack.
boots_from() {
    case $2 in hvmloader | /usr/lib/xen*) return ;; esac
    [ -f "$2" ] || fails 1 "libxl: error: $1 '$2': No such file or directory"
    [ "$1" != kernel ] || kernel=$2
}

# part NAME LIST: the value of NAME=VALUE in a list with commas.
part() { printf '%s\n' "$2" | tr , '\n' | sed -n "s/^ *$1=//p"; }

# add_disk SPECIFICATION: named (target=...,vdev=...,access=...) or by place (phy:PATH,VDEV,MODE).
add_disk() {
    case $1 in
    *target=*)
        path=${1##*target=} vdev=$(part vdev "${1%%target=*}") mode=$(part access "${1%%target=*}")
        ;;
    *:*,*,*)
        path=${1#*:} mode=${1##*,}
        path=${path%%,*} vdev=${1#*,}
        vdev=${vdev%,*}
        ;;
    *) unknown "disk $1" ;;
    esac
    case $mode in r | ro) mode=ro ;; *) mode=rw ;; esac
    [ -f "$path" ] || fails 1 "libxl: error: Disk vdev=$vdev failed to stat: $path: No such file or directory"
    [ "$mode" = ro ] || ! grep -qs -e "^disk=.*|$(printf %s "$path" | sed 's/[].*[\^$]/\\&/g')|rw$" "$domains"/* ||
        fails 1 "libxl: error: $path is used read-write by another domain of this server"
    disks="$disks
disk=$vdev|$path|$mode"
}

# add_card SPECIFICATION: mac=...,bridge=...
add_card() {
    bridge=$(part bridge "$1")
    read -r link_kind _ 2>/dev/null <"$state/links/$bridge" || link_kind=
    case $link_kind in
    bridge\|*) ;;
    *) fails 1 "libxl: error: /etc/xen/scripts/vif-bridge add failed: Could not find bridge device $bridge" ;;
    esac
    cards="$cards
card=$(part mac "$1")|$bridge|vif$id.$card"
    card=$((card + 1))
}

# plug_cards: each card is a port of its bridge. See ip for what a link is.
plug_cards() {
    printf '%s\n' "$cards" | while IFS='=|' read -r _ _ bridge vif; do
        [ -z "$vif" ] || put "$state/links/$vif" "vif|up|$bridge||"
    done
}

# boot: the guest comes up with the addresses that its first disk tells it to have, if that holds Debian's interfaces.
boot() {
    root=$(printf '%s\n' "$disks" | sed -n '2{s/^[^|]*|//;s/|[^|]*$//;p;}')
    [ -n "$root" ] || return 0
    debugfs -R 'cat /etc/network/interfaces' "$root" 2>/dev/null |
        awk '$1 == "iface" { up = $2 != "lo" } $1 == "address" && up { printf "\naddress=%s", $2 }'
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
    awk -F= -v form="$form" -v only="$only" -v ending="$(cd "$state/ending" && echo *)" -v memory="$dom0_memory" '
        function row(name, id, memory, vcpus, state, uuid) {
            printf "%-40s %5d %5d %5d     %s  %8.1f", name, id, memory, vcpus, state, 0
            if (form == "verbose") printf " %s %8s %16s", uuid, "-", "-"
            print ""
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
                if (value["id"] > last) last = value["id"]
            }
            for (id = 1; id <= last; id++) if (id in name)
                row(name[id], id, mem[id], cpus[id], index(" " ending " ", " " name[id] " ") ? "---s--" : "-b----", uuid[id])
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

ask_to_shut_down() {
    known "$1"
    put "$state/ending/$1" 1
}

# info [FIELD]
info() {
    total=$(cat "$state/memory")
    {
        printf '%-23s: %s\n' host "$server" nr_cpus 8 total_memory "$total" free_memory "$((total - $(memory_used)))"
        printf '%-23s: %s\n' xen_major 4 xen_minor 17 xen_extra .0 xen_version "$(cat "$state/xen-version")"
    } | if [ $# -eq 0 ]; then cat; else awk -F' *: ' -v field="$1" '$1 == field { print $2 }'; fi
}

# look VERB: some verbs see how far the domains are.
look() { case $1 in list | domid | uptime) endings ;; esac }

# either VERB...: what both toolstacks understand alike.
either() {
    case $*, in
    list,) list_domains plain ;;
    'list -'*) unknown "$@" ;;
    'list '*) list_domains plain "$2" ;;
    'create '*) shift && create "$@" ;;
    'shutdown '*) ask_to_shut_down "$2" ;;
    'destroy '*) known "$2" && end_domain "$2" ;;
    'domid '*) known "$2" && field id "$2" ;;
    'mem-set '*) known "$2" && set_field memory "$3" "$2" ;;
    'vcpu-set '*) known "$2" && set_field vcpus "$3" "$2" ;;
    uptime,) show_uptime ;;
    info,) info ;;
    'info '*) info "$2" ;;
    *) unknown "$@" ;;
    esac
}
