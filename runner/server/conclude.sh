# shellcheck shell=sh disable=SC2034,SC2154
# conclude ROOT PROJECT ID BY WHEN: a plan has ended, forwards or backwards, and ID is in force here ("-": nothing is).
# What was noted for its steps goes.
root=$2 conclude_project=$3 id=$4 by_now=$5 when_now=$6

select_project "$conclude_project"
[ -e "$home" ] || exit 0
lock_project
read_state
[ "$applied" = "$id" ] || stop_with 76 "generation $applied of $project is in force, not $id; the upgrade has not ended"
if [ "$id" = - ]; then
    # The volumes that were made stay: whoever comes next must know that nobody has used them.
    fresh=$(cat -- "$home/fresh" 2>/dev/null) || fresh=
    remove_project_files
    [ -z "$fresh" ] || { mkdir -p -- "$home" && printf '%s\n' "$fresh" >"$home/fresh"; }
    exit 0
fi
write_state "$id" - "$waiting"
rm -f -- "$home/steps" "$home/ran" "$home/notes" "$home/fresh"
remove_old_generations
