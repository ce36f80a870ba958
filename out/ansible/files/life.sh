# shellcheck shell=sh disable=SC2034,SC2154
# life ROOT PROJECT LIBRARY BY WHEN IDS VERB WAIT HOST...: starts or stops the project, or these hosts of it, with the
# active generation, which must be one of IDS (separated by commas). WAIT: seconds until the guests must answer, or -.
# Reads secrets for start.
root=$2 life_project=$3 library=$4 by_now=$5 when_now=$6 ids=$7 verb=$8
shift 8
life_wait=$1
shift

if [ "$verb" = start ]; then receive_secrets; fi
select_project "$life_project"
read_generation
lock_project
read_generation
expect_known "$known" "$ids"
expect_library "$library"
script=$current/project.sh
[ -e "$script" ] || stop_with 1 "$project has no domains on this server"
if [ "$verb" = start ]; then
    if grep -qx stopped "$home/state"; then write_state "$applied" "$pending" "$waiting"; fi
    ! grep -q '^ *need_secret ' "$script" || run_step 'project.sh complete' with_secrets "$script" complete
    [ "$life_wait" = - ] || set -- --wait "$life_wait" "$@"
fi
run_step "project.sh $verb" "$script" "$verb" "$@" </dev/null 7>&-
# The bridges of a stopped project are removed on purpose; the next start or deployment removes this word.
if [ "$verb:$#" = stop:0 ]; then echo stopped >>"$home/state"; fi
