"""Connections to service hosts: transport, sessions and the protocol of the server scripts."""
