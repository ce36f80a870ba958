"""Fabric's way to deploy what ``bench.deploy`` has laid out: ``fab -r bench/engines deploy``; PLAN names the file."""

# mypy: ignore-errors
import json
import os
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from fabric import Connection, task


@task
def deploy(_):
    """Deploy to every server of the plan, each in a thread of its own."""
    with open(os.environ["PLAN"], encoding="utf-8") as file:
        plan = json.load(file)
    with ThreadPoolExecutor(len(plan["servers"])) as pool:
        list(pool.map(lambda server: _deploy(plan, server), plan["servers"]))


def _deploy(plan, server):
    connection = Connection(
        "127.0.0.1", user="root", port=server["port"], connect_kwargs={"key_filename": plan["key"]}
    )
    connection.client.load_host_keys(plan["known_hosts"])
    with connection:
        there = connection.run(server["survey"], hide=True, in_stream=False).stdout.splitlines()
        for bundle in server["bundles"]:
            if bundle["settled"] not in there:
                connection.put(BytesIO(bundle["stdin"].encode()), server["inbox"])
                connection.run(f"{bundle['command']} <{server['inbox']}", hide=True, in_stream=False)
                connection.run(f"rm -f {server['inbox']}", hide=True, in_stream=False)
