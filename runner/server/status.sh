# shellcheck shell=sh disable=SC2034,SC2154
# status ROOT TOOLSTACK: the hosts of projects. Reads lines "PROJECT HOST ADDRESS" (- for none), sorted by project.
root=$2
library=$root/_server/current
MLNC_LIB=$library/lib
export MLNC_LIB

# generation LINK: the name of the generation that a link leads to.
generation() {
    generation_link=$(readlink -- "$1") || return 1
    echo "${generation_link#generations/}"
}

# show PROJECT: what the project's own script says, if it is what was reviewed.
show() {
    at "$1"
    [ -e "$current/project.sh" ] || return 0
    if ! whole "$current" "$(generation "$current")" || ! whole "$library" "$(generation "$library")"; then
        tell unknown "$project" 'its files on this server are not what was reviewed'
        return 0
    fi
    show_status=0
    show_states=$("$current/project.sh" status </dev/null) || show_status=$?
    case $show_status in
    0 | 3)
        # A line at a time: the answers of ask come in between.
        printf '%s\n' "$show_states" | while read -r show_host show_state show_more; do
            [ -z "$show_state" ] || [ -n "$show_more" ] || tell vm "$project" "$show_host" "$show_state"
        done
        ;;
    *) tell unknown "$project" "$(printf '%s' "$show_states" | tr '\n\t' '  ')" ;;
    esac
}

ask() {
    if ping -c 1 -W 2 "$3" >/dev/null 2>&1; then tell answers "$1" "$2" yes; else tell answers "$1" "$2" no; fi
}

status_last=
while read -r status_project status_host status_address; do
    [ "$status_address" = - ] || ask "$status_project" "$status_host" "$status_address" &
    [ "$status_project" = "$status_last" ] || show "$status_project"
    status_last=$status_project
done
wait
tell_domains "$3"
toolstack_uptimes | awk 'NF > 1 {
    name = $1
    sub(/^[^ ]+ /, "")
    printf "@mlnc\tuptime\t%s\t%s\n", name, $0
}'
