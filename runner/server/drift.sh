# shellcheck shell=sh disable=SC2034,SC2154
# drift ROOT TOOLSTACK TEMPLATES: reports what the server has, for the comparison with the build. Read-only. Reads lines
# "project NAME", "image PATH", and, for volumes whose size follows their template, "sized VG/NAME-or-PATH SIZING BYTES
# TEMPLATE".
root=$2 drift_templates=$4

# check_files PROJECT: compares the files of the active generation with its listing, and reports additional files.
check_files() {
    select_project "$1"
    send_mark state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
    [ "$applied" != - ] || return 0
    ! grep -qx stopped "$home/state" || send_mark stopped "$project"
    if [ "$(readlink -- "$current")" != "generations/$applied" ]; then
        send_mark file "$project" 'current does not lead to the generation that was applied'
        return 0
    fi
    drift_sum=$(sha256sum <"$current/.files") || drift_sum=
    case $drift_sum in
    "$applied"*) ;;
    *) send_mark file "$project" "$current/.files: changed" && return 0 ;;
    esac
    (cd -- "$current" && sha256sum --check --strict --quiet .files 2>/dev/null) | while IFS= read -r drift_line; do
        send_mark file "$project" "$current/${drift_line#./}"
    done
    (cd -- "$current/" && find . -type f ! -name .files) | sort >"$drift_list"
    sed -n 's/^[0-9a-f]*  \.\//.\//p' "$current/.files" | sort | comm -13 - "$drift_list" | while IFS= read -r drift_line; do
        send_mark file "$project" "$current/${drift_line#./}: not of mlnc"
    done
    check_completed
}

# check_completed: compares completed domain files with their sources, except for the secrets. The first line of a
# completed file names its source.
check_completed() {
    for drift_file in "$current"/*.cfg; do
        grep -qs @secret/ "$drift_file" || continue
        drift_name=$root/_domains/$project/${drift_file##*/}
        if [ ! -f "$drift_name" ]; then
            send_mark file "$project" "$drift_name: absent"
        elif [ "$(stat -c %a -- "$drift_name")" != 600 ]; then
            send_mark file "$project" "$drift_name: not for root alone"
        elif ! awk '
            FNR == NR { line[++lines] = $0; next }
            FNR == 1 { next }
            {
                at = index(line[FNR - 1], "@secret/")
                if (at ? substr($0, 1, at - 1) != substr(line[FNR - 1], 1, at - 1) : $0 != line[FNR - 1]) changed = 1
            }
            END { exit changed || FNR != lines + 1 }' "$drift_file" "$drift_name"; then
            send_mark file "$project" "$drift_name: changed"
        fi
    done
}

# check_installed FILE TARGET: compares an installed file with the one in _server.
check_installed() {
    if [ ! -e "$2" ]; then
        send_mark file _server "$2: absent"
    elif ! cmp -s -- "$root/_server/current/$1" "$2"; then
        send_mark file _server "$2: changed"
    fi
}

# check_units: checks the units that start and stop projects with the server.
check_units() {
    if command -v systemctl >/dev/null 2>&1; then
        for drift_unit in $units; do check_installed "$drift_unit" "$etc/systemd/system/$drift_unit"; done
        systemctl --quiet is-active mlnc-shutdown.service ||
            send_mark file _server 'mlnc-shutdown.service: not active, so nothing shuts domains down before the server'
    else
        check_installed mlnc-projects.sh "$etc/init.d/mlnc-projects"
    fi
}

# check_sizes: reports the size that each template asks for now, computed by the server's library. Where the volume has
# another size, also reports the template's checksum: the template may have been replaced since the volume was made.
check_sizes() {
    MLNC_LIB=$root/_server/current/lib
    drift_library=$(readlink -- "$root/_server/current") || return 0
    is_intact "$root/_server/current" "${drift_library#generations/}" >/dev/null 2>&1 || return 0
    # shellcheck source=/dev/null
    . "$MLNC_LIB/storage.sh"
    templates_folder=$drift_templates
    while read -r drift_place drift_sizing drift_bytes drift_template; do
        look_at_template "$drift_template"
        set_wanted "$drift_sizing" "$drift_bytes"
        [ -n "$storage_wanted" ] || continue
        storage_sum=-
        drift_differs "$drift_place" "$storage_wanted" && template_sum
        send_mark wanted "$drift_place" "$storage_wanted" "$storage_sum"
    done
}

# drift_differs PLACE BYTES: true for a volume that is not as large as BYTES make it, in whole extents.
drift_differs() {
    case $1 in
    /*) drift_has=$(stat -c '%s|1' -- "$1" 2>/dev/null) || return 1 ;;
    *) drift_has=$(printf '%s\n' "$drift_volumes" | awk -F'|' -v place="$1" '{
            sub(/^ */, "", $1)
            if ($1 "/" $2 == place) print $3 "|" $4
        }') ;;
    esac
    drift_extent=${drift_has#*|}
    [ -n "$drift_has" ] && [ "${drift_has%|*}" != "$((($2 + drift_extent - 1) / drift_extent * drift_extent))" ]
}

# hide_passwords: removes passwords of displays from the output of toolstack_details.
hide_passwords() {
    sed -e 's/\("passwd": "\).*"/\1"/' -e "s/passwd '[^']*'/passwd ''/g" -e 's/passwd "[^"]*"/passwd ""/g' \
        -e "s/passwd [^'\"() ][^() ]*/passwd ''/g" -e "s/passwd': '[^']*'/passwd': ''/g"
}

drift_sizes=
drift_list=$(mktemp)
trap 'rm -f -- "$drift_list"' EXIT
while read -r drift_kind drift_name; do
    case $drift_kind in
    project) check_files "$drift_name" ;;
    sized) drift_sizes="$drift_sizes$drift_name
" ;;
    image)
        if [ -e "$drift_name" ]; then
            send_mark image "$drift_name" "$(stat -c %s -- "$drift_name")" "$([ ! -e "$drift_name.mlnc" ] || tr '\n' , <"$drift_name.mlnc")"
        fi
        ;;
    esac
done
[ ! -e "$root/_server/current/mlnc-shutdown.service" ] || check_units
if [ -e "$root/_server/current/mln.conf" ]; then check_installed mln.conf "$etc/mln/mln.conf"; fi
if drift_volumes=$(lvs --noheadings --nosuffix --units b --separator '|' \
    -o vg_name,lv_name,lv_size,vg_extent_size,lv_tags 2>/dev/null); then
    printf '%s\n' "$drift_volumes" | awk -F'|' 'NF > 4 {
        sub(/^ */, "", $1)
        printf "@mlnc\tvolume\t%s\t%s\t%s\t%s\t%s\n", $1, $2, $3, $4, $5
    }'
    [ -z "$drift_sizes" ] || printf %s "$drift_sizes" | check_sizes
else
    send_mark no-volumes
fi
if drift_links=$(ip -o link show 2>/dev/null); then
    printf '%s\n' "$drift_links" | awk '{
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
    send_mark no-links
fi
send_domains "$3"
drift_long=$(toolstack_details 2>/dev/null) || drift_long=
send_mark details all
printf '%s\n' "$drift_long" | hide_passwords
send_mark details
