# shellcheck shell=sh disable=SC2034,SC2154
# place ROOT PROJECT ID BASE BY WHEN [again]: lays the files of generation ID beside those in force, for the steps of a
# plan. Reads a tar archive of the changed files. Nothing of them is executed or in force yet.
root=$2 place_project=$3 id=$4 by_now=$6 when_now=$7 again=${8-}

begin "$place_project"
expect_base "$5"
place
write_state "$applied" "$id" "$waiting"
tell placed "$id"
