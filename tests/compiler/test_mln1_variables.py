"""The model of MLN 1 variables, compared with the recorded results of MLN 1."""

from checkout import TESTS

from mlnc.compiler.diagnostics import Report
from mlnc.compiler.expansion import expand_project
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.mln1.mln1_variables import Mln1Variables
from mlnc.compiler.outline import RawBlock

SAMPLES = TESTS / "data" / "conformance" / "samples"


def mln1_variables(sample: str, host: str) -> tuple[Mln1Variables, dict[str, RawBlock]]:
    """Variables of *host* as MLN 1 substitutes them, and the drafts of its levels by name."""
    report = Report()
    file = SourceLoader(report).load(next(SAMPLES.glob(f"{sample}-*.mln")))
    expanded = expand_project(file, report.add) if file else None
    assert expanded is not None
    levels = expanded.hosts[host].levels
    built_in = {"hostname": host, "project": expanded.project}
    drafts = {level.draft.name.text: level.draft for level in levels}
    return Mln1Variables(levels, expanded.globals.definitions, built_in), drafts


def settings_of(sample: str, host: str, block: str, *path: str) -> dict[str, str]:
    """Settings of *block*, the host or one of its superclasses, after substitution by MLN 1."""
    variables, drafts = mln1_variables(sample, host)
    level, draft = list(drafts).index(block), drafts[block]
    for name in path:
        draft = draft.blocks[name]
    return {line.words[0].text: variables.fill(_rest(line.raw), (level, path)) for line in draft.lines}


def _rest(line: str) -> str:
    return line.partition(" ")[2]


def test_a_name_also_matches_the_start_of_longer_names() -> None:
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


def test_a_search_starts_where_the_previous_one_ended() -> None:
    assert settings_of("V04", "b", "b", "network", "eth0") == {
        "address": "I HS I",
        "mac": "HS $in HS",
        "netmask": "$undef.HS.I",
        "gateway": "$in.GS.$undef",
    }
    assert settings_of("V04", "a", "base")["o1"] == "s=GS both=fromglobal u=$undef"
    assert settings_of("V04", "a", "base")["o2"] == "u=$undef s=S both=fromsuper"


def test_settings_of_superclasses_do_not_use_variables_of_the_host() -> None:
    assert settings_of("S10", "a", "base") == {"memory": "10M", "mm": "[10M"}
    assert settings_of("S10", "b", "own") == {"memory": "20M"}
    assert settings_of("S10", "c", "c", "u") == {"k": "40M"}


def test_lists_drop_repeated_lines_before_substitution() -> None:
    lines = {host: [text for _, text in mln1_variables("S13", host)[0].lines(("l",))] for host in "abc"}
    assert lines == {
        "a": ["one 5", "two H", "three", "four H", "five H", "one 5"],
        "b": ["one 5", "two H", "three", "two H"],
        "c": ["dup", "dup", "x 0"],
    }
