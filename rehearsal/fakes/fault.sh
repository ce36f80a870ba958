# shellcheck shell=sh disable=SC2154
# fault.sh: what goes wrong. /rehearsal/fault holds "COUNT ACTION SERVER": the stand-in that is run as the COUNTth on that
# server (*: on any) fails (fail), or all that runs on the server ends at once (kill), or the server loses its
# power: its domains, links and active volumes are gone, and nobody reaches it (die). Sourced by standin.sh.

# met: counts this command; true for the one that is to fail.
met() {
    exec 5>/rehearsal/fault.lock
    flock 5
    read -r count action where 2>/dev/null </rehearsal/fault || return
    case $where in "$server" | '*') ;; *) return 1 ;; esac
    # Whoever asks ip for a link cannot tell a failure from a link that is absent.
    case $action,$me,$* in fail,ip,*' show '*) return 1 ;; esac
    if [ "$count" -gt 1 ]; then
        echo "$((count - 1)) $action $where" >/rehearsal/fault
        return 1
    fi
    rm -f /rehearsal/fault
}

# end_everything: all processes that have this server's folder as their root.
end_everything() {
    here=$(stat -c %d:%i /)
    for process in /proc/[0-9]*; do
        [ "${process#/proc/}" != $$ ] || continue
        [ "$(stat -L -c %d:%i "$process/root" 2>/dev/null)" != "$here" ] || kill -KILL "${process#/proc/}" 2>/dev/null || :
    done
    kill -KILL $$
}

# lose_power: what is on disks stays.
lose_power() {
    touch "$state/down"
    for domain in "$state"/domains/*; do
        [ ! -f "$domain" ] || printf '%s\tdomain\t%s\t%s\tgone\t0\t\n' "$server" "${domain##*/}" \
            "$(sed -n 's/^uuid=//p' "$domain")" >>/rehearsal/journal
    done
    rm -f -- "$state"/domains/* "$state"/ending/*
    for link in "$state"/links/*; do
        IFS='|' read -r kind _ _ alias _ <"$link"
        case $kind:$alias in dummy:* | bridge:) ;; *) rm -rf -- "$link" "$state/fdb/${link##*/}" "/sys/class/net/${link##*/}" ;; esac
    done
    for group in "$state"/groups/*; do
        group=${group##*/}
        rm -rf -- "/dev/${group:?}"
    done
}

if met "$@"; then
    exec 5>&-
    case $action in
    fail)
        echo "$me: this failure is rehearsed" >&2
        exit 1
        ;;
    kill) end_everything ;;
    die)
        lose_power
        end_everything
        ;;
    esac
fi
exec 5>&-
