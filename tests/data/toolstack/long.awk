# Prints the domains whose files are given at length, as "xl list -l" (me=xl) or "xm list --long" (me=xm) would. The
# name of a file is that of its domain. Of what the toolstacks tell, only what tests look at is there.
FNR == 1 { if (NR > 1) domain(); id++; disks = cards = list = password = ""; devid = 0 }
match($0, /vncpasswd *=/) { password = $0; sub(/.*vncpasswd *= *"?/, "", password); sub(/["',].*/, "", password) }
/^[a-z]+ = \[/ { list = $1 }
/^\]/ { list = "" }
list == "" && NF > 2 { set[$1] = $3; gsub(/"/, "", set[$1]) }
list != "" && /^ +"/ {
    text = $0
    sub(/^ *"/, "", text)
    sub(/",.*/, "", text)
    if (list == "disk") disks = disks (disks == "" ? "" : comma()) disk(text)
    if (list == "vif") cards = cards (cards == "" ? "" : comma()) card(text)
}
END { if (NR > 0) domain(); if (me == "xl") print (NR > 0 ? "\n]\n" : "[\n\n]\n") }

function comma() { return me == "xl" ? ",\n" : "" }

function part(text, name,    words, i) {
    for (i = split(text, words, ","); i > 0; i--)
        if (index(words[i], name "=") == 1) return substr(words[i], length(name) + 2)
}

function disk(text,    words) {
    if (me == "xl")
        return sprintf("%16s{\n%20s\"pdev_path\": \"%s\",\n%20s\"vdev\": \"%s\",\n%20s\"backend\": \"phy\"\n%16s}", \
            "", "", part(text, "target"), "", part(text, "vdev"), "", "")
    split(text, words, ",")
    return sprintf("    (device\n        (vbd\n            (uuid 22222222-2222-2222-2222-222222222222)\n" \
        "            (dev %s:disk)\n            (uname %s)\n            (mode w)\n        )\n    )\n", words[2], words[1])
}

function card(text) {
    if (me == "xl")
        return sprintf("%16s{\n%20s\"devid\": %d,\n%20s\"mac\": \"%s\",\n%20s\"bridge\": \"%s\"\n%16s}", \
            "", "", devid++, "", part(text, "mac"), "", part(text, "bridge"), "")
    return sprintf("    (device\n        (vif\n            (bridge %s)\n            (mac %s)\n" \
        "            (uuid 11111111-1111-1111-1111-111111111111)\n            (backend 0)\n        )\n    )\n", \
        part(text, "bridge"), part(text, "mac"))
}

function domain() {
    if (me == "xm") {
        printf "(domain\n    (domid %d)\n    (uuid %s)\n    (vcpus %d)\n    (cpu_weight 256)\n    (name %s)\n" \
            "    (memory %d)\n    (online_vcpus %d)\n    (image (linux (vncpasswd %s)))\n%s%s)\n", \
            id, set["uuid"], set["vcpus"], set["name"], set["memory"], set["vcpus"], password, disks, cards
        return
    }
    printf "%s    {\n        \"domid\": %d,\n        \"config\": {\n", (id > 1 ? ",\n" : "[\n"), id
    printf "            \"c_info\": {\n                \"name\": \"%s\",\n                \"uuid\": \"%s\"\n            },\n", \
        set["name"], set["uuid"]
    printf "            \"b_info\": {\n                \"max_vcpus\": %d,\n                \"avail_vcpus\": [\n", set["vcpus"]
    for (i = 0; i < set["vcpus"]; i++) printf "                    %d%s\n", i, (i < set["vcpus"] - 1 ? "," : "")
    printf "                ],\n                \"target_memkb\": %d,\n", set["memory"] * 1024
    printf "                \"vnc\": {\n                    \"passwd\": \"%s\"\n                }\n            },\n", password
    printf "            \"disks\": [\n%s\n            ],\n            \"nics\": [\n%s\n            ]\n        }\n    }", \
        disks, cards
}
