# shellcheck shell=sh disable=SC2154
# templates ROOT LIBRARY: reports the checksums of templates, and of the templates that volumes were made from. Reads
# lines "template NAME" and "image PATH". ROOT/_server/templates caches each checksum until the template changes.
root=$2
cache=$root/_server/templates

# checksum FILE: the first 32 digits of its SHA-256, as the tags of volumes have it.
checksum() {
    checksum_stamp=$(stat -L -c '%d:%i:%s:%Y' -- "$1")
    checksum_known=$(awk -v stamp="$checksum_stamp" '$1 == stamp { sum = $2 } END { print sum }' "$cache" 2>/dev/null) ||
        checksum_known=
    if [ -z "$checksum_known" ]; then
        checksum_known=$(sha256sum <"$1")
        checksum_known=$(printf %.32s "$checksum_known")
        printf '%s %s\n' "$checksum_stamp" "$checksum_known" >>"$cache"
    fi
    echo "$checksum_known"
}

expect_library "$3"
[ "$3" != - ] || exit 0
# shellcheck source=/dev/null
. "${MLNC_LIB:?}/templates.sh"
while read -r templates_kind templates_name; do
    case $templates_kind in
    template)
        templates_file=$(template_file "$templates_name")
        [ ! -r "$templates_file" ] || send_mark template "$templates_name" "$(checksum "$templates_file")"
        ;;
    image)
        [ ! -f "$templates_name.mlnc" ] ||
            send_mark made "$templates_name" "$(sed -n 's/^mlnc\.template=//p' "$templates_name.mlnc")"
        ;;
    esac
done
lvs --noheadings --separator '|' -o vg_name,lv_name,lv_tags 2>/dev/null | awk -F'|' '{
    sub(/^ */, "", $1)
    count = split($NF, tags, ",")
    for (i = 1; i <= count; i++)
        if (sub(/^mlnc\.template=/, "", tags[i])) printf "@mlnc\tmade\t%s/%s\t%s\n", $1, $2, tags[i]
}'
