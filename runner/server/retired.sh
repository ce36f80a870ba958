# shellcheck shell=sh disable=SC2154
# retired ROOT LIBRARY list
# retired ROOT LIBRARY purge|restore BY WHEN PROJECT [HOST]: lists retired volumes, removes them with all data, or
# restores them. The functions are in the server's library.
root=$2 library=$3 retired_what=$4
shift 4

retired_call() {
    sh -c '. "${MLNC_LIB:?}/retired.sh" && retired_begin "$1" && shift && "$@"' mlnc "$root" "$@" </dev/null 7>&-
}

expect_library "$library"
[ "$library" != - ] || stop_with 1 'this server has no library of mlnc yet; deploy to it first'
if [ "$retired_what" = list ]; then
    retired_rows=$(retired_call list_retired) || stop_with 1 "$retired_rows"
    printf '%s\n' "$retired_rows" | sed -e '/./!d' -e "s/^/@mlnc${tab}retired${tab}/"
else
    by_now=$1 when_now=$2
    shift 2
    select_project "$1"
    [ ! -e "$home" ] || lock_project
    run_step "$retired_what" retired_call "${retired_what}_retired" "$@"
fi
