# shellcheck shell=sh disable=SC2034,SC2154
# base.sh: functions that all verbs of the runner share. The runner sends this text ahead of the verb; no copy stays on
# the server.
#
#   ROOT/PROJECT/generations/ID/   the files of one build; ID is the first part of the SHA-256 of its .files
#   ROOT/PROJECT/current           link to the generation in force
#   ROOT/PROJECT/state             applied, pending, waiting, by, when: one word and its value per line
#   ROOT/PROJECT/.lock             locked (flock) while a command works on the project; names the user
#
# A line that begins with "@mlnc" and a tab is a mark, for the runner; the runner shows all other lines. Exit status: 0
# done; 1 failed; 75 another user holds the lock; 76 the server has another generation than expected; 77 a file differs
# from the reviewed one.

set -eu
# One stream keeps messages and output in order.
exec 2>&1
umask 022
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
tab=$(printf '\t')
etc=${MLNC_ETC:-/etc}
# The units that start and stop projects with the server; the first one must be active.
units='mlnc-shutdown.service mlnc-projects.service'

# send_mark WORD...: sends one mark. A single write keeps marks of background processes on lines of their own.
send_mark() {
    tell_line=@mlnc
    for tell_word; do tell_line=$tell_line$tab$tell_word; done
    printf '%s\n' "$tell_line"
}

# stop_with STATUS TEXT...: prints an error and exits with STATUS.
stop_with() {
    stop_status=$1
    shift
    printf 'mlnc: error: %s\n' "$*"
    exit "$stop_status"
}

# select_project PROJECT: sets project, home and current, and reads its state.
select_project() {
    project=$1
    home=$root/$1
    current=$home/current
    read_state
}

# read_state: sets applied, pending and waiting; "-" where there is none.
read_state() {
    applied=- pending=- waiting='' by='' when=''
    [ -e "$home/state" ] || return 0
    while read -r state_word state_value; do
        case $state_word in
        applied) applied=$state_value ;;
        pending) pending=$state_value ;;
        waiting) waiting=$state_value ;;
        by) by=$state_value ;;
        when) when=$state_value ;;
        esac
    done <"$home/state"
}

# write_state APPLIED PENDING WAITING
write_state() {
    printf 'applied %s\npending %s\nwaiting %s\nby %s\nwhen %s\n' "$1" "$2" "$3" "$by_now" "$when_now" >"$home/.state"
    sync "$home/.state"
    mv -f -- "$home/.state" "$home/state"
    applied=$1 pending=$2 waiting=$3
}

# lock_project: locks the project until this command ends.
lock_project() { take_project_lock -x; }

# lock_project_shared: the same; other commands that share the lock may run at the same time.
lock_project_shared() { take_project_lock -s; }

take_project_lock() {
    exec 7>>"$home/.lock"
    if ! flock -n "$1" 7; then
        stop_with 75 "$project is being worked on by $(cat -- "$home/.lock"); nothing was changed. Wait until that has ended"
    fi
    printf '%s, since %s\n' "$by_now" "$when_now" >"$home/.lock"
}

# is_intact FOLDER ID: true when the files in FOLDER are exactly those of generation ID.
is_intact() {
    [ -f "$1/.files" ] || return 1
    whole_sum=$(sha256sum <"$1/.files")
    case $whole_sum in "$2"*) ;; *) return 1 ;; esac
    (cd -- "$1" && sha256sum --check --strict --quiet .files)
}

# expect_intact FOLDER ID: stops unless is_intact.
expect_intact() {
    is_intact "$1" "$2" || stop_with 77 "$1 is not what was reviewed (above: which files), so nothing of it is executed." \
        "See what happened to it; 'invoke deploy --again --project $project' deploys it again"
}

# expect_library IDS: stops unless the library of this server is from one of these generations (separated by commas) and
# intact. Sets MLNC_LIB and MLNC_ROOT.
expect_library() {
    [ "$1" != - ] || return 0
    library_id=$(readlink -- "$root/_server/current") || library_id=
    library_id=${library_id#generations/}
    case ",$1," in
    *",${library_id:-none},"*) ;;
    *) stop_with 76 "the library on this server is of another build than the one here; run 'invoke deploy' again" ;;
    esac
    expect_intact "$root/_server/generations/$library_id" "$library_id"
    MLNC_LIB=$root/_server/generations/$library_id/lib
    MLNC_ROOT=$root
    export MLNC_LIB MLNC_ROOT
}

# run_step NAME COMMAND...: runs a command, reports its begin and end, and exits when it fails. Its standard input is
# that of the call.
run_step() {
    send_mark step "$1"
    shift
    # With "|| step_status=$?", set -e would have no effect inside the command.
    set +e
    (
        set -e
        "$@"
    )
    step_status=$?
    set -e
    send_mark end "$step_status"
    [ "$step_status" -eq 0 ] || exit 1
}

# receive_secrets: reads secrets from standard input, up to an empty line.
receive_secrets() {
    secrets=
    while IFS= read -r secrets_line && [ -n "$secrets_line" ]; do
        secrets="$secrets$secrets_line
"
    done
}

# with_secrets COMMAND...: runs the command with the secrets on standard input. printf is a builtin, so no process list
# shows them.
with_secrets() { printf '%s' "$secrets" | "$@"; }

# send_domains TOOLSTACK: reports name and UUID of each domain of this server, or that the toolstack does not answer.
send_domains() {
    mlnc_toolstack=$1
    if domains_found=$(toolstack_list); then
        printf '%s\n' "$domains_found" | awk '$6 != "-" { printf "@mlnc\tdomain\t%s\t%s\n", $1, $6 }'
    else
        send_mark no-domains "$(printf '%s' "$domains_found" | tr '\n\t' '  ')"
    fi
}

# read_generation: sets known to the active generation.
read_generation() {
    known=$(readlink -- "$current") || stop_with 1 "$project is not on this server; deploy it first"
    known=${known#generations/}
}

# expect_known ID IDS: stops unless the generation is one of IDS (separated by commas) and intact.
expect_known() {
    case ",$2," in
    *",$1,"*) ;;
    *) stop_with 76 "this server has generation $1 of $project, not one that this command may work with." \
        "If it was built anew since, run 'invoke deploy' first; if a colleague deployed, get the commits of that;" \
        "else run 'invoke deployed', which fetches the servers' record, and build" ;;
    esac
    expect_intact "$home/generations/$1" "$1"
}
