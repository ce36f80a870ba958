# shellcheck shell=sh disable=SC2034,SC2154
# conclude ROOT PROJECT ID BY WHEN: ends a plan that was applied or rolled back; ID is the active generation ("-":
# none). Removes the records of its steps.
root=$2 conclude_project=$3 id=$4 by_now=$5 when_now=$6

select_project "$conclude_project"
[ -e "$home" ] || exit 0
lock_project
read_state
[ "$applied" = "$id" ] || stop_with 76 "generation $applied of $project is in force, not $id; the upgrade has not ended"
if [ "$id" = - ]; then
    # The new volumes stay: the next deploy must know that no guest has used them.
    fresh=$(cat -- "$home/fresh" 2>/dev/null) || fresh=
    remove_project_files
    [ -z "$fresh" ] || { mkdir -p -- "$home" && printf '%s\n' "$fresh" >"$home/fresh"; }
    exit 0
fi
write_state "$id" - "$waiting"
rm -f -- "$home/steps" "$home/ran" "$home/notes" "$home/fresh"
remove_old_generations
