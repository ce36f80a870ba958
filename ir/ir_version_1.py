"""Conversion of IR documents of version 1, which servers, records and output folders may still hold.

Version 1 stored the amount of memory and processors as the ceiling if the project stated none, and volumes as a
list. The conversion treats a ceiling that equals its amount as not stated.
"""

from typing import Any

_CEILINGS = (("maxmem_mib", "memory_mib"), ("max_vcpus", "vcpus"))


def convert(data: Any) -> Any:
    """Convert *data*, a project or a site as plain data, to version 2. *data* itself is not changed.

    Other data and damaged documents are returned unchanged: validation reports them.
    """
    if not isinstance(data, dict) or data.get("ir_version") != 1:
        return data
    try:
        hosts = (
            {"hosts": {name: _host(host) for name, host in data["hosts"].items()}} if "hosts" in data else {}
        )
    except (AttributeError, KeyError, TypeError):
        return data
    return data | hosts | {"ir_version": 2}


def _host(host: dict[str, Any]) -> dict[str, Any]:
    volumes = {"volumes": {volume["role"]: volume for volume in host["volumes"]}}
    return host | volumes | {name: None for name, amount in _CEILINGS if host[name] == host[amount]}
