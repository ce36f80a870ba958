# shellcheck shell=sh disable=SC2154
# survey ROOT TOOLSTACK: reports the state of all projects on this server. Read-only. Reads lines "PROJECT ID RECORDED":
# the wanted generation, and the one that the deployed record has for this server.
root=$2

for survey_state in "$root"/*/state; do
    [ -e "$survey_state" ] || continue
    survey_home=${survey_state%/state}
    select_project "${survey_home##*/}"
    send_mark state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
done
# The records of unfinished upgrades.
for survey_steps in "$root"/*/steps "$root"/*/ran; do
    [ -e "$survey_steps" ] || continue
    survey_home=${survey_steps%/*}
    awk -v project="${survey_home##*/}" -v kind="${survey_steps##*/}" 'BEGIN { OFS = "\t" }
        kind == "steps" && NF > 2 { print "@mlnc", "noted", project, $1, $2, $3 }
        kind == "ran" { for (i = 1; i <= NF; i++) print "@mlnc", "ran", project, $i }' "$survey_steps"
done
# The listing of the active generation where it is not the wanted one: unchanged files are not sent. Where it is the
# wanted one and its upgrade has not ended: the listing of the generation before.
while read -r survey_project survey_id survey_recorded; do
    select_project "$survey_project"
    if [ "$applied" != "$survey_id" ] && [ -e "$current/.files" ]; then
        send_mark files "$project"
        cat -- "$current/.files"
    elif [ -e "$home/steps" ] && [ -e "$home/generations/$survey_recorded/.files" ]; then
        send_mark before "$project"
        cat -- "$home/generations/$survey_recorded/.files"
    fi
done
send_mark files
send_domains "$3"
