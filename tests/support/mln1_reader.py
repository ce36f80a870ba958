"""Independent reader of project files with the behaviour of MLN 1.0.8.8, for tests.

Source: mln-language.md, sections 2 to 5. It reads one character at a time and shares no code with mlnc, so tests can
compare it with files that have no finding of ``mlnc check --mln1``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SECTIONS = ("host", "switch", "superclass")


@dataclass
class Block:
    """Block: variables and other ``a = b`` by name, statements in order, child blocks by name."""

    values: dict[str, str | None] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    blocks: dict[str, "Block"] = field(default_factory=dict)


class _EndOfFile(Exception):
    """Text that MLN 1 reads as the end of the file."""


def _statements(text: str, files: Mapping[str, str]) -> Iterator[str]:
    try:
        for item, ended_by in _items(text):
            mark = item.find("#include ")
            if mark >= 0 and ended_by in "\n;":
                yield from _statements(files[item[mark + 9 :].strip()], files)
                continue
            statement = re.sub(r"\s*#.*$", "", item, count=1).strip()
            if statement not in ("", "0"):
                yield statement
    except _EndOfFile:
        return


def _items(text: str) -> Iterator[tuple[str, str]]:
    item = ""
    characters = iter(text[:-1])
    for char in characters:
        if char == "\\":
            item += next(characters, "")
        elif char in "\n;":
            yield item, char
            item = ""
        elif char == "{":
            yield item + char, char
            item = ""
        elif char == "}" and "#" not in item:
            if item == "0":
                raise _EndOfFile
            if item:
                yield item, char
            yield char, char
            item = ""
        else:
            item += char


def read(text: str, files: Mapping[str, str] | None = None) -> Block:
    """Tree of the project *text*. *files* contains the texts of included files by name."""
    statements = _statements(text, {} if files is None else files)
    root = Block(blocks={kind: Block() for kind in SECTIONS})
    for statement in statements:
        words = statement.split()
        if words[0] in SECTIONS:
            if words[1:2] == ["{"]:
                root.blocks[words[0]] = _body(statements)
            else:
                root.blocks[words[0]].blocks["".join(words[1:2])] = _body(statements)
        elif "{" in "".join(words[1:2]):
            root.blocks[words[0]] = _body(statements)
        elif "}" not in "".join(words[1:2]):
            _add(root, words)
    return root


def _body(statements: Iterator[str]) -> Block:
    block = Block()
    for statement in statements:
        words = statement.split()
        if "}" in words[0]:
            break
        if "{" in "".join(words[1:2]):
            block.blocks[words[0]] = _body(statements)
        elif words[0] == "network":
            block.blocks.setdefault("network", Block()).blocks["".join(words[1:2])] = _body(statements)
        else:
            _add(block, words)
    return block


def _add(block: Block, words: list[str]) -> None:
    if words[1:2] == ["="]:
        block.values[words[0]] = " ".join(words[2:]) or None
    else:
        block.lines.append(" ".join(words))
        if re.fullmatch(r"\$\w+", words[0], re.ASCII):
            block.values[words[0]] = " ".join(words[1:])
