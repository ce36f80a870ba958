"""Diagnostics as text for people and as JSON for machines."""

import json
from collections.abc import Iterator

import click

from mlnc.cli.excerpt import WIDTH, lines, visible
from mlnc.cli.masking import Masking
from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.source import Span, Via

_COLOURS = {"error": "red", "warning": "yellow"}
_BROUGHT = {
    "include": "included from",
    "superclass": "inherited through",
    "autoenum": "made by autoenum at",
}


def as_text(report: Report, masking: Masking, width: int = WIDTH) -> str:
    """Everything in *report*, in source order, source lines cut to *width* columns.

    It is coloured; the terminal's writer takes the colour out elsewhere.
    """
    return "".join("\n".join(_diagnostic(found, report, masking, width)) + "\n" for found in report.sorted())


def _diagnostic(found: Diagnostic, report: Report, masking: Masking, width: int) -> Iterator[str]:
    severity = report.severity(found)
    place = f"{visible(str(found.origin.span))}: " if found.origin else "mlnc: "
    label = click.style(f"{severity}[{found.code}]", fg=_COLOURS[severity], bold=True)
    yield f"{click.style(place, bold=True)}{label}: {visible(masking.text(found.message))}"
    if found.origin is not None:
        line, below, carets = lines(masking.excerpt(found.origin.span), width)
        yield line
        yield below + click.style(carets, fg=_COLOURS[severity], bold=True)
        yield from _way(found.origin.via)
    for related in found.related:
        yield visible(f"    {masking.text(related.message)}: {related.span}")
    if found.hint:
        yield f"    {click.style('hint:', fg='cyan')} {visible(masking.text(found.hint))}"
    if len(found.projects) > 1:
        yield f"    in {len(found.projects)} projects: {_some(found.projects)}"


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")


def _way(via: Via | None) -> Iterator[str]:
    for step in via.chain() if via else ():
        yield f"    {_BROUGHT[step.kind]} {visible(str(step.span))}"


def as_json(report: Report, masking: Masking) -> str:
    """Everything in *report* as one JSON document: ``{"diagnostics": [...]}``, lines and columns from 1."""
    found = [_data(each, report, masking) for each in report.sorted()]
    return json.dumps({"diagnostics": found}, indent=2) + "\n"


def _data(found: Diagnostic, report: Report, masking: Masking) -> dict[str, object]:
    steps = found.origin.via.chain() if found.origin and found.origin.via else []
    return {
        "code": found.code,
        "severity": report.severity(found),
        "message": masking.text(found.message),
        "at": _place(found.origin.span) if found.origin else None,
        "via": [{"kind": step.kind, "at": _place(step.span)} for step in steps],
        "related": [
            {"message": masking.text(each.message), "at": _place(each.span)} for each in found.related
        ],
        "hint": masking.text(found.hint) if found.hint else None,
        "projects": list(found.projects),
    }


def _place(span: Span) -> dict[str, object]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
