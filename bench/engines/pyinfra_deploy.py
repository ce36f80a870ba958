"""pyinfra's way to deploy: ``pyinfra -y inventory.py pyinfra_deploy.py``."""

# mypy: ignore-errors
from pyinfra import host
from pyinfra.api import FactBase
from pyinfra.operations import server
from work import due, survey


class Survey(FactBase):
    """What the server says it has."""

    def command(self, root):
        """The command that asks it."""
        return survey(root)

    def process(self, output):
        """Its lines."""
        return list(output)


told = host.get_fact(Survey, root=host.data.root)
for project, command, stdin in due(host.name, host.data.root, told):
    server.shell(name=f"Apply {project}", commands=[command], _stdin=stdin)
