# shellcheck shell=sh disable=SC2034,SC2154
# fetch ROOT: reports the record of every project of this server: its state, its listing of files, and its IR.
root=$2

for fetch_state in "$root"/*/state; do
    [ -e "$fetch_state" ] || continue
    fetch_home=${fetch_state%/state}
    select_project "${fetch_home##*/}"
    send_mark state "$project" "$applied" "$pending" "$waiting" "$by" "$when"
    [ -e "$home/generations/$applied/.files" ] || continue
    send_mark files "$project"
    cat -- "$home/generations/$applied/.files"
    send_mark files
    [ -e "$home/generations/$applied/ir.yaml" ] || continue
    send_mark ir "$project"
    cat -- "$home/generations/$applied/ir.yaml"
    send_mark ir
done
