"""The command line. Each command imports its modules when it runs, so that help and completion are fast."""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TypeVar

import click

from mlnc import __version__

Command = TypeVar("Command", bound=Callable[..., Any])

_PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))


def _complete_warnings(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from mlnc.compiler.diagnostic_codes import CODES

    words = ["error", *(f"no-{code}" for code, about in CODES.items() if about.severity == "warning")]
    return sorted(word for word in words if word.startswith(begun))


def _complete_directives(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    from mlnc.schemas.language import load

    names = {name for directive in load().directives for name in directive.names}
    return sorted(name for name in names if name.startswith(begun))


def _options(command: Command) -> Command:
    """Add the options that every compiling command has."""
    site = click.option(
        "--site",
        type=click.Path(path_type=Path),
        help="Site file to read instead of site.mln beside the projects.",
    )
    warnings = click.option(
        "-W",
        "warnings",
        multiple=True,
        metavar="no-CODE|error",
        shell_complete=_complete_warnings,
        help="Suppress the warning CODE, or treat all warnings as errors.",
    )
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help="Output format of errors and warnings.",
    )
    return site(warnings(form(command)))


_OUT = click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out"),
    show_default=True,
    help="Folder of the artifacts, plans and deployed records.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="mlnc %(version)s")
def main() -> None:
    """Compile MLN projects (networks of virtual machines) to static Xen artifacts."""
    if isinstance(sys.stdout, TextIOWrapper):
        # characters outside the terminal's encoding are shown as escapes
        sys.stdout.reconfigure(errors="backslashreplace")


@main.command()
@_PATHS
@_OUT
@click.option(
    "--from",
    "old",
    metavar="FILE|FOLDER|REVISION",
    help="Previous state for the plans, instead of the last deployment: a deployed record, an IR file, "
    "a folder of such files, or a git revision of the output folder.",
)
@_options
def build(
    paths: tuple[Path, ...],
    out: Path,
    old: str | None,
    site: Path | None,
    warnings: tuple[str, ...],
    form: str,
) -> None:
    """Compile projects (files or folders) into a folder of artifacts and plans to review."""
    from mlnc.cli import build as building
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.previous_state import OldSideRefused
    from mlnc.output.output_folder import OutputRefused

    session = CommandRun(warnings, form, "nothing was written")
    try:
        built = building.build(session.front, paths, site, out, old)
    except (OutputRefused, OldSideRefused) as error:
        session.finish()
        raise click.ClickException(str(error)) from error
    session.finish(session.summary(built, out) if built else None)


@main.command()
@_PATHS
@click.option("--mln1", is_flag=True, help="Also report where MLN 1.0.8.8 reads the files differently.")
@_options
def check(
    paths: tuple[Path, ...], mln1: bool, site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Report errors and warnings in projects (files or folders). Writes nothing."""
    from mlnc.cli import build as building
    from mlnc.cli.command_run import CommandRun

    session = CommandRun(warnings, form)
    compiled = building.check(session.front, paths, site)
    if mln1:
        from mlnc.compiler.mln1.differences import differences

        front = session.front
        front.report.extend(differences(front.found, front.loader, compiled))
    session.finish(session.checked(compiled) if compiled else None)


@main.command()
@click.argument("path", metavar="PROJECT-FILE", type=click.Path(path_type=Path))
@click.option("--host", help="Show only this host.")
@click.option(
    "--expanded", is_flag=True, help="Print the blocks after inheritance and variables as JSON, unchecked."
)
@_options
def show(
    path: Path, host: str | None, expanded: bool, site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Show the resolved settings of each host of a project, with their source positions."""
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.show import UnknownHost, as_tree, resolved

    session = CommandRun(warnings, form, has_output=True)
    try:
        text = as_tree(session.front, path, host) if expanded else resolved(session.front, path, site, host)
    except UnknownHost as error:
        raise click.ClickException(str(error)) from error
    session.finish()
    click.echo(text if expanded else session.masking.text(text), nl=False)


@main.command()
@click.argument("word", required=False, shell_complete=_complete_directives)
def directives(word: str | None) -> None:
    """Describe a directive of the language, or list all directives."""
    from mlnc.compiler.directive_help import describe, overview
    from mlnc.schemas.language import load

    if word and not load().find(word):
        raise click.ClickException(describe(word).strip())
    click.echo(describe(word) if word else overview(), nl=False)


@main.command()
@_PATHS
@click.option(
    "--file",
    "store",
    type=click.Path(path_type=Path),
    help="Secrets file to use instead of secrets.yaml beside the projects.",
)
@click.option(
    "--csv",
    "handout",
    is_flag=True,
    help="Print hand-outs as CSV: one line per use of a secret, with its value.",
)
@click.option(
    "--replace-deployed",
    "replace",
    is_flag=True,
    help="Also generate secrets that deployed virtual machines use; the next deployment changes them there.",
)
@_OUT
@_options
def secrets(
    paths: tuple[Path, ...],
    store: Path | None,
    handout: bool,
    replace: bool,
    out: Path,
    site: Path | None,
    warnings: tuple[str, ...],
    form: str,
) -> None:
    """Generate a random password for each secret without one. Lists names, never values."""
    from mlnc.cli import build as building
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.deployed_secrets import is_exposed, refuse_deployed
    from mlnc.cli.secrets import hand_out, provide
    from mlnc.schemas.secrets_file import SecretsRefused

    session = CommandRun(warnings, form, "no secret was generated", has_output=True)
    compiled = building.check(session.front, paths, site)
    session.finish()
    if compiled is None:
        return
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    file = store or folder / "secrets.yaml"
    literals = {name: text for each in compiled.lowered.values() for name, text in each.secrets.items()}
    try:
        refuse = (lambda _: None) if replace else (lambda names: refuse_deployed(names, out, file))
        found = provide(compiled.course, file, literals, refuse)
        text = hand_out(found) if handout else found.listing()
    except SecretsRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)
    if is_exposed(file):
        message = f"warning: git does not ignore {file}: add it to .gitignore before the next commit"
        click.echo(message, err=True)


@main.command()
@click.argument("server")
@_PATHS
@_options
def evacuate(
    server: str, paths: tuple[Path, ...], site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Print a patch to the sources that moves everything away from SERVER.

    Apply it with git apply or patch -p1, then build and review. The patch contains source lines unmasked.
    """
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.evacuate import UnknownServer
    from mlnc.cli.evacuate import evacuate as find

    session = CommandRun(warnings, form, "no patch was made", has_output=True)
    try:
        found = find(session.front, paths, site, server)
    except UnknownServer as error:
        raise click.ClickException(str(error)) from error
    session.finish()
    if found is not None:
        click.echo(found.patch.encode(), nl=False)
        click.echo(found.summary, err=True)


@main.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Create a course in DIR: a site file, a first project, and the tasks to deploy it."""
    from mlnc.cli.init import NEXT, InitRefused
    from mlnc.cli.init import init as create

    try:
        made = create(folder)
    except InitRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo("".join(f"made {folder / path}\n" for path in made) + NEXT, nl=False)


@main.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell: eval "$(mlnc completion bash)"."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None, shell
    click.echo(found(main, {}, "mlnc", "_MLNC_COMPLETE").source())
