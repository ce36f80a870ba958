# shellcheck shell=sh disable=SC2154
# where ROOT TOOLSTACK: the domains that are on this server now.
tell_domains "$3"
