"""Small projects for tests of the compiler: from text to findings, models and IR, as ``mlnc check`` does it."""

from pathlib import Path

from click.testing import CliRunner, Result

from mlnc.cli.build import check
from mlnc.cli.main import main
from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.pipeline import Compiled, Front
from mlnc.ir.model import Host, Project

HEAD = "global { project demo }\n"


class Sources:
    """A folder of source files; ``demo.mln`` is the project that is compiled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = Report()

    def write(self, **files: str) -> list[Path]:
        """Write ``NAME.mln`` for each keyword; yield the paths."""
        paths = [self.folder / f"{name}.mln" for name in files]
        for path, text in zip(paths, files.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths

    def compile(self, text: str, **others: str) -> Compiled | None:
        """The project *text* (behind HEAD unless it has a ``global`` of its own) with *others*, of which ``site``
        is the site file and those with a ``global`` are projects too. Findings go to ``report``.
        """
        files = {"demo": text if "global {" in text else HEAD + text, **others}
        paths = self.write(**files)
        asked = [
            path
            for path, text in zip(paths, files.values(), strict=True)
            if "global {" in text and path.stem != "site"
        ]
        self.report = Report()
        return check(Front(self.report), asked, None)

    def findings(self, text: str, **others: str) -> list[Diagnostic]:
        """What is found, in source order."""
        self.compile(text, **others)
        return self.report.sorted()

    def marked(self, text: str, **others: str) -> list[str]:
        """Code and the words that the carets stand below, of each finding: ``invalid-value lots``."""
        return [f"{found.code} {pointed_at(found)}" for found in self.findings(text, **others)]

    def messages(self, text: str, **others: str) -> list[str]:
        """The messages of what is found."""
        return [found.message for found in self.findings(text, **others)]

    def codes(self, text: str, **others: str) -> list[str]:
        """The codes of what is found."""
        return [found.code for found in self.findings(text, **others)]

    def project(self, text: str, **others: str) -> Project:
        """The IR of the project, which compiles without an error."""
        made = self.compile(text, **others)
        assert made is not None, self.report.sorted()
        return made.lowered["demo"].project

    def host(self, body: str, **others: str) -> Host:
        """The IR of one host ``web`` with *body*."""
        return self.project(f"host web {{\n{body}\n}}\n", **others).hosts["web"]


def mlnc(*arguments: str | Path) -> Result:
    """What the command does with *arguments*; it never ends with a traceback."""
    result = CliRunner().invoke(main, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def pointed_at(found: Diagnostic) -> str:
    """The text that the carets stand below; nothing where no source is at fault."""
    if found.origin is None:
        return ""
    span = found.origin.span
    return span.source.text[span.start : span.end]
