"""Fabric's way to deploy: ``fab -r bench/engines deploy``."""

# mypy: ignore-errors
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from fabric import Connection, task
from work import PLAN, due, survey


@task
def deploy(_):
    """Deploy to every server of the plan, each in a thread of its own."""
    with ThreadPoolExecutor(len(PLAN["servers"])) as pool:
        list(pool.map(_deploy, PLAN["servers"]))


def _deploy(server):
    connection = Connection(
        "127.0.0.1", user="root", port=server["port"], connect_kwargs={"key_filename": PLAN["key"]}
    )
    connection.client.load_host_keys(PLAN["known_hosts"])
    with connection:
        told = connection.run(survey(server["root"]), hide=True, in_stream=False).stdout.splitlines()
        for _, command, stdin in due(server["name"], server["root"], told):
            # Fabric feeds standard input byte by byte, a hundred a second.
            connection.put(BytesIO(stdin.encode()), server["inbox"])
            connection.run(
                f"{command} <{server['inbox']}; rm -f {server['inbox']}", hide=True, in_stream=False
            )
