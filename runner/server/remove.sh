# shellcheck shell=sh disable=SC2034,SC2154
# remove ROOT PROJECT LIBRARY BY WHEN IDS [stop]: takes the project from this server: volumes, networks, files. Refuses
# while a domain of it is there, unless it is told to stop them.
root=$2 remove_project=$3 library=$4 by_now=$5 when_now=$6 ids=$7 stop_first=${8-}

at "$remove_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
hold
read_state
if [ -e "$current" ]; then
    expect_known "$ids"
    expect_library "$library"
    if [ -e "$current/project.sh" ]; then
        if [ -n "$stop_first" ]; then
            step 'project.sh stop' "$current/project.sh" stop </dev/null 7>&-
        else
            remove_status=0
            states=$("$current/project.sh" status </dev/null) || remove_status=$?
            case $remove_status in 0 | 3) ;; *) stop 1 "which hosts run cannot be told: $states" ;; esac
            there=$(printf '%s\n' "$states" | awk '$2 == "up" || $2 == "moving" { printf " %s", $1 }')
            [ -z "$there" ] || stop 1 "$project runs:$there; stop it first, or say --stop. Nothing was removed"
        fi
    fi
    write_state "$applied" removal "$waiting"
    [ ! -e "$current/storage-remove.sh" ] || step storage-remove.sh "$current/storage-remove.sh" </dev/null
    [ ! -e "$current/network.sh" ] || step 'network.sh down' "$current/network.sh" down </dev/null
fi
rm -rf -- "$root/_domains/${project:?}"
rm -f -- "$current"
rm -rf -- "$home/generations"
rm -f -- "$home/state" "$home/.state" "$home/.lock"
# What is left, mlnc did not make or does not remove: image files that were kept, for instance.
rmdir -- "$home/images" 2>/dev/null || :
rmdir -- "$home" 2>/dev/null || echo "mlnc: kept $home, which is not empty"
