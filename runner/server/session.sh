# shellcheck shell=sh disable=SC2154
# session TOKEN: answers one call after the other, each in a shell of its own, until its standard input ends. A call is
# a line "TEXT INPUT", two numbers of bytes, then so many bytes that set the arguments and are the text of the verb,
# then so many that the verb reads. After each answer stands a mark with TOKEN and the verb's exit status.
session_token=$2

# session_call: runs one call and discards input that the verb did not read, so that the next call begins at its start.
session_call() {
    set +e
    (
        set -e
        eval "$session_text"
    )
    session_status=$?
    # Most verbs read everything; then no program is started.
    if read -r session_rest; then cat >/dev/null; fi
    send_mark answered "$session_token" "$session_status"
}

while read -r session_length session_input; do
    session_text=$(head -c "$session_length")
    # A truncated text, after a broken connection, must not run.
    [ "${#session_text}" -eq "$session_length" ] || exit 1
    head -c "$session_input" | session_call
done
