# shellcheck shell=sh disable=SC2154
# list_domains ROOT TOOLSTACK: reports the domains of this server.
send_domains "$3"
