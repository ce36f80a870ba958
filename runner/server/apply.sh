# shellcheck shell=sh disable=SC2034,SC2154
# apply ROOT PROJECT ID BASE LIBRARY BY WHEN OPTION...: activates generation ID, from BASE or from an interrupted run.
# Reads secrets (one per line: NAME, tab, value), an empty line, and a tar archive of the changed files. Options: start,
# again, wait=SECONDS, host=HOST (to be started); as a step of a plan: plan (ID stays pending until the plan has ended),
# arrived=HOST (the plan has moved HOST here, so its guest may be configured), settled=HOST (HOST already has the wanted
# guest configuration), fenced=SERVER (the administrator declares SERVER powered off).
root=$2 apply_project=$3 id=$4 base=$5 library=$6 by_now=$7 when_now=$8
shift 8
again='' start='' apply_wait='' apply_hosts='' apply_plan='' apply_arrived='' apply_settled='' MLNC_FENCED=''
for apply_option in "$@"; do
    case $apply_option in
    again) again=yes ;;
    start) start=yes ;;
    plan) apply_plan=yes ;;
    wait=*) apply_wait=${apply_option#wait=} ;;
    host=*) apply_hosts="$apply_hosts ${apply_option#host=}" ;;
    settled=*) apply_settled="$apply_settled ${apply_option#settled=}" ;;
    arrived=*) apply_arrived="$apply_arrived ${apply_option#arrived=}" ;;
    fenced=*) MLNC_FENCED="${MLNC_FENCED:+$MLNC_FENCED }${apply_option#fenced=}" ;;
    esac
done
export MLNC_FENCED

# --- a project ---------------------------------------------------------------------------------------------------

# note_fresh: sets unsure to the hosts that are new here but already have a volume: such a host may run on another
# server. Hosts without a volume are recorded until they are configured, also across an interrupted run.
note_fresh() {
    unsure=
    fresh=$(cat -- "$home/fresh" 2>/dev/null) || fresh=
    fresh_new=
    for fresh_folder in "$new"/*/guest; do
        guest=${fresh_folder#"$new/"}
        guest=${guest%/guest}
        [ ! -e "$fresh_folder" ] || [ -e "$current/$guest.cfg" ] || fresh_new="$fresh_new $guest"
    done
    [ -n "$fresh_new" ] || return 0
    # shellcheck disable=SC2086
    standing=$("$new/project.sh" standing $fresh_new </dev/null) || stop_with 1 "the volumes cannot be listed: $standing"
    for guest in $fresh_new; do
        case " $fresh " in *" $guest "*) continue ;; esac
        if printf '%s\n' "$standing" | grep -qxF -e "$guest"; then
            unsure="$unsure $guest"
        else
            fresh="${fresh:+$fresh }$guest"
        fi
    done
    printf '%s\n' "$fresh" >"$home/fresh"
}

apply_to_guests() {
    waiting_now='' held_now=''
    held=$(cat -- "$home/held" 2>/dev/null) || held=
    set -- "$new"/*/guest/configure.sh "$new"/*/guest/seed.sh
    case $* in *"/*/guest/configure.sh $new/*/guest/seed.sh") return 0 ;; esac
    guest_status=0
    guest_states=$("$new/project.sh" status </dev/null) || guest_status=$?
    case $guest_status in 0 | 3) ;; *) stop_with 1 "the states of the guests cannot be read: $guest_states" ;; esac
    for guest_script in "$@"; do
        [ -e "$guest_script" ] || continue
        guest=${guest_script#"$new/"}
        guest=${guest%%/*}
        guest_state=$(printf '%s\n' "$guest_states" | awk -v host="$guest" '$1 == host { print $2 }')
        case $guest_state in
        down | absent)
            if is_held; then guest_held; else run_step "$guest/guest/${guest_script##*/}" with_secrets "$guest_script"; fi
            ;;
        *) guest_waits ;;
        esac
    done
}

# is_held: true while the guest is down here and may run on another server. This ends when the guest has run here, or
# when a plan reports that it has arrived.
is_held() {
    case " $apply_arrived " in *" $guest "*) return 1 ;; esac
    case " $held $unsure " in *" $guest "*) return 0 ;; *) return 1 ;; esac
}

guest_held() {
    held_now="${held_now:+$held_now }$guest"
    waiting_now="${waiting_now:+$waiting_now }$guest"
    echo "mlnc: warning: $guest is new on this server, but its volumes are not: it may run elsewhere, so its guest" \
        "configuration waits. Start it here by 'invoke start', which asks the other servers; stop it and deploy again"
}

# guest_waits: a running guest keeps its configuration; a later deploy writes a changed one. With the option again, the
# configuration counts as changed, because a secret may have changed.
guest_waits() {
    case $again:" $apply_settled " in :*" $guest "*) return 0 ;; esac
    case " $waiting " in
    *" $guest "*) ;;
    *) [ -n "$again" ] || [ "$(guest_files "$new")" != "$(guest_files "$current")" ] || return 0 ;;
    esac
    waiting_now="${waiting_now:+$waiting_now }$guest"
    echo "mlnc: warning: $guest is $guest_state: its guest configuration waits until it is stopped and deployed again"
}

guest_files() { [ ! -e "$1/.files" ] || grep -F -e "  ./$guest/guest/" "$1/.files" || :; }

apply_to_project() {
    expect_library "$library"
    [ ! -e "$new/network.sh" ] || run_step network.sh "$new/network.sh" up </dev/null
    note_fresh
    [ ! -e "$new/storage.sh" ] || run_step storage.sh "$new/storage.sh" </dev/null
    apply_to_guests
    activate_generation
    complete_secrets
    if [ -n "$held_now" ]; then printf '%s\n' "$held_now" >"$home/held"; else rm -f -- "$home/held"; fi
    [ -n "$apply_plan" ] || rm -f -- "$home/fresh"
}

# --- what all projects of the server share -----------------------------------------------------------------------

is_ours() { head -n 3 -- "$1" | grep -qi 'generated by mlnc'; }

# install_file FILE TARGET: installs FILE unless TARGET is a file that mlnc did not write.
install_file() {
    if [ ! -e "$2" ] && [ ! -L "$2" ]; then
        mkdir -p -- "${2%/*}"
    elif [ ! -f "$2" ] || ! is_ours "$2"; then
        echo "mlnc: warning: kept $2, which mlnc did not write"
        return 0
    elif cmp -s -- "$1" "$2"; then
        return 0
    fi
    cp -- "$1" "$2.mlnc-new"
    mv -f -- "$2.mlnc-new" "$2"
    echo "mlnc: installed $2"
}

# install_units: installs the units that start and stop projects with the server. systemd stops only active units, so
# mlnc-shutdown.service is started; its start does nothing.
install_units() {
    if ! command -v systemctl >/dev/null 2>&1; then
        install_script
    elif ! units_installed; then
        for unit in $units; do install_file "$new/$unit" "$etc/systemd/system/$unit"; done
        # Enabling also reloads the units.
        # shellcheck disable=SC2086
        systemctl --quiet enable $units
        systemctl start mlnc-shutdown.service ||
            echo 'mlnc: warning: mlnc-shutdown.service is not active: nothing shuts domains down before this server'
        echo 'mlnc: projects start and stop with this server'
    fi
}

# units_installed: true when systemd has loaded exactly these units. This avoids a reload of all units.
units_installed() {
    for unit in $units; do
        cmp -s -- "$new/$unit" "$etc/systemd/system/$unit" &&
            [ -L "$etc/systemd/system/multi-user.target.wants/$unit" ] || return 1
    done
    # shellcheck disable=SC2086
    unit_states=$(systemctl show --property=ActiveState,NeedDaemonReload $units 2>/dev/null) || return 1
    ! printf '%s\n' "$unit_states" | grep -qx 'NeedDaemonReload=yes' &&
        [ "$(printf '%s\n' "$unit_states" | grep '^ActiveState=' | head -n 1)" = ActiveState=active ]
}

# install_script: for a server with System V init. On some, only scripts with a lock file are run at shutdown.
install_script() {
    script=$etc/init.d/mlnc-projects
    if [ -e "$script" ] && [ ! -L "$script" ]; then
        echo "mlnc: warning: kept $script, which mlnc did not write: no project starts or stops with this server"
        return 0
    fi
    ln -sfn -- "$current/mlnc-projects.sh" "$script"
    if command -v update-rc.d >/dev/null 2>&1; then update-rc.d mlnc-projects defaults; else chkconfig --add mlnc-projects; fi
    subsys=${MLNC_SUBSYS:-/var/lock/subsys}
    [ ! -d "$subsys" ] || : >"$subsys/mlnc-projects"
    echo 'mlnc: projects start and stop with this server'
}

apply_to_server() {
    MLNC_LIB=$new/lib
    export MLNC_LIB
    waiting_now=
    [ ! -e "$new/mln.conf" ] || run_step mln.conf install_file "$new/mln.conf" "$etc/mln/mln.conf"
    [ ! -e "$new/xend-merge.sh" ] ||
        run_step xend-merge.sh "$new/xend-merge.sh" "$etc/xen/xend-config.sxp" </dev/null
    activate_generation
    run_step units install_units </dev/null
}

# -----------------------------------------------------------------------------------------------------------------

receive_secrets
open_project "$apply_project"
expect_base "$base"
stage_generation
held_now=
write_state "$applied" "$id" "$waiting"
if [ "$project" = _server ]; then apply_to_server; else apply_to_project; fi
if [ -n "$apply_plan" ]; then
    write_state "$id" "$id" "$waiting_now"
else
    write_state "$id" - "$waiting_now"
    remove_old_generations
fi
send_mark applied "$id" "$waiting_now"
if [ -n "$start" ] && [ -e "$new/project.sh" ]; then
    [ -z "$held_now" ] || stop_with 1 "nothing was started, for these may run elsewhere: $held_now. Use 'invoke start'"
    # shellcheck disable=SC2086
    run_step 'project.sh start' "$current/project.sh" start ${apply_wait:+--wait "$apply_wait"} $apply_hosts </dev/null 7>&-
fi
