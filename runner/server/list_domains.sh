# shellcheck shell=sh disable=SC2154
# list_domains ROOT TOOLSTACK: the domains that are on this server now.
send_domains "$3"
