# shellcheck shell=sh disable=SC2034,SC2154
# status ROOT TOOLSTACK: reports the states of hosts. Reads lines "PROJECT HOST ADDRESS" (- for none), sorted by
# project.
root=$2
library=$root/_server/current
MLNC_LIB=$library/lib
export MLNC_LIB

# generation LINK: prints the generation that a link points to.
generation() {
    generation_link=$(readlink -- "$1") || return 1
    echo "${generation_link#generations/}"
}

# send_states PROJECT: runs the status command of the project's script if the script is intact.
send_states() {
    select_project "$1"
    [ -e "$current/project.sh" ] || return 0
    if ! is_intact "$current" "$(generation "$current")" || ! is_intact "$library" "$(generation "$library")"; then
        send_mark unknown "$project" 'its files on this server are not what was reviewed'
        return 0
    fi
    show_status=0
    show_states=$("$current/project.sh" status </dev/null) || show_status=$?
    case $show_status in
    0 | 3)
        # Line by line: marks of send_answer come in between.
        printf '%s\n' "$show_states" | while read -r show_host show_state show_more; do
            [ -z "$show_state" ] || [ -n "$show_more" ] || send_mark vm "$project" "$show_host" "$show_state"
        done
        ;;
    *) send_mark unknown "$project" "$(printf '%s' "$show_states" | tr '\n\t' '  ')" ;;
    esac
}

send_answer() {
    if ping -c 1 -W 2 "$3" >/dev/null 2>&1; then send_mark answers "$1" "$2" yes; else send_mark answers "$1" "$2" no; fi
}

status_last=
while read -r status_project status_host status_address; do
    [ "$status_address" = - ] || send_answer "$status_project" "$status_host" "$status_address" &
    [ "$status_project" = "$status_last" ] || send_states "$status_project"
    status_last=$status_project
done
wait
send_domains "$3"
toolstack_uptimes | awk 'NF > 1 {
    name = $1
    sub(/^[^ ]+ /, "")
    printf "@mlnc\tuptime\t%s\t%s\n", name, $0
}'
