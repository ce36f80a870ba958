# shellcheck shell=sh disable=SC2034,SC2154
# step ROOT PROJECT PLAN STEP HASH MODE LIBRARY BY WHEN OLD NEW WORD...: runs one step of a plan, whose script it reads,
# forwards (do) or backwards (undo). OLD and NEW are the generations before and after, - for none. Words: look (the step
# is read-only and needs no lock), shared (other steps of the project may run at the same time), again (run without OLD
# if OLD is damaged), ran=HOST (HOST ran when the upgrade began), fenced=SERVER (the administrator declares SERVER
# powered off), runs=HOST=SERVER (HOST runs on SERVER, as checked just now).
root=$2 step_project=$3 plan=$4 id=$5 hash=$6 mode=$7 library=$8 by_now=$9
shift 9
when_now=$1 old=$2 new=$3
shift 3
look='' again='' shared='' MLNC_RAN='' MLNC_FENCED='' MLNC_RUNS=''
for step_word in "$@"; do
    case $step_word in
    look) look=yes ;;
    again) again=yes ;;
    shared) shared=_shared ;;
    ran=*) MLNC_RAN="${MLNC_RAN:+$MLNC_RAN }${step_word#ran=}" ;;
    fenced=*) MLNC_FENCED="${MLNC_FENCED:+$MLNC_FENCED }${step_word#fenced=}" ;;
    runs=*) MLNC_RUNS="${MLNC_RUNS:+$MLNC_RUNS }${step_word#runs=}" ;;
    esac
done

# generation_folder ID: prints the folder of an intact generation; nothing where this server does not have it.
generation_folder() {
    [ -e "$home/generations/$1" ] || return 0
    if is_intact "$home/generations/$1" "$1" >&2; then
        echo "$home/generations/$1"
    elif [ "$1" = "$old" ] && [ -n "$again" ] && [ "$mode" = 'do' ]; then
        echo "mlnc: warning: nothing of $home/generations/$1 is used, for it is not what was reviewed (above)" >&2
    else
        stop_with 77 "generation $1 of $project on this server is not what was reviewed (above: which files), so nothing of" \
            "it is executed; nothing was changed. See what happened to it; 'invoke deploy --again --project $project'" \
            "goes on without it" >&2
    fi
}

# record_step WORD: records begun, done or undone. One write per line: steps of a project may run in parallel.
record_step() { [ -n "$look" ] || printf '%s %s %s %s %s\n' "$plan" "$id" "$1" "$when_now" "$by_now" >>"$home/steps"; }

select_project "$step_project"
step_text=$(mktemp)
trap 'rm -f -- "$step_text"' EXIT
cat >"$step_text"
printf '%s  %s\n' "$hash" "$step_text" | sha256sum --check --status ||
    stop_with 77 "the script of $id differs from the reviewed one; nothing was changed"
if [ -z "$look" ]; then
    mkdir -p -- "$home"
    "lock_project$shared"
fi
expect_library "$library"
MLNC_HOME=$home
MLNC_OLD=$(generation_folder "$old") || exit 77
MLNC_NEW=$(generation_folder "$new") || exit 77
export MLNC_HOME MLNC_OLD MLNC_NEW MLNC_RAN MLNC_FENCED MLNC_RUNS
record_step begun
run_step "$id" sh "$step_text" "$mode" </dev/null 7>&-
if [ "$mode" = undo ]; then record_step undone; else record_step 'done'; fi
