# shellcheck shell=sh disable=SC2034,SC2154
# base.sh: what all verbs of the runner share. The runner sends it before the verb with each command; no copy of it is
# kept on the server.
#
#   ROOT/PROJECT/generations/ID/   the files of one build; ID is the beginning of the SHA-256 of its .files
#   ROOT/PROJECT/current           link to the generation in force
#   ROOT/PROJECT/state             applied, pending, waiting, by, when: a word and its value a line
#   ROOT/PROJECT/.lock             held (flock) while the project is worked on; says by whom
#
# Lines for the runner begin with "@mlnc" and a tab; all others are output to be shown.
# Exit status: 0 done; 1 failed; 75 somebody else holds the lock; 76 another generation than expected; 77 a file is
# not what was reviewed.

set -eu
# One stream, so that messages stand where they happened.
exec 2>&1
umask 022
LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL PATH
tab=$(printf '\t')
etc=${MLNC_ETC:-/etc}
# What starts and stops projects with the server; the first one has to be active.
units='mlnc-shutdown.service mlnc-projects.service'

# send_mark WORD...: one write, so that what is told from the background never stands in the middle of another line.
send_mark() {
    tell_line=@mlnc
    for tell_word; do tell_line=$tell_line$tab$tell_word; done
    printf '%s\n' "$tell_line"
}

# stop_with STATUS TEXT...
stop_with() {
    stop_status=$1
    shift
    printf 'mlnc: error: %s\n' "$*"
    exit "$stop_status"
}

# select_project PROJECT: from here on, that project.
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

# lock_project: takes the project's lock until this command has ended.
lock_project() { take_project_lock -x; }

# lock_project_shared: the same, but others that share it may hold it, too.
lock_project_shared() { take_project_lock -s; }

take_project_lock() {
    exec 7>>"$home/.lock"
    if ! flock -n "$1" 7; then
        stop_with 75 "$project is being worked on by $(cat -- "$home/.lock"); nothing was changed. Wait until that has ended"
    fi
    printf '%s, since %s\n' "$by_now" "$when_now" >"$home/.lock"
}

# is_intact FOLDER ID: true when the folder holds exactly what ID stands for, every byte of it.
is_intact() {
    [ -f "$1/.files" ] || return 1
    whole_sum=$(sha256sum <"$1/.files")
    case $whole_sum in "$2"*) ;; *) return 1 ;; esac
    (cd -- "$1" && sha256sum --check --strict --quiet .files)
}

# expect_intact FOLDER ID
expect_intact() {
    is_intact "$1" "$2" || stop_with 77 "$1 is not what was reviewed (above: which files), so nothing of it is executed." \
        "See what happened to it; 'invoke deploy --again --project $project' lays it anew"
}

# expect_library IDS: the library of this server is of one of these generations (separated by commas), and whole.
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

# run_step NAME COMMAND...: runs a step, says so, and stops when it fails. Its standard input is that of the call.
run_step() {
    send_mark step "$1"
    shift
    # Not "|| step_status=$?", which would let a function of ours go on after a command that failed.
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

# receive_secrets: the lines of standard input up to an empty one.
receive_secrets() {
    secrets=
    while IFS= read -r secrets_line && [ -n "$secrets_line" ]; do
        secrets="$secrets$secrets_line
"
    done
}

# with_secrets COMMAND...: the command gets them on standard input; printf is the shell's own, so no process shows them.
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

# read_generation: sets known to the generation in force.
read_generation() {
    known=$(readlink -- "$current") || stop_with 1 "$project is not on this server; deploy it first"
    known=${known#generations/}
}

# expect_known ID IDS: that generation is one of IDS (separated by commas), and whole.
expect_known() {
    case ",$2," in
    *",$1,"*) ;;
    *) stop_with 76 "this server has generation $1 of $project, not one that this command may work with." \
        "If it was built anew since, run 'invoke deploy' first; if a colleague deployed, get the commits of that;" \
        "else run 'invoke deployed', which fetches the servers' record, and build" ;;
    esac
    expect_intact "$home/generations/$1" "$1"
}
