"""pyinfra's inventory of the servers that ``bench.deploy`` has laid out; PLAN names the file."""

# mypy: ignore-errors
import json
import os

with open(os.environ["PLAN"], encoding="utf-8") as file:
    plan = json.load(file)

servers = [
    (
        server["name"],
        {
            "ssh_hostname": "127.0.0.1",
            "ssh_port": server["port"],
            "ssh_user": "root",
            "ssh_key": plan["key"],
            "ssh_known_hosts_file": plan["known_hosts"],
            "ssh_strict_host_key_checking": "yes",
            "plan": server,
        },
    )
    for server in plan["servers"]
]
