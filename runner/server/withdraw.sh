# shellcheck shell=sh disable=SC2034,SC2154
# withdraw ROOT PROJECT LIBRARY BY WHEN IDS: removes the files of a project that has left this server. Removes no
# volume. Refuses while a domain of the project is here. IDS (separated by commas) are the generations it may have.
root=$2 withdraw_project=$3 library=$4 by_now=$5 when_now=$6 ids=$7

select_project "$withdraw_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
lock_project
read_state
if [ "$applied" != - ]; then
    expect_known "$applied" "$ids"
    expect_library "$library"
    if [ -e "$current/project.sh" ]; then
        withdraw_status=0
        withdraw_states=$("$current/project.sh" status </dev/null) || withdraw_status=$?
        case $withdraw_status in 0 | 3) ;; *) stop_with 1 "the states of the hosts cannot be read: $withdraw_states" ;; esac
        withdraw_there=$(printf '%s\n' "$withdraw_states" | awk '$2 == "up" || $2 == "moving" { printf " %s", $1 }')
        [ -z "$withdraw_there" ] || stop_with 1 "hosts of $project are still here:$withdraw_there"
    fi
fi
remove_project_files
send_mark left "$project"
