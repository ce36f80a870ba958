# shellcheck shell=sh disable=SC2034,SC2154
# domain-file.sh: how the stand-ins of xl and xm read a domain file. Sourced by toolstack.sh, never run.

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

# read_facts FILE: sets settings, and of them name, uuid, memory, maxmem, vcpus, maxvcpus, affinity, type and kernel.
read_facts() {
    settings=$(read_config "$1") || fails 1 "Failed to parse config: $1"
    name='' kernel='' uuid='' memory='' maxmem='' vcpus=1 maxvcpus='' mask='' affinity=all type=pv
    each_setting take_fact
    [ -n "$name" ] || fails 1 'Domain name must be specified.'
    [ -n "$memory" ] || fails 1 'No memory is specified.'
    [ -n "$uuid" ] || uuid=$(cat /proc/sys/kernel/random/uuid)
    : "${maxmem:=$memory}" "${maxvcpus:=$vcpus}"
    # What xl calls maxvcpus is vcpus for xm, where the mask vcpu_avail says which of them are in use.
    case $me:$mask in xm:?*) maxvcpus=$vcpus vcpus=$(bits "$mask") ;; esac
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
    maxmem) maxmem=$2 ;;
    vcpus) vcpus=$2 ;;
    maxvcpus) maxvcpus=$2 ;;
    vcpu_avail) mask=$2 ;;
    cpus) affinity=$2 ;;
    type) type=$2 ;;
    builder) [ "$2" != hvm ] || type=hvm ;;
    esac
}

# bits MASK: how many of its bits are set.
bits() {
    left=$1 set=0
    while [ "$left" -gt 0 ]; do set=$((set + left % 2)) left=$((left / 2)); done
    echo "$set"
}

# part NAME LIST: the value of NAME=VALUE in a list with commas.
part() { printf '%s\n' "$2" | tr , '\n' | sed -n "s/^ *$1=//p"; }

# read_disk SPECIFICATION: sets vdev, path and mode of one that is named (target=...,vdev=...,access=...) or by place
# (phy:PATH,VDEV,MODE).
read_disk() {
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
}
