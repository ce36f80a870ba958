"""Properties of the whole compiler: any text ends without an exception, and the same sources give the same bytes."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from checkout import ROOT
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from mln_texts import check, expand, read
from trees import tree

from mlnc.cli import build as building
from mlnc.compiler.diagnostics import Report
from mlnc.compiler.pipeline import Front
from mlnc.compiler.superclasses import ExpandedBlock
from mlnc.compiler.syntax_tree import Block, Include, Item, Line, Ref, Word, format_items
from mlnc.compiler.variables import LONGEST
from mlnc.schemas.language import load
from mlnc.targets.registry import emit_all

quick = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
few = settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])

# ---- texts, from noise to what is nearly a project ---------------------------------------------------------

NAMES = sorted({name for entry in load().directives for name in entry.names})
SIGNS = ["{", "}", ";", "\n", "=", '"', "'", "\\", "#", "$", "$[", "]", " ", "\t", "\r\n", "\\\n"]
WORDS = [
    *("global", "host", "switch", "superclass", "service_host", "network", "autoenum", "project"),
    *("a", "b", "eth0", "lan", "$x", "$[x]", "$y", "$hostname", "$project", "$service_host", "$1$salt$hash"),
    *("0", "1", "off", "all", "auto", "dhcp", "lock", "@secret", "@secret/x", "é", "-1", "99999999999999"),
    *(
        "512M",
        "4G",
        "3 G",
        "10.0.0.1",
        "10.0.0.1/24",
        "10.0.0.0",
        "255.255.255.0",
        "2001:db8::2/64",
        "/dev/vg",
    ),
]
noise = st.text(max_size=200)
loose = st.lists(st.sampled_from(SIGNS + WORDS + ["#include a.mln", "#include b.mln"]), max_size=60).map(
    "".join
)
spaced = st.lists(st.sampled_from(SIGNS + WORDS + NAMES), max_size=60).map(" ".join)

value = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)


def inside(block: str, *more: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The statements of a *block*: examples of its directives, now and then one with another value."""
    known = [each for each in load().entries(block) if each.support == "xen" and each.name != "superclass"]
    examples = st.sampled_from([each.example for each in known if not each.name.startswith("autoenum")])
    changed = st.builds("{} {}".format, st.sampled_from([*load().names(block), "$x =", "$y"]), value)
    some = st.lists(st.one_of(examples, *more), max_size=6)
    return st.builds(
        lambda good, other: "\n".join([*good, *other]), some, st.just([]) | st.lists(changed, max_size=1)
    )


def block(header: str, items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return items.map(lambda text: f"{header} {{\n{text}\n}}\n")


card = st.one_of(block("network eth0", inside("network")), block("network eth1", inside("network")))
member = st.one_of(
    block("host a", inside("host", card, st.just("superclass base"))),
    block("host $x-b", inside("host", card, st.just("superclass node"))),
    block("switch wan", inside("switch")),
    block("service_host one", inside("service_host")),
    block("superclass more", inside("host")),
)
enumerated = block("autoenum1", st.just("superclass node; numhosts 2;") | inside("autoenum"))
project = st.builds(
    "global {{\nproject {}\n$x = c\n{}\n}}\nswitch lan {{ }}\n{}{}{}".format,
    st.sampled_from(["p", "q", "$x"]),
    inside("global", enumerated),
    block("superclass base", inside("host", card)),
    block("superclass node", inside("host", card, st.just("superclass base"))),
    st.lists(member, max_size=3, unique_by=lambda text: text.split("{")[0]).map("".join),
)
texts = st.one_of(noise, loose, spaced, project, project)


@quick
@given(texts)
def test_any_text_passes_all_passes_or_is_told_why(text: str) -> None:
    found = check(text)
    assert (found.compiled is None) == found.report.failed
    if found.compiled is not None:
        emit_all(found.compiled.course)


@few
@given(st.lists(st.one_of(loose, project), min_size=2, max_size=2), st.one_of(loose, member))
def test_any_folder_is_checked_without_an_exception(files: list[str], site: str) -> None:
    with TemporaryDirectory() as folder:
        for name, text in zip(("a.mln", "b.mln", "site.mln"), (*files, site), strict=True):
            Path(folder, name).write_text(text, encoding="utf-8", errors="replace")
        front = Front(Report())
        compiled = building.check(front, [Path(folder)], None)
        assert front.report.failed or compiled is not None


# ---- trees -------------------------------------------------------------------------------------------------

pieces = st.one_of(
    st.text(alphabet="ab{};#\"' \t$\\[]=é-", min_size=1, max_size=6),
    st.sampled_from("xyz").map(lambda name: Ref(name, f"$[{name}]")),
)


def word(parts: list[str | Ref]) -> Word:
    """The word that the lexer makes of *parts*: text beside text is one text."""
    merged: list[str | Ref] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    text = "".join(part if isinstance(part, str) else part.text for part in merged)
    return Word(text, SPAN, tuple(merged) if any(isinstance(part, Ref) for part in merged) else ())


(_line,) = read("a").file.items
assert isinstance(_line, Line)
SPAN = _line.span
header = st.lists(st.lists(pieces, min_size=1, max_size=3).map(word), min_size=1, max_size=3).map(tuple)
include = st.text(alphabet="ab. #;{}$\"'\\", min_size=1, max_size=8).filter(lambda path: path.strip() == path)
items: st.SearchStrategy[Item] = st.recursive(
    st.one_of(header.map(Line), include.map(lambda path: Include(Word(path, SPAN)))),
    lambda deeper: st.builds(lambda words, inner: Block(words, tuple(inner), SPAN), header, st.lists(deeper)),
    max_leaves=10,
)


@quick
@given(st.lists(items, max_size=4).map(tuple))
def test_any_tree_is_printed_so_that_it_reads_back(tree: tuple[Item, ...]) -> None:
    made = read(format_items(tree))
    assert made.file.items == tree
    assert made.found == []


@quick
@given(texts)
@example("$0\\0")
def test_what_a_text_says_is_printed_so_that_it_reads_back(text: str) -> None:
    first = read(text).file.items
    assert read(format_items(first)).file.items == first


# ---- variables ---------------------------------------------------------------------------------------------

reference = st.sampled_from([*(f"$[v{number}]" for number in range(8)), "text", "$gone"])
definitions = st.lists(st.lists(reference, max_size=40).map("".join), min_size=8, max_size=8)


def texts_of(node: ExpandedBlock) -> list[str]:
    found = [*node.variables.values(), *(entry.text for entry in node.statements)]
    for child in node.blocks.values():
        found += texts_of(child)
    return found


@quick
@given(definitions, definitions, st.lists(reference, max_size=40).map("".join))
def test_no_variable_grows_beyond_the_limit(above: list[str], own: list[str], text: str) -> None:
    texts = ["; ".join(f"$v{number} = {each}" for number, each in enumerate(made)) for made in (above, own)]
    made = expand(f"superclass s {{ {texts[0]} }} host h {{ superclass s; {texts[1]}; b {{ x {text} }} }}")
    assert set(made.codes) <= {"variable-recursion", "value-too-long"}
    assert max(map(len, texts_of(made.node("host/h")))) <= LONGEST + len("b x = ")


# ---- the same sources, the same bytes ----------------------------------------------------------------------

SITE = (
    "service_host one { lvm_vg vg; memory 64G }\nservice_host two { lvm_vg vg; toolstack xm; memory 64G }\n"
)
LIBRARY = """
superclass base { lvm; template t.ext4; memory $memory; users { al @secret/al } }
switch lan { vlan $number }
"""
choices = {
    "server": st.sampled_from(["one", "two"]),
    "memory": st.sampled_from(["64M", "1G", "$memory"]),
    "disk": st.sampled_from(["size 4G", "free_space 1G", "", "lvm off; size 1GB"]),
    "kind": st.sampled_from(["", "hvm; vncpasswd @secret", "swap 128M; startup { echo $HOME }"]),
}
drawn = st.fixed_dictionaries(choices)
course = st.lists(st.lists(drawn, min_size=1, max_size=3), min_size=2, max_size=3)


def host(number: int, group: int, made: dict[str, str]) -> str:
    card = f"network eth0 {{ switch lan; address 10.{group}.0.{number + 1}/24 }}"
    settings = f"superclass base; service_host {made['server']}; memory {made['memory']}; {made['disk']}"
    return f"host h{number} {{ {settings}; {made['kind']}; {card} }}\n"


def write(folder: Path, groups: list[list[dict[str, str]]]) -> list[Path]:
    """A course of *groups* in *folder*: the paths of its project files."""
    folder.mkdir()
    (folder / "site.mln").write_text(SITE)
    (folder / "lib.mln").write_text(LIBRARY)
    for group, hosts in enumerate(groups, 1):
        text = f"global {{ project g{group}; $number = {group}; $memory = 256M }}\n#include lib.mln\n"
        text += "".join(host(number, group, each) for number, each in enumerate(hosts))
        (folder / f"g{group}.mln").write_text(text)
    return [folder / f"g{group}.mln" for group in range(1, len(groups) + 1)]


def built(paths: list[Path], out: Path) -> dict[str, tuple[str, bytes] | None]:
    front = Front(Report())
    assert building.build(front, paths, None, out) is not None, front.report.sorted()
    return tree(out)


@few
@given(course, st.randoms())
def test_a_course_gives_the_same_bytes_in_whatever_order(
    groups: list[list[dict[str, str]]], random: Random
) -> None:
    with TemporaryDirectory() as folder:
        place = Path(folder)
        paths = write(place / "course", groups)
        whole = built([place / "course"], place / "out1")
        assert built([place / "course"], place / "out2") == whole
        assert built([place / "course"], place / "out2") == whole
        random.shuffle(paths)
        assert built(paths, place / "out3") == whole
        for path in paths:
            built([path], place / "out4")
        assert built([place / "course"], place / "out4") == whole


@pytest.mark.parametrize("folder", ["examples/tour", "examples/farm"])
def test_the_hash_seed_changes_nothing(folder: str, tmp_path: Path) -> None:
    made = []
    for seed in ("0", "4294967295"):
        command = [
            sys.executable,
            "-m",
            "mlnc",
            "build",
            str(ROOT / folder),
            "-o",
            str(tmp_path / seed / "out"),
        ]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True)
        made.append(tree(tmp_path / seed / "out"))
    assert made[0] == made[1]
