"""Invoke tasks of this checkout: development, deployment, rehearsal and the laboratory (``invoke --list``)."""

import sys
from pathlib import Path

from invoke.collection import Collection
from invoke.context import Context
from invoke.tasks import task

from mlnc.lab import lab_tasks as lab
from mlnc.rehearsal.tasks import rehearse
from mlnc.runner.tasks import (
    deploy,
    deployed,
    drift,
    log,
    plan,
    purge,
    rebuild,
    remove,
    retired,
    start,
    status,
    stop,
    verify,
)

__all__ = [
    "deploy",
    "deployed",
    "drift",
    "log",
    "plan",
    "purge",
    "rebuild",
    "rehearse",
    "remove",
    "retired",
    "start",
    "status",
    "stop",
    "verify",
]

ROOT = Path(__file__).parent
PYTHON = f"{sys.executable} -m"


@task
def check(context: Context) -> None:
    """Run ruff, its format check, and mypy: required before a commit."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} ruff check .", pty=sys.stdout.isatty())
        context.run(f"{PYTHON} ruff format --check .", pty=sys.stdout.isatty())
        context.run(f"{PYTHON} mypy", pty=sys.stdout.isatty())
        # Separately, since mypy rejects a second module named conftest in one run.
        context.run(f"{PYTHON} mypy tests/real_xen/conftest.py", pty=sys.stdout.isatty())


@task(help={"options": "Options for pytest, for example '-k lexer'."})
def test(context: Context, options: str = "") -> None:  # noqa: PT028 - a task, not a test
    """Run the tests."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} pytest {options}", pty=sys.stdout.isatty())


@task
def goldens(context: Context) -> None:
    """Rewrite the expected outputs of the tests and the generated pages of docs/.

    Review the result with git diff.
    """
    with context.cd(ROOT):
        context.run(f"{PYTHON} pytest --update", pty=sys.stdout.isatty())


@task
def course(context: Context) -> None:
    """Compile course/ into out/, which is committed."""
    with context.cd(ROOT):
        context.run(f"{PYTHON} mlnc build course/", pty=sys.stdout.isatty())


@task(pre=[check, test])
def all(context: Context) -> None:
    """Run check and test; .ci/run also runs what needs Debian packages."""


namespace = Collection.from_module(sys.modules[__name__])
namespace.add_collection(Collection.from_module(lab), "lab")
