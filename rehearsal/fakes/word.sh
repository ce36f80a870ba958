# shellcheck shell=sh
# word.sh: words that a guest has written to a disk, so that a lost disk shows. In an ext file system they are the file
# /mlnc.word, in any other content the 512 bytes at 4096. Sourced, never run; it needs nothing of a rehearsed server.

WORD_FILE=mlnc.word

# is_ext IMAGE
is_ext() { [ "$(od -An -tx2 -j1080 -N2 "$1" 2>/dev/null | tr -d ' ')" = ef53 ]; }

# write_word IMAGE TEXT: fails where there is no such image.
write_word() {
    [ -f "$1" ] || return 1
    if is_ext "$1"; then
        word_text=$(mktemp) || return
        printf '%s' "$2" >"$word_text"
        printf 'rm /%s\nwrite %s /%s\n' "$WORD_FILE" "$word_text" "$WORD_FILE" | debugfs -w -f - "$1" >/dev/null 2>&1
        rm -f -- "$word_text"
        [ "$(read_word "$1")" = "$2" ]
    else
        printf '%-512s' "$2" | dd of="$1" bs=512 seek=8 conv=notrunc status=none
    fi
}

# read_word IMAGE: prints the words, or nothing.
read_word() {
    if is_ext "$1"; then
        debugfs -R "cat /$WORD_FILE" "$1" 2>/dev/null
    else
        dd if="$1" bs=512 skip=8 count=1 status=none | tr -d '\000' | sed 's/ *$//'
    fi
}
