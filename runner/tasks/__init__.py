"""Invoke tasks of the runner. A course's ``tasks.py`` imports them: ``from mlnc.runner.tasks import *``.

Importing the whole runner takes as long as a connection to a server. A task therefore begins to connect with the few
modules imported here, and imports the rest inside its function meanwhile.
"""

from mlnc.runner.tasks.deployment_tasks import deploy, deployed, log, plan, verify
from mlnc.runner.tasks.lifecycle_tasks import rebuild, remove, start, stop
from mlnc.runner.tasks.observation_tasks import drift, status
from mlnc.runner.tasks.volume_tasks import purge, retired

__all__ = [
    "deploy",
    "deployed",
    "drift",
    "log",
    "plan",
    "purge",
    "rebuild",
    "remove",
    "retired",
    "start",
    "status",
    "stop",
    "verify",
]
