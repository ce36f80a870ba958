# shellcheck shell=sh disable=SC2034,SC2154
# rebuild ROOT PROJECT LIBRARY BY WHEN ID HOST...: recreates the root volumes of these hosts from their templates; all
# data on them is lost. Starts the hosts that ran before, also when it resumes an interrupted run. Reads secrets.
root=$2 rebuild_project=$3 library=$4 by_now=$5 when_now=$6 id=$7
shift 7

# note_running HOST...: records the running hosts, which are started again at the end.
note_running() {
    running_status=0
    running_states=$("$current/project.sh" status "$@" </dev/null) || running_status=$?
    case $running_status in 0 | 3) ;; *) stop_with 1 "the states of the hosts cannot be read: $running_states" ;; esac
    printf '%s\n' "$running_states" | awk '$2 == "up" { print $1 }' >>"$home/rebuilding"
    sync "$home/rebuilding"
}

receive_secrets
select_project "$rebuild_project"
read_generation
lock_project
read_generation
read_state
[ "$pending" = - ] || stop_with 1 "a deployment of $project is unfinished; run 'invoke deploy' first"
expect_known "$known" "$id"
expect_library "$library"
[ -e "$current/storage-remove.sh" ] || stop_with 1 "$project has no volumes on this server"
note_running "$@"
run_step 'project.sh stop' "$current/project.sh" stop "$@" </dev/null 7>&-
run_step storage-remove.sh "$current/storage-remove.sh" "$@" </dev/null
run_step storage.sh "$current/storage.sh" </dev/null
rebuild_folder=$home/generations/$known
for rebuild_host in "$@"; do
    for rebuild_script in "$rebuild_host/guest/configure.sh" "$rebuild_host/guest/seed.sh"; do
        [ ! -e "$rebuild_folder/$rebuild_script" ] ||
            run_step "$rebuild_script" with_secrets "$rebuild_folder/$rebuild_script"
    done
done
rebuild_ran=$(sort -u "$home/rebuilding" | tr '\n' ' ')
if [ -n "$rebuild_ran" ]; then
    # shellcheck disable=SC2086
    run_step 'project.sh start' "$current/project.sh" start $rebuild_ran </dev/null 7>&-
fi
rm -f -- "$home/rebuilding"
