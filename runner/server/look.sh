# shellcheck shell=sh disable=SC2034,SC2154
# look ROOT TOOLSTACK: what there is, to be compared with what there should be. Reads lines "project NAME" and
# "image PATH", and changes nothing.
root=$2
etc=${MLNC_ETC:-/etc}

# look_at_files PROJECT: every file of the generation in force, and what lies beside them.
look_at_files() {
    at "$1"
    tell state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
    [ "$applied" != - ] || return 0
    if [ "$(readlink -- "$current")" != "generations/$applied" ]; then
        tell file "$project" 'current does not lead to the generation that was applied'
        return 0
    fi
    look_sum=$(sha256sum <"$current/.files") || look_sum=
    case $look_sum in
    "$applied"*) ;;
    *) tell file "$project" "$current/.files: changed" && return 0 ;;
    esac
    (cd -- "$current" && sha256sum --check --strict --quiet .files 2>/dev/null) | while IFS= read -r look_line; do
        tell file "$project" "$current/${look_line#./}"
    done
    (cd -- "$current/" && find . -type f ! -name .files) | sort >"$look_list"
    sed -n 's/^[0-9a-f]*  \.\//.\//p' "$current/.files" | sort | comm -13 - "$look_list" | while IFS= read -r look_line; do
        tell file "$project" "$current/${look_line#./}: not of mlnc"
    done
}

look_list=$(mktemp)
trap 'rm -f -- "$look_list"' EXIT
while read -r look_kind look_name; do
    case $look_kind in
    project) look_at_files "$look_name" ;;
    image)
        if [ -e "$look_name" ]; then
            tell image "$look_name" "$(stat -c %s -- "$look_name")" "$([ ! -e "$look_name.mlnc" ] || tr '\n' , <"$look_name.mlnc")"
        fi
        ;;
    esac
done
if [ -e "$root/_server/current/mln.conf" ]; then
    cmp -s -- "$root/_server/current/mln.conf" "$etc/mln/mln.conf" || tell file _server "$etc/mln/mln.conf: changed"
fi
if look_volumes=$(lvs --noheadings --nosuffix --units b --separator '|' \
    -o vg_name,lv_name,lv_size,vg_extent_size,lv_tags 2>/dev/null); then
    printf '%s\n' "$look_volumes" | awk -F'|' 'NF > 4 {
        sub(/^ */, "", $1)
        printf "@mlnc\tvolume\t%s\t%s\t%s\t%s\t%s\n", $1, $2, $3, $4, $5
    }'
else
    tell no-volumes
fi
if look_links=$(ip -o link show 2>/dev/null); then
    printf '%s\n' "$look_links" | awk '{
        name = $2
        sub(/[@:].*/, "", name)
        mark = ""
        for (i = 3; i < NF; i++) if ($i == "alias") mark = $(i + 1)
        printf "@mlnc\tlink\t%s\t%s\n", name, mark
    }'
else
    tell no-links
fi
domains "$3"
