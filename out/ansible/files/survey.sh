# shellcheck shell=sh disable=SC2154
# survey ROOT TOOLSTACK: what this server has. Reads lines "PROJECT ID", the wanted ones, and changes nothing.
root=$2

for survey_state in "$root"/*/state; do
    [ -e "$survey_state" ] || continue
    survey_home=${survey_state%/state}
    at "${survey_home##*/}"
    tell state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
done
# The files of the generation in force, where it is not the wanted one: those that are the same need not travel.
while read -r survey_project survey_id; do
    at "$survey_project"
    if [ "$applied" != "$survey_id" ] && [ -e "$current/.files" ]; then
        tell files "$project"
        cat -- "$current/.files"
    fi
done
tell files
domains "$3"
