# shellcheck shell=sh disable=SC2034,SC2154
# generation.sh: stages, activates and removes generations of a project. The runner sends it after base.sh with the
# verbs that need it. Variables: id, the generation; new, its folder.

# open_project PROJECT: creates the project's folder and locks the project.
open_project() {
    select_project "$1"
    new=$home/generations/$id
    mkdir -p -- "$home/generations" || stop_with 1 "$home cannot be made: log in as root (user in the site file)"
    lock_project
    read_state
}

# expect_base BASE: stops unless the runner's record has the generation that is active here, or $id is already pending.
expect_base() {
    case $id:$1 in
    "$applied:"* | "$pending:"* | *":$applied") ;;
    *) stop_with 76 "this server has generation $applied of $project, applied by ${by:-nobody} ${when:-}, but the record in" \
        "out/deployed says ${1}; nothing was changed. If a colleague deployed, pull that commit first. Then run" \
        "'invoke deployed', review what it fetches, and deploy again" ;;
    esac
}

# stage_generation: unpacks the archive on standard input as generation $id. Unchanged files, which the archive does not
# have, are linked from the active generation.
stage_generation() {
    stage=$home/generations/.$id
    rm -rf -- "$home"/generations/.[0-9a-f]*
    if [ -e "$new" ] && [ -z "$again" ]; then
        cat >/dev/null
        expect_intact "$new" "$id"
        return
    fi
    mkdir -- "$stage"
    trap 'rm -rf -- "$stage"' EXIT
    tar -x -f - -C "$stage" --no-same-owner ||
        stop_with 1 'the transfer of the files failed (see above); nothing was changed'
    sed -n 's/^[0-9a-f]*  \.\///p' "$stage/.files" | while IFS= read -r file; do
        [ ! -e "$stage/$file" ] || continue
        case $file in */*) mkdir -p -- "$stage/${file%/*}" ;; esac
        ln -- "$current/$file" "$stage/$file"
    done
    sed -n 's/^#x \.\///p' "$stage/.files" | while IFS= read -r file; do chmod 755 -- "$stage/$file"; done
    is_intact "$stage" "$id" || stop_with 77 "the staged generation of $project differs from the reviewed one (above:" \
        "which files); nothing was changed. A file of the active generation was changed by hand: unchanged files are" \
        "linked from it. 'invoke deploy --again --project $project' sends all of them"
    rm -rf -- "$new"
    mv -- "$stage" "$new"
    trap - EXIT
}

# activate_generation: makes $id the active generation.
activate_generation() {
    ln -sfn -- "generations/$id" "$home/.current"
    mv -fT -- "$home/.current" "$current"
}

# remove_old_generations: keeps the newest three generations and the active one ($id).
remove_old_generations() {
    # shellcheck disable=SC2012
    ls -1t -- "$home/generations" | tail -n +4 | while IFS= read -r old; do
        [ "$old" = "$id" ] || rm -rf -- "$home/generations/${old:?}"
    done
}

# complete_secrets: writes the domain files of the active generation that contain a secret.
complete_secrets() {
    if [ -e "$current/project.sh" ] && grep -q '^ *need_secret ' "$current/project.sh"; then
        run_step 'project.sh complete' with_secrets "$current/project.sh" complete
    fi
}

# remove_project_files: removes every file of the project that mlnc wrote. Other files stay, for example image files
# that were kept.
remove_project_files() {
    rm -rf -- "$root/_domains/${project:?}"
    rm -f -- "$current"
    rm -rf -- "$home/generations"
    rm -f -- "$home/state" "$home/.state" "$home/.lock" "$home/fresh" "$home/held"
    rm -f -- "$home/steps" "$home/ran" "$home/notes" "$home/rebuilding"
    rmdir -- "$home/images" 2>/dev/null || :
    rmdir -- "$home" 2>/dev/null || echo "mlnc: kept $home, which is not empty"
}
