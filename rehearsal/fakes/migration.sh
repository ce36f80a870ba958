# shellcheck shell=sh disable=SC2034,SC2154
# migration.sh: moves a domain to another server, in the steps and with the words of xl. Sourced by the stand-ins of xl and
# xm for the verbs that need it, never run.
#
#   sender                                    receiver
#   sends the settings            ----------> makes NAME--incoming of them, paused
#   suspends, renames the domain
#   NAME--migratedaway            <---------- ready
#   gives permission              ----------> renames it NAME, lets it run
#   destroys its own              <---------- report
#
# state/SERVER/fault-migration makes the receiver of that server fail once: receive, unpause, lost-ready (the connection is
# cut before it says ready), lost-permission (before it hears the permission) or lost-report (once the domain runs there).

# send NAME SETTINGS COMMAND: COMMAND is a text of sh that reaches the receiver.
send() {
    name=$1 aside=${aside-$1--migratedaway}
    [ "$(field state "$name")" = running ] || unknown "migration of a domain that does not run"
    there=$(mktemp -u) back=$(mktemp -u)
    mkfifo "$there" "$back"
    sh -c "$3" <"$there" >"$back" &
    exec 7>"$there" 8<"$back"
    rm -f -- "$there" "$back"
    trap '' PIPE
    speak "$name"
    { printf '%s\n' "$2" | sed 's/^/setting /' && echo end; } >&7 2>/dev/null || :
    hear_from_receiver
    echo 'migration sender: Target has acknowledged transfer.' >&2
    locked step_aside
    echo 'migration sender: Giving target permission to start.' >&2
    echo permission >&7 2>/dev/null || :
    read -r report <&8 || report=lost
    case $report in
    started)
        echo 'migration sender: Target reports successful startup.' >&2
        locked end_domain "$aside"
        echo 'Migration successful.' >&2
        ;;
    failed) take_back "migration sender: Target reports startup failure (status code 3)." \
        'Migration failed due to problems at target.' ;;
    *)
        fails 1 "** Migration failed during final handshake **
Domain state is now undefined !
Please CHECK AT BOTH ENDS for running instances, before renaming and
 resuming at most one instance.  Two simultaneous instances of the domain
 would probably result in SEVERE DATA LOSS and it is therefore
 recommended that you check very carefully."
        ;;
    esac
}

# hear_from_receiver: until it is ready; else the domain goes on here.
hear_from_receiver() {
    read -r heard <&8 || heard=lost
    [ "$heard" = ready ] || {
        exec 7>&-
        wait
        fails 1 'Migration failed, resuming at sender.'
    }
}

step_aside() {
    set_field state suspended "$name"
    rename_domain "$name" "$aside"
}

# take_back WHY VERDICT: the domain goes on here.
take_back() {
    echo "$1" >&2
    echo 'migration sender: Trying to resume at our end.' >&2
    locked resume
    echo 'migration sender: Resumed OK.' >&2
    fails 1 "$2"
}

resume() {
    rename_domain "$aside" "$name"
    set_field state running "$name"
}

# settings_of DOMAIN: what xl would send of it: its file's settings, with what was changed since.
settings_of() {
    for key in name uuid maxmem vcpus maxvcpus; do
        if [ "$key" = name ]; then echo "name = \"$1\""; else echo "$key = \"$(field "$key" "$1")\""; fi
    done
    echo "memory = $(field target "$1")"
    echo "type = \"$(field type "$1")\""
    echo "cpus = \"$(field affinity "$1")\""
    echo "kernel = \"$(field kernel "$1")\""
    echo "disk = [ $(field disk "$1" | awk -F'|' '{ printf "\"format=raw,vdev=%s,access=%s,target=%s\", ", $1, $3, $2 }') ]"
    echo "vif = [ $(field card "$1" | awk -F'|' '{ printf "\"mac=%s,bridge=%s\", ", $1, $2 }') ]"
}

# receive: the other end. Standard output is the way back.
receive() {
    read -r fault 2>/dev/null <"$state/fault-migration" || fault=
    rm -f -- "$state/fault-migration"
    echo 'migration target: Ready to receive domain.' >&2
    given=$(mktemp)
    while read -r word line; do
        case $word in setting) printf '%s\n' "$line" ;; end) break ;; esac
    done >"$given"
    [ "$word" = end ] || fails 1 'migration target: the connection was lost'
    [ "$fault" != receive ] || fails 1 'migration target: Domain creation failed (code -3).'
    read_facts "$given"
    rm -f -- "$given"
    kernel=$(printf '%s\n' "$settings" | sed -n 's/^kernel	//p')
    (locked build "$name--incoming" paused) || fails 1 'migration target: Domain creation failed (code -3).'
    [ "$fault" != lost-ready ] || gone
    echo 'migration target: Transfer complete, requesting permission to start domain.' >&2
    echo ready
    [ "$fault" != lost-permission ] || gone
    read -r permission || permission=
    [ "$permission" = permission ] || gone
    echo 'migration target: Got permission, starting domain.' >&2
    if [ "$fault" = unpause ] || ! locked arrive; then
        echo 'migration target: Failure, destroying our copy.' >&2
        locked end_domain "$name--incoming"
        echo failed
        exit 3
    fi
    speak "$name"
    [ "$fault" != lost-report ] || exit 1
    echo 'migration target: Domain started successsfully.' >&2
    echo started
}

arrive() {
    rename_domain "$name--incoming" "$name" || return
    set_field state running "$name"
    boot "$name"
}

# gone: the sender is not heard any more, so its domain is not ours.
gone() {
    locked end_domain "$name--incoming"
    fails 1 'migration target: the connection was lost'
}
