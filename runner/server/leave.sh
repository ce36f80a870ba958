# shellcheck shell=sh disable=SC2034,SC2154
# leave ROOT PROJECT LIBRARY BY WHEN IDS: this server has nothing to do with the project any more, so its files go; no
# volume does. Refuses while a domain of it is there. IDS (separated by commas) are the generations it may have.
root=$2 leave_project=$3 library=$4 by_now=$5 when_now=$6 ids=$7

at "$leave_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
hold
read_state
if [ "$applied" != - ]; then
    expect_known "$applied" "$ids"
    expect_library "$library"
    if [ -e "$current/project.sh" ]; then
        leave_status=0
        leave_states=$("$current/project.sh" status </dev/null) || leave_status=$?
        case $leave_status in 0 | 3) ;; *) stop 1 "which hosts run cannot be told: $leave_states" ;; esac
        leave_there=$(printf '%s\n' "$leave_states" | awk '$2 == "up" || $2 == "moving" { printf " %s", $1 }')
        [ -z "$leave_there" ] || stop 1 "these of $project are here, though they should be gone:$leave_there"
    fi
fi
forget
tell left "$project"
