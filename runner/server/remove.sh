# shellcheck shell=sh disable=SC2034,SC2154
# remove ROOT PROJECT LIBRARY BY WHEN IDS [stop]: removes the project from this server: volumes, networks, files.
# Refuses while a domain of the project is here; with "stop" it stops them first.
root=$2 remove_project=$3 library=$4 by_now=$5 when_now=$6 ids=$7 stop_first=${8-}

select_project "$remove_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
lock_project
read_state

# stop_or_refuse: stops the domains of the generation in the folder $undone, or refuses while there are any.
stop_or_refuse() {
    [ -e "$undone/project.sh" ] || return 0
    if [ -n "$stop_first" ]; then
        run_step 'project.sh stop' "$undone/project.sh" stop </dev/null 7>&-
        return
    fi
    remove_status=0
    states=$("$undone/project.sh" status </dev/null) || remove_status=$?
    case $remove_status in 0 | 3) ;; *) stop_with 1 "the states of the hosts cannot be read: $states" ;; esac
    there=$(printf '%s\n' "$states" | awk '$2 == "up" || $2 == "moving" { printf " %s", $1 }')
    [ -z "$there" ] || stop_with 1 "$project runs:$there; stop it first, or use --stop. Nothing was removed"
}

# An unfinished deployment is removed as well.
undo=
for id in "$applied" "$pending"; do
    case $id in
    - | removal) ;;
    *) case " $undo " in *" $id "*) ;; *) [ ! -e "$home/generations/$id" ] || undo="$undo $id" ;; esac ;;
    esac
done
for id in $undo; do
    undone=$home/generations/$id
    expect_known "$id" "$ids"
    expect_library "$library"
    stop_or_refuse
done
[ -z "$undo" ] || [ "$pending" != - ] || write_state "$applied" removal "$waiting"
for id in $undo; do
    undone=$home/generations/$id
    [ ! -e "$undone/storage-remove.sh" ] || run_step storage-remove.sh "$undone/storage-remove.sh" </dev/null
    [ ! -e "$undone/network.sh" ] || run_step 'network.sh down' "$undone/network.sh" down </dev/null
done
remove_project_files
