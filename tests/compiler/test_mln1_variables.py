"""The original's way with variables, held against what it answered to its samples."""

from checkout import TESTS

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.expansion import expand_project
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.mln1.mln1_variables import Mln1Variables
from mlnc.compiler.outline import RawBlock

SAMPLES = TESTS / "data" / "conformance" / "samples"


def original(sample: str, host: str) -> tuple[Mln1Variables, dict[str, RawBlock]]:
    """The original's way with the variables of *host*, and its level's blocks by name."""
    report = Report()
    file = SourceLoader(report).load(next(SAMPLES.glob(f"{sample}-*.mln")))
    expanded = expand_project(file, report.add) if file else None
    assert expanded is not None
    levels = expanded.hosts[host].levels
    built_in = {"hostname": host, "project": expanded.project}
    drafts = {level.draft.name.text: level.draft for level in levels}
    return Mln1Variables(levels, expanded.globals.definitions, built_in), drafts


def settings_of(sample: str, host: str, block: str, *path: str) -> dict[str, str]:
    """Each setting of *block*, the host or one of its superclasses, as the original fills it in."""
    made, drafts = original(sample, host)
    level, draft = list(drafts).index(block), drafts[block]
    for name in path:
        draft = draft.blocks[name]
    return {line.words[0].text: made.fill(_rest(line.raw), (level, path)) for line in draft.lines}


def _rest(line: str) -> str:
    return line.partition(" ")[2]


def test_prefixes() -> None:
    assert settings_of("V02", "h", "h") == {
        "t1": "AAAb AAA",
        "t2": "AAA BBB",
        "t3": "CCC",
        "t4": "AAABBBCCC",
        "t5": "AAAb",
        "t6": "BBB",
        "t7": "demo demox",
        "t8": "h zzz",
        "t9": "zzz",
    }


def test_the_search_goes_on_where_it_ended() -> None:
    assert settings_of("V04", "b", "b", "network", "eth0") == {
        "address": "I HS I",
        "mac": "HS $in HS",
        "netmask": "$undef.HS.I",
        "gateway": "$in.GS.$undef",
    }
    assert settings_of("V04", "a", "base")["o1"] == "s=GS both=fromglobal u=$undef"
    assert settings_of("V04", "a", "base")["o2"] == "u=$undef s=S both=fromsuper"


def test_superclasses_do_not_see_the_host() -> None:
    assert settings_of("S10", "a", "base") == {"memory": "10M", "mm": "[10M"}
    assert settings_of("S10", "b", "own") == {"memory": "20M"}
    assert settings_of("S10", "c", "c", "u") == {"k": "40M"}


def test_lists() -> None:
    lines = {host: [text for _, text in original("S13", host)[0].lines(("l",))] for host in "abc"}
    assert lines == {
        "a": ["one 5", "two H", "three", "four H", "five H", "one 5"],
        "b": ["one 5", "two H", "three", "two H"],
        "c": ["dup", "dup", "x 0"],
    }
