# shellcheck shell=sh disable=SC2034,SC2154
# look ROOT TOOLSTACK TEMPLATES: what there is, to be compared with what there should be. Reads lines "project NAME",
# "image PATH", and, for volumes whose size follows their template, "sized VG/NAME-or-PATH SIZING BYTES TEMPLATE". Changes
# nothing.
root=$2 look_templates=$4

# look_at_files PROJECT: every file of the generation in force, and what lies beside them.
look_at_files() {
    at "$1"
    tell state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
    [ "$applied" != - ] || return 0
    ! grep -qx stopped "$home/state" || tell stopped "$project"
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
    look_at_completed
}

# look_at_completed: domain files that were completed with secrets, but for what stands in the place of these. The
# first line of a completed file says of what it was made.
look_at_completed() {
    for look_file in "$current"/*.cfg; do
        grep -qs @secret/ "$look_file" || continue
        look_name=$root/_domains/$project/${look_file##*/}
        if [ ! -f "$look_name" ]; then
            tell file "$project" "$look_name: absent"
        elif [ "$(stat -c %a -- "$look_name")" != 600 ]; then
            tell file "$project" "$look_name: not for root alone"
        elif ! awk '
            FNR == NR { line[++lines] = $0; next }
            FNR == 1 { next }
            {
                at = index(line[FNR - 1], "@secret/")
                if (at ? substr($0, 1, at - 1) != substr(line[FNR - 1], 1, at - 1) : $0 != line[FNR - 1]) changed = 1
            }
            END { exit changed || FNR != lines + 1 }' "$look_file" "$look_name"; then
            tell file "$project" "$look_name: changed"
        fi
    done
}

# look_at_installed FILE TARGET: FILE is of what all projects of the server share.
look_at_installed() {
    if [ ! -e "$2" ]; then
        tell file _server "$2: absent"
    elif ! cmp -s -- "$root/_server/current/$1" "$2"; then
        tell file _server "$2: changed"
    fi
}

# look_at_units: what starts and stops projects with the server.
look_at_units() {
    if command -v systemctl >/dev/null 2>&1; then
        for look_unit in $units; do look_at_installed "$look_unit" "$etc/systemd/system/$look_unit"; done
        systemctl --quiet is-active mlnc-shutdown.service ||
            tell file _server 'mlnc-shutdown.service: not active, so nothing shuts domains down before the server'
    else
        look_at_installed mlnc-projects.sh "$etc/init.d/mlnc-projects"
    fi
}

# look_at_sizes: what the template of each volume asks for now, by the project's own library. Where that is not what
# the volume has, also which template it is: the one the volume was made from may have been replaced since.
look_at_sizes() {
    MLNC_LIB=$root/_server/current/lib
    look_library=$(readlink -- "$root/_server/current") || return 0
    whole "$root/_server/current" "${look_library#generations/}" >/dev/null 2>&1 || return 0
    # shellcheck source=/dev/null
    . "$MLNC_LIB/storage.sh"
    templates_folder=$look_templates
    while read -r look_place look_sizing look_bytes look_template; do
        look_at_template "$look_template"
        set_wanted "$look_sizing" "$look_bytes"
        [ -n "$storage_wanted" ] || continue
        storage_sum=-
        look_differs "$look_place" "$storage_wanted" && template_sum
        tell wanted "$look_place" "$storage_wanted" "$storage_sum"
    done
}

# look_differs PLACE BYTES: true for a volume that is not as large as BYTES make it, in whole extents.
look_differs() {
    case $1 in
    /*) look_has=$(stat -c '%s|1' -- "$1" 2>/dev/null) || return 1 ;;
    *) look_has=$(printf '%s\n' "$look_volumes" | awk -F'|' -v place="$1" '{
            sub(/^ */, "", $1)
            if ($1 "/" $2 == place) print $3 "|" $4
        }') ;;
    esac
    look_extent=${look_has#*|}
    [ -n "$look_has" ] && [ "${look_has%|*}" != "$((($2 + look_extent - 1) / look_extent * look_extent))" ]
}

# hide_passwords: of displays, in what the toolstacks print at length.
hide_passwords() {
    sed -e 's/\("passwd": "\).*"/\1"/' -e "s/passwd '[^']*'/passwd ''/g" -e 's/passwd "[^"]*"/passwd ""/g' \
        -e "s/passwd [^'\"() ][^() ]*/passwd ''/g" -e "s/passwd': '[^']*'/passwd': ''/g"
}

look_sizes=
look_list=$(mktemp)
trap 'rm -f -- "$look_list"' EXIT
while read -r look_kind look_name; do
    case $look_kind in
    project) look_at_files "$look_name" ;;
    sized) look_sizes="$look_sizes$look_name
" ;;
    image)
        if [ -e "$look_name" ]; then
            tell image "$look_name" "$(stat -c %s -- "$look_name")" "$([ ! -e "$look_name.mlnc" ] || tr '\n' , <"$look_name.mlnc")"
        fi
        ;;
    esac
done
[ ! -e "$root/_server/current/mlnc-shutdown.service" ] || look_at_units
if [ -e "$root/_server/current/mln.conf" ]; then look_at_installed mln.conf "$etc/mln/mln.conf"; fi
if look_volumes=$(lvs --noheadings --nosuffix --units b --separator '|' \
    -o vg_name,lv_name,lv_size,vg_extent_size,lv_tags 2>/dev/null); then
    printf '%s\n' "$look_volumes" | awk -F'|' 'NF > 4 {
        sub(/^ */, "", $1)
        printf "@mlnc\tvolume\t%s\t%s\t%s\t%s\t%s\n", $1, $2, $3, $4, $5
    }'
    [ -z "$look_sizes" ] || printf %s "$look_sizes" | look_at_sizes
else
    tell no-volumes
fi
if look_links=$(ip -o link show 2>/dev/null); then
    printf '%s\n' "$look_links" | awk '{
        name = $2
        sub(/[@:].*/, "", name)
        mark = bridge = ""
        for (i = 3; i < NF; i++) {
            if ($i == "alias") mark = $(i + 1)
            if ($i == "master") bridge = $(i + 1)
        }
        printf "@mlnc\tlink\t%s\t%s\t%s\n", name, mark, bridge
    }'
else
    tell no-links
fi
tell_domains "$3"
look_long=$(toolstack_details 2>/dev/null) || look_long=
tell details all
printf '%s\n' "$look_long" | hide_passwords
tell details
