"""pyinfra's inventory of the servers of the plan."""

# mypy: ignore-errors
from work import PLAN

servers = [
    (
        server["name"],
        {
            "ssh_hostname": "127.0.0.1",
            "ssh_port": server["port"],
            "ssh_user": "root",
            "ssh_key": PLAN["key"],
            "ssh_known_hosts_file": PLAN["known_hosts"],
            "ssh_strict_host_key_checking": "yes",
            "root": server["root"],
        },
    )
    for server in PLAN["servers"]
]
