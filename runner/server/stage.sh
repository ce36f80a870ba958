# shellcheck shell=sh disable=SC2034,SC2154
# stage ROOT PROJECT ID BASE BY WHEN [again]: stages generation ID beside the active one, for the steps of a plan. Reads
# a tar archive of the changed files. Executes and activates nothing.
root=$2 stage_project=$3 id=$4 by_now=$6 when_now=$7 again=${8-}

open_project "$stage_project"
expect_base "$5"
stage_generation
write_state "$applied" "$id" "$waiting"
send_mark placed "$id"
