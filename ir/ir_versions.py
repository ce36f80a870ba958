"""Conversion of IR documents that an earlier mlnc wrote."""

from typing import Any


def upgrade_document(data: Any) -> Any:
    """Return *data*, the document of a project as loaded, with the fields that its writer did not know yet.

    A document of version 1 may lack ``on_crash`` of its hosts; that means null. *data* itself is not changed, and
    what is no document of a project is returned as it is: the schema refuses it.
    """
    hosts = data.get("hosts") if isinstance(data, dict) else None
    if not isinstance(hosts, dict):
        return data
    return {**data, "hosts": {name: _with_on_crash(host) for name, host in hosts.items()}}


def _with_on_crash(host: Any) -> Any:
    return {"on_crash": None, **host} if isinstance(host, dict) else host
