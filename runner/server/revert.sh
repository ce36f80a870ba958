# shellcheck shell=sh disable=SC2034,SC2154
# revert ROOT PROJECT ID NEW LIBRARY BY WHEN: activates ID again, the generation before an unfinished plan ("-": none).
# NEW is the generation of the plan. Reads secrets.
root=$2 revert_project=$3 id=$4 brought=$5 library=$6 by_now=$7 when_now=$8

receive_secrets
select_project "$revert_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
open_project "$revert_project"
case $applied in
"$id") echo "mlnc: unchanged $project" && exit 0 ;;
"$brought") ;;
*) stop_with 76 "generation $applied of $project is in force, which is not of this plan; nothing was changed" ;;
esac
if [ "$id" = - ]; then
    rm -rf -- "$root/_domains/${project:?}"
    rm -f -- "$current"
else
    expect_intact "$new" "$id"
    expect_library "$library"
    activate_generation
fi
write_state "$id" "$brought" ''
[ "$id" = - ] || complete_secrets
send_mark applied "$id"
