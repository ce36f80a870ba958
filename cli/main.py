"""The command line. Each command imports what it needs when it runs, so that help and completion are quick."""

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
    """The options that every compiling command has."""
    site = click.option(
        "--site",
        type=click.Path(path_type=Path),
        help="Read the service hosts from this file, not from site.mln.",
    )
    warnings = click.option(
        "-W",
        "warnings",
        multiple=True,
        metavar="no-CODE|error",
        shell_complete=_complete_warnings,
        help="Silence a warning, or make warnings errors.",
    )
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        help="How findings are printed.",
    )
    return site(warnings(form(command)))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="mlnc %(version)s")
def main() -> None:
    """Compile MLN projects, networks of virtual machines, to static Xen artifacts."""
    if isinstance(sys.stdout, TextIOWrapper):
        # a name that the terminal's encoding lacks is shown by its code
        sys.stdout.reconfigure(errors="backslashreplace")


@main.command()
@_PATHS
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("out"), show_default=True)
@click.option(
    "--from",
    "old",
    metavar="FILE|FOLDER|REVISION",
    help="Plan from this record, IR, folder of them or git revision, not from what was deployed last.",
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
    """Compile files or folders of projects into a folder of artifacts and plans to review."""
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
@click.option(
    "--mln1", is_flag=True, help="Also say where MLN 1.0.8.8 would have read the files differently."
)
@_options
def check(
    paths: tuple[Path, ...], mln1: bool, site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Say what is wrong with files or folders of projects; write nothing."""
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
@click.option("--host", help="Only this host.")
@click.option(
    "--expanded", is_flag=True, help="JSON of the blocks after inheritance and variables, unchecked."
)
@_options
def show(
    path: Path, host: str | None, expanded: bool, site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Show what a project comes to: each host, and where each setting was written."""
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
    """Explain a directive of the language, or list them all."""
    from mlnc.compiler.directive_help import describe, overview
    from mlnc.schemas.language import load

    if word and not load().find(word):
        raise click.ClickException(describe(word).strip())
    click.echo(describe(word) if word else overview(), nl=False)


@main.command()
@_PATHS
@click.option(
    "--file", "store", type=click.Path(path_type=Path), help="The secrets file, not secrets.yaml beside."
)
@click.option("--csv", "handout", is_flag=True, help="Print hand-outs with the values, a line a secret.")
@_options
def secrets(
    paths: tuple[Path, ...],
    store: Path | None,
    handout: bool,
    site: Path | None,
    warnings: tuple[str, ...],
    form: str,
) -> None:
    """Make a good random password for each secret that has none yet; list names, never values."""
    from mlnc.cli import build as building
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.secrets import hand_out, provide
    from mlnc.schemas.secrets_file import SecretsRefused

    session = CommandRun(warnings, form, "no secret was made", has_output=True)
    compiled = building.check(session.front, paths, site)
    session.finish()
    if compiled is None:
        return
    folder = paths[0] if paths[0].is_dir() else paths[0].parent
    literals = {name: text for each in compiled.lowered.values() for name, text in each.secrets.items()}
    try:
        found = provide(compiled.course, store or folder / "secrets.yaml", literals)
        text = hand_out(found) if handout else found.listing()
    except SecretsRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)


@main.command()
@click.argument("server")
@_PATHS
@_options
def evacuate(
    server: str, paths: tuple[Path, ...], site: Path | None, warnings: tuple[str, ...], form: str
) -> None:
    """Print a patch to the sources that moves everything away from SERVER.

    Apply it with git apply or patch -p1, then build and review. It quotes lines of the sources as they are.
    """
    from mlnc.cli.command_run import CommandRun
    from mlnc.cli.evacuate import UnknownServer
    from mlnc.cli.evacuate import evacuate as find

    session = CommandRun(warnings, form, "there is no patch", has_output=True)
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
    """Begin a course of one's own in DIR: a site file, a first project, and the commands to deploy it."""
    from mlnc.cli.init import NEXT, InitRefused
    from mlnc.cli.init import init as begin

    try:
        made = begin(folder)
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
