"""Conversion of IR documents of version 1, which servers, records and output folders may still hold.

Version 1 filled in the ceilings of memory and processors with the amounts where the project stated none, and listed
volumes, each with its role. The conversion takes a ceiling equal to its amount as one that was not stated.
"""

from typing import Any

_CEILINGS = (("maxmem_mib", "memory_mib"), ("max_vcpus", "vcpus"))


def convert(data: Any) -> Any:
    """Return *data*, a project or a site as plain data, as version 2 has it; *data* itself is not changed.

    Data that is not a document of version 1, or a damaged one, is returned as it is: the schema reports it.
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
