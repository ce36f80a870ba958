# shellcheck shell=sh disable=SC2034,SC2154
# devices.sh: what xl and xm change in a domain that runs: memory, virtual CPUs, cards and disks. Sourced by toolstack.sh
# for the verbs that need it, never run.

change_device() {
    verb=$1
    [ $# -gt 1 ] || case $verb in vcpu-list) ;; *) unknown "$@" ;; esac
    case $verb:$# in
    mem-set:3 | mem-max:3 | vcpu-set:3 | vcpu-pin:4 | network-attach:* | network-detach:3 | block-attach:* | block-detach:3)
        known "$2"
        alone "$state"
        domain=$2
        shift 2
        "$(echo "$verb" | tr - _)" "$@"
        ;;
    vcpu-list:1 | vcpu-list:2) list_vcpus "${2-}" ;;
    network-list:2)
        echo 'Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       '
        known "$2"
        list_cards "$2"
        ;;
    block-list:2)
        echo 'Vdev  BE  handle state evt-ch ring-ref BE-path                       '
        known "$2"
        list_disks "$2"
        ;;
    *) unknown "$@" ;;
    esac
}

# mib SIZE: in MiB; a number without a unit is one of MiB.
mib() {
    case $1 in
    '' | *[!0-9mM]*) unknown "$verb" "$1" ;;
    *) echo "${1%[mM]}" ;;
    esac
}

# A guest gets what is free and keeps asking for the rest, which nobody hears of but who looks at the list.
mem_set() {
    wanted=$(mib "$1")
    [ "$wanted" -le "$(field maxmem "$domain")" ] || {
        echo 'libxl: error: libxl_mem.c:271:libxl_set_memory_target: memory_dynamic_max must be less than or equal to memory_static_max' >&2
        fails 1 "cannot set domid $(field id "$domain") dynamic max memory to : $1"
    }
    can=$(($(memory_free) + $(field memory "$domain")))
    set_field target "$wanted" "$domain"
    set_field memory "$((wanted < can ? wanted : can))" "$domain"
}

mem_max() {
    wanted=$(mib "$1")
    [ "$wanted" -ge "$(field target "$domain")" ] ||
        fails 1 "cannot set domid $(field id "$domain") static max memory to : $1"
    set_field maxmem "$wanted" "$domain"
}

vcpu_set() {
    case $1 in '' | *[!0-9]*) fails 1 "Error: Invalid argument $1 as VCPUs." ;; esac
    if [ "$1" -eq 0 ] || [ "$1" -gt "$(field maxvcpus "$domain")" ]; then
        fails 1 "libxl_set_vcpuonline failed domid=$(field id "$domain") max_vcpus=$1, rc: -6"
    fi
    set_field vcpus "$1" "$domain"
}

# vcpu_pin all CPUS: each virtual CPU on its own is not modelled.
vcpu_pin() {
    [ "$1" = all ] || unknown vcpu-pin "$@"
    set_field affinity "$2" "$domain"
}

# list_vcpus [DOMAIN]: where they run is no matter.
list_vcpus() {
    echo 'Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)'
    [ -z "$1" ] || known "$1"
    for record in "$domains"/${1:-*}; do
        [ -f "$record" ] || continue
        listed=${record##*/} vcpu=0
        while [ "$vcpu" -lt "$(field maxvcpus "$listed")" ]; do
            if [ "$vcpu" -lt "$(field vcpus "$listed")" ]; then where='    0 -b- '; else where='    - --p '; fi
            printf '%-32s %5u %5u%s%9.1f  %s / all\n' "$listed" "$(field id "$listed")" "$vcpu" "$where" 0 \
                "$(field affinity "$listed")"
            vcpu=$((vcpu + 1))
        done
    done
}

# --- cards -------------------------------------------------------------------------------------------------------

# network_attach KEY=VALUE...
network_attach() {
    mac='' bridge=''
    for setting in "$@"; do
        case $setting in
        *,*) unknown network-attach "$@" ;;
        mac=*) mac=${setting#mac=} ;;
        bridge=*) bridge=${setting#bridge=} ;;
        type=* | script=* | model=*) ;;
        *) unknown network-attach "$@" ;;
        esac
    done
    case $mac:$bridge in :* | *:) unknown network-attach "$@" ;; esac
    usable_bridge "$bridge"
    handle=0
    while field card "$domain" | grep -q "|vif[0-9]*\.$handle\$"; do handle=$((handle + 1)); done
    vif=vif$(field id "$domain").$handle
    plug "$vif" "$bridge"
    put_domain "$domain" "$(cat "$domains/$domain"; echo "card=$mac|$bridge|$vif")"
}

# network_detach HANDLE-or-MAC: xm knows the handle only.
network_detach() {
    case $me:$1 in
    *:*[!0-9]* | *:*:*) [ "$me" = xl ] || unknown network-detach "$1" ;;
    esac
    found=$(field card "$domain" | while IFS='|' read -r mac _ vif; do
        case $1 in "$mac" | "${vif##*.}") echo "$vif" ;; esac
    done)
    [ -n "$found" ] || fails 1 "Unknown device $1."
    forget_link "$found"
    put_domain "$domain" "$(grep -v "^card=.*|$found\$" "$domains/$domain")"
}

list_cards() {
    field card "$1" | while IFS='|' read -r mac _ vif; do
        handle=${vif##*.}
        printf '%-3d %-2d %s %6d %5d %6d %5d/%-11d %-30s\n' "$handle" 0 "$mac" "$handle" 4 9 768 769 \
            "/local/domain/0/backend/vif/$(field id "$1")/$handle"
    done
}

# --- disks -------------------------------------------------------------------------------------------------------

# block_attach SPECIFICATION, whole or in parts that commas would join.
block_attach() {
    specification=$1
    shift
    for each in "$@"; do specification=$specification,$each; done
    read_disk "$specification"
    ! field disk "$domain" | grep -q "^$vdev|" || fails 1 "libxl_device_disk_add failed."
    usable_disk
    put_domain "$domain" "$(cat "$domains/$domain"; echo "$disk_lines")"
}

# block_detach VDEV-or-NUMBER
block_detach() {
    found=$(field disk "$domain" | while IFS='|' read -r vdev path _; do
        case $1 in "$vdev" | "$(number_of "$vdev")") echo "$vdev|$path" ;; esac
    done)
    [ -n "$found" ] || fails 1 "Error: Device $1 not connected."
    store=$(storage_of "${found#*|}")
    put_domain "$domain" "$(grep -vF -e "disk=$found|" "$domains/$domain" | grep -vxF -e "store=$store")"
}

# number_of VDEV: its number, as Xen's vbd-interface(7) has it.
number_of() {
    part=${1##*[!0-9]}
    case $1 in
    xvd[a-p]*) unit=${1#xvd} base=51712 parts=16 ;;
    sd[a-p]*) unit=${1#sd} base=2048 parts=16 ;;
    hd[ab]*) unit=${1#hd} base=768 parts=64 ;;
    *) unknown "the number of $1" ;;
    esac
    unit=${unit%"$part"}
    echo $((base + parts * ($(printf '%d' "'$unit") - 97) + ${part:-0}))
}

list_disks() {
    field disk "$1" | while IFS='|' read -r vdev _ _; do
        number=$(number_of "$vdev")
        printf '%-5d %-3d %-6d %-5d %-6d %-8d %-30s\n' "$number" 0 "$(field id "$1")" 4 8 8 \
            "/local/domain/0/backend/vbd/$(field id "$1")/$number"
    done
}
