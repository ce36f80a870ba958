"""pyinfra's way to deploy what ``bench.deploy`` has laid out: ``pyinfra -y inventory.py pyinfra_deploy.py``."""

# mypy: ignore-errors
from pyinfra import host
from pyinfra.api import FactBase
from pyinfra.operations import server


class Survey(FactBase):
    """What the server says it has."""

    def command(self, command):
        """The command that asks it."""
        return command

    def process(self, output):
        """Its lines."""
        return list(output)


plan = host.data.plan
there = host.get_fact(Survey, command=plan["survey"])
for bundle in plan["bundles"]:
    if bundle["settled"] not in there:
        server.shell(name=f"Apply {bundle['project']}", commands=[bundle["command"]], _stdin=bundle["stdin"])
