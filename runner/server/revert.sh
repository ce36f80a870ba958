# shellcheck shell=sh disable=SC2034,SC2154
# revert ROOT PROJECT ID NEW LIBRARY BY WHEN: makes ID, the generation before an unfinished plan, the one in force again;
# "-": none. NEW is what the plan brought. Reads secrets.
root=$2 revert_project=$3 id=$4 brought=$5 library=$6 by_now=$7 when_now=$8

read_secrets
at "$revert_project"
if [ ! -e "$home/state" ]; then
    echo "mlnc: absent $project"
    exit 0
fi
begin "$revert_project"
case $applied in
"$id") echo "mlnc: unchanged $project" && exit 0 ;;
"$brought") ;;
*) stop 76 "generation $applied of $project is in force, which is not of this plan; nothing was changed" ;;
esac
if [ "$id" = - ]; then
    rm -rf -- "$root/_domains/${project:?}"
    rm -f -- "$current"
else
    expect_whole "$new" "$id"
    expect_library "$library"
    switch
fi
write_state "$id" "$brought" ''
[ "$id" = - ] || complete_secrets
tell applied "$id"
