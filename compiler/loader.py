"""Loading: a path to a tree, with every included file read and parsed once and shared by all that include it."""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mlnc.compiler.diagnostics import Diagnostic, Related, Report
from mlnc.compiler.parser import parse
from mlnc.compiler.source import Origin, Source, Span, Via
from mlnc.compiler.syntax_tree import Block, File, Include, Item, Word

DEEPEST = 100
"""Blocks and includes nested deeper than this are an error: nobody means it, and no pass need fear it."""

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_CONTROL_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Unreadable(Exception):
    """A file that cannot be used as a source; the text says why, in a person's words."""


class NotText(Unreadable):
    """A file that can be read but is not UTF-8 text."""


def read(path: Path, shown: str) -> Source:
    """The source at *path*, called *shown* in messages.

    Raises Unreadable for anything but a readable regular file of UTF-8 text (a byte order mark is dropped).
    """
    if _CONTROL_IN_NAME.search(shown):
        raise Unreadable("has a name that is not plain UTF-8 text; rename it")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreadable("is a folder" if path.is_dir() else "is not a regular file")
        content = path.read_bytes()
        return Source(shown, content.decode("utf-8-sig"), hashlib.sha256(content).hexdigest())
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise NotText(f"is not UTF-8 text (line {line}); convert it, with iconv for example") from error
    except (OSError, ValueError) as error:
        raise Unreadable(getattr(error, "strerror", None) or str(error)) from error


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the loader is: in which file, through which includes, inside how many blocks and includes."""

    path: Path
    via: Via | None = None
    depth: int = 0

    def inside(self) -> "_Place":
        return replace(self, depth=self.depth + 1)


class SourceLoader:
    """Loads files for one run. ``files`` holds every file read so far, by its real path.

    ``instead`` are texts that are taken in the place of what files hold, by their real paths.
    """

    def __init__(self, report: Report, instead: Mapping[Path, str] | None = None) -> None:
        self.report = report
        self.instead = instead or {}
        self.files: dict[Path, File | None] = {}

    def load(self, path: Path) -> File | None:
        """The tree of the file at *path* with its includes; None, and a diagnostic, where there is none."""
        try:
            source = self._read(path)
        except Unreadable as error:
            code = "not-utf8" if isinstance(error, NotText) else "not-found"
            self.report.add(Diagnostic(code, f"{display_path(path)} {_verb(error)}", None))
            return None
        return self._parsed(source, _Place(path))

    def _read(self, path: Path) -> Source:
        source = read(path, display_path(path))
        text = self.instead.get(path.resolve()) if self.instead else None
        return source if text is None else Source(source.path, text)

    def _parsed(self, source: Source, place: _Place) -> File:
        key = place.path.resolve()
        known = self.files.get(key)
        if known is not None:
            return known
        self.files[key] = None
        self._check_text(source, place.via)
        found: list[Diagnostic] = []
        file = parse(source, found.append)
        self.report.extend(_with_via(found, place.via))
        items = self._items(file.items, place)
        made = replace(file, items=items, height=_height(items))
        self.files[key] = made
        return made

    def _check_text(self, source: Source, via: Via | None) -> None:
        match = _CONTROL.search(source.text)
        if match:
            span = Span(source, match.start(), match.end())
            message = f"control character U+{ord(match.group()):04X} in the text"
            self.report.add(Diagnostic("control-character", message, Origin(span, via), "remove it"))

    def _items(self, items: tuple[Item, ...], place: _Place) -> tuple[Item, ...]:
        return tuple([self._item(item, place) for item in items])

    def _item(self, item: Item, place: _Place) -> Item:
        if isinstance(item, Include):
            return replace(item, file=self._included(item.path, place))
        if isinstance(item, Block):
            if place.depth >= DEEPEST:
                self._too_deep(item.brace, place.via)
                return replace(item, items=())
            return replace(item, items=self._items(item.items, place.inside()))
        return item

    def _included(self, name: Word, place: _Place) -> File | None:
        if not name.text:
            hint = "write #include FILE"
            self._refuse("include-without-file", "#include names no file", name, place.via, hint)
            return None
        path = self._find(name, place)
        if path is None:
            return None
        key = path.resolve()
        if key in self.files and self.files[key] is None:
            self._cycle(name, place.via)
            return None
        known = self.files.get(key)
        if place.depth + (known.height if known else 0) >= DEEPEST:
            self._too_deep(name.span, place.via)
            return None
        return known or self._read_include(name, path, place)

    def _read_include(self, name: Word, path: Path, place: _Place) -> File | None:
        try:
            source = self._read(path)
        except Unreadable as error:
            message = f"the included file {display_path(path)} {_verb(error)}"
            code = "not-utf8" if isinstance(error, NotText) else "include-not-found"
            self._refuse(code, message, name, place.via, None)
            return None
        return self._parsed(source, _Place(path, Via("include", name.span, place.via), place.depth + 1))

    def _cycle(self, name: Word, outer: Via | None) -> None:
        steps = tuple(Related("included from here", step.span) for step in (outer.chain() if outer else ()))
        message = f"{name.text} includes itself"
        hint = "remove one of these includes"
        self.report.add(Diagnostic("include-cycle", message, Origin(name.span), hint, steps))

    def _find(self, name: Word, place: _Place) -> Path | None:
        """The including file's folder first, then the working directory."""
        candidates = list(dict.fromkeys((place.path.parent / name.text, Path(name.text))))
        for path in candidates:
            if os.path.exists(path):
                return path
        looked = " and ".join(display_path(path) for path in candidates)
        hint = f"looked for {looked}; {_advice(name.text)}"
        self._refuse(
            "include-not-found", f"the included file {name.text} does not exist", name, place.via, hint
        )
        return None

    def _refuse(self, code: str, message: str, word: Word, outer: Via | None, hint: str | None) -> None:
        self.report.add(Diagnostic(code, message, Origin(word.span, outer), hint))

    def _too_deep(self, span: Span, via: Via | None) -> None:
        message = f"blocks and includes nested more than {DEEPEST} deep"
        self.report.add(Diagnostic("too-deep", message, Origin(span, via), "is a } or a line missing above?"))


def _height(items: tuple[Item, ...]) -> int:
    """How deep blocks and includes nest in *items*."""
    return max((_nested(item) for item in items), default=0)


def _nested(item: Item) -> int:
    if isinstance(item, Block):
        return 1 + _height(item.items)
    return 1 + item.file.height if isinstance(item, Include) and item.file else 0


def display_path(path: Path) -> str:
    """*path* as messages name it: normalized, with ``/``, relative if it was given so."""
    return Path(os.path.normpath(path)).as_posix()


def _verb(error: Unreadable) -> str:
    text = str(error)
    return text if text.startswith(("is ", "has ")) else f"cannot be read: {text}"


def _advice(name: str) -> str:
    if "$" in name:
        return "variables are not filled in here"
    if name.startswith("~"):
        return "~ is not a folder here"
    if name.rstrip().endswith("|"):
        return "an include is never a command"
    return "the name runs to the end of the line, or to ; or }"


def _with_via(found: list[Diagnostic], via: Via | None) -> list[Diagnostic]:
    return [replace(each, origin=replace(each.origin, via=via)) if each.origin else each for each in found]
