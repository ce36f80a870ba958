# shellcheck shell=sh disable=SC2154
# long.sh: domains at length, as "xl list -l" (JSON of libxl) and "xm list --long" (S-expressions of xend) print them,
# as far as a reader of domains looks. Sourced by the stand-ins, never run.

# long FORM [DOMAIN]: FORM is json or sxp. The bridge of a card is the one that it was given when it was made.
long() {
    [ -z "${2-}" ] || known "$2"
    set -- "$1" "$domains/${2:-*}"
    # shellcheck disable=SC2086
    awk -v form="$1" -v memory="$dom0_memory" -v all="${2##*/}" '
        function text(key, value) { return sprintf("\"%s\": \"%s\"", key, value) }
        function number(key, value) { return sprintf("\"%s\": %d", key, value) }
        function open(key, bracket) { lines[++count] = pad "\"" key "\": " bracket; pad = pad "    " }
        function close_with(bracket) { sub(/,$/, "", lines[count]); pad = substr(pad, 5); lines[++count] = pad bracket "," }
        function add(line) { lines[++count] = pad line "," }
        function json(    i, part) {
            lines[++count] = "    {"
            pad = "        "
            add(number("domid", value["id"])); open("config", "{")
            open("c_info", "{")
            add(text("type", value["type"])); add(text("name", name)); add(text("uuid", value["uuid"]))
            close_with("}"); open("b_info", "{")
            add(number("max_vcpus", value["maxvcpus"])); open("avail_vcpus", "[")
            for (i = 0; i < value["vcpus"]; i++) add(i)
            close_with("]")
            add(number("max_memkb", value["maxmem"] * 1024)); add(number("target_memkb", value["target"] * 1024))
            add(text("kernel", value["kernel"]))
            close_with("}"); open("disks", "[")
            for (i = 1; i <= disks; i++) {
                split(disk[i], part, "|")
                lines[++count] = pad "{"; pad = pad "    "
                add(text("pdev_path", part[2])); add(text("vdev", part[1])); add(text("backend", "phy"))
                add(text("format", "raw")); add(number("readwrite", part[3] == "rw"))
                close_with("}")
            }
            close_with("]"); open("nics", "[")
            for (i = 1; i <= cards; i++) {
                split(card[i], part, "|")
                sub(/.*\./, "", part[3])
                lines[++count] = pad "{"; pad = pad "    "
                add(number("devid", part[3])); add(text("mac", part[1])); add(text("bridge", part[2]))
                close_with("}")
            }
            close_with("]"); add(text("on_reboot", "restart"))
            close_with("}"); close_with("}")
        }
        function sxp(    i, part) {
            printf "(domain\n    (domid %s)\n    (uuid %s)\n    (vcpus %s)\n", value["id"], value["uuid"], value["maxvcpus"]
            printf "    (name %s)\n    (maxmem %s)\n    (memory %s)\n", name, value["maxmem"], value["target"]
            printf "    (online_vcpus %s)\n", value["vcpus"]
            for (i = 1; i <= cards; i++) {
                split(card[i], part, "|")
                printf "    (device\n        (vif\n            (bridge %s)\n            (mac %s)\n", part[2], part[1]
                printf "            (uuid 11111111-1111-1111-1111-%012d)\n        )\n    )\n", i
            }
            for (i = 1; i <= disks; i++) {
                split(disk[i], part, "|")
                printf "    (device\n        (vbd\n            (uuid 22222222-2222-2222-2222-%012d)\n", i
                printf "            (dev %s:disk)\n            (uname phy:%s)\n            (mode %s)\n        )\n    )\n", \
                    part[1], part[2], (part[3] == "rw" ? "w" : "r")
            }
            print ")"
        }
        BEGIN {
            if (form == "sxp" && all == "*") {
                printf "(domain\n    (domid 0)\n    (uuid 00000000-0000-0000-0000-000000000000)\n    (vcpus 1)\n"
                printf "    (name Domain-0)\n    (memory %s)\n)\n", memory
            }
            for (n = 1; n < ARGC; n++) {
                disks = cards = found = 0
                while ((getline line <ARGV[n]) > 0) {
                    found = 1
                    key = line; sub(/=.*/, "", key)
                    sub(/^[^=]*=/, "", line)
                    if (key == "disk") disk[++disks] = line
                    else if (key == "card") card[++cards] = line
                    else value[key] = line
                }
                if (!found) continue
                name = ARGV[n]; sub(/.*\//, "", name)
                if (form == "json") json(); else sxp()
            }
            if (form == "sxp") exit
            if (count) sub(/,$/, "", lines[count])
            print "["
            for (i = 1; i <= count; i++) print lines[i]
            print "]\n"
        }' $2
}
