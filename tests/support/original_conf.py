"""A model of how the original reads mln.conf and obeys daemon_allow, for tests (MLN reference, sections 4.1 and 4.3).

It is as careless as the original: keys are looked for anywhere in the first word of a line, in a fixed order, and
addresses are matched anywhere in the peer's. What mlnc writes must come out right all the same.
"""

import os
import re
from collections.abc import Sequence

FIRST_KEYS = ("files", "templates", "projects", "uml")
"""Looked for before all others, in this order."""

OTHER_KEYS = (
    *("default_kernel", "default_modules", "default_template", "default_size", "default_memory"),
    *(
        "default_term_command",
        "default_term",
        "default_color",
        "default_mac_base",
        "default_family",
        "default_vm",
    ),
    *("xen_kernel", "xen_ramdisk", "xen_modules", "xen_bridge", "lvm_vg", "san_path", "lvm_execute_server"),
    *("lock_dir", "screen_command", "batch_size", "slirp", "plugins_dir", "plugin_dir"),
    *("template_file_site", "template_file_mirror", "service_host", "daemon_listen_address", "daemon_allow"),
    *("daemon_projects", "daemon_max_memory", "daemon_status_query", "always_check_project_version"),
    *("db_name", "db_user", "db_password", "notification"),
)
"""All others; in which order the original looks for these is not known, so a test tries many."""

PATHS = ("files", "templates", "projects", "uml", "xen_kernel", "xen_ramdisk", "xen_modules")


def read(text: str, order: Sequence[str] = OTHER_KEYS) -> dict[str, list[str]]:
    """Key and values of each line of *text*, as the original takes them."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        words = line.split()
        if not words or line[0] in " \t":
            continue
        key = next((key for key in (*FIRST_KEYS, *order) if key in words[0]), None)
        if key is not None:
            found.setdefault(key, []).append(_value(key, words[1:]))
    return found


def admits(pattern: str, address: str) -> bool:
    """Whether ``daemon_allow pattern`` lets the peer *address* in."""
    return re.search(pattern.replace(".", r"\.").replace("*", r"\d+"), address) is not None


def _value(key: str, words: list[str]) -> str:
    if key == "lvm_execute_server":
        return " ".join(words)
    value = words[0] if words else ""
    if key not in PATHS:
        return value
    parts = [os.environ.get(part[1:], "") if "$" in part else part for part in value.split("/")]
    path = "/".join(parts)
    return path if path.startswith("/") else f"/{path}"
