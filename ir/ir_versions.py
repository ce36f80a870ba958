"""Conversion of IR documents of earlier versions, which servers, records and output folders may still hold.

Version 1 stored the amount of memory and processors as the limit if the project stated none, and volumes as a list.
The conversion treats a limit that equals its amount as not stated. Documents of any version may lack fields of hosts
that were added later (``_ADDED``).
"""

from typing import Any

_LIMITS = (("maxmem_mib", "memory_mib"), ("max_vcpus", "vcpus"))
_ADDED: dict[str, Any] = {"on_crash": None}
"""Fields of a host that older documents may lack, with the value that their absence means."""


def upgrade_document(data: Any) -> Any:
    """Convert *data*, a project or a site as plain data, to the current version. *data* itself is not changed.

    Other data and damaged documents are returned unchanged: validation reports them.
    """
    if not isinstance(data, dict):
        return data
    version = data.get("ir_version")
    try:
        hosts = (
            {name: _host(host, version) for name, host in data["hosts"].items()} if "hosts" in data else None
        )
    except (AttributeError, KeyError, TypeError):
        return data
    current = data if hosts is None else data | {"hosts": hosts}
    return current | {"ir_version": 2} if version == 1 else current


def _host(host: dict[str, Any], version: object) -> dict[str, Any]:
    if version != 1:
        return _ADDED | host
    volumes = {"volumes": {volume["role"]: volume for volume in host["volumes"]}}
    unstated = {name: None for name, amount in _LIMITS if host[name] == host[amount]}
    return _ADDED | host | volumes | unstated
