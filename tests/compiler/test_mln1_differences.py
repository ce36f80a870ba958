"""Findings of ``mlnc check --mln1`` for small project files with known results of MLN 1.

``tests/errors`` has one file for each code; this module mainly tests files without a finding.
"""

import re
from pathlib import Path

import pytest
from checkout import TESTS
from click.testing import CliRunner

from mlnc.cli.main import main
from mlnc.compiler.diagnostics import Diagnostic, Report
from mlnc.compiler.discovery import discover
from mlnc.compiler.loader import SourceLoader
from mlnc.compiler.mln1 import differences as mln1

HERE = TESTS
SAMPLES = HERE / "data" / "conformance" / "samples"

EXPECTED: dict[str, set[str]] = {
    "A02": {"autoenum-prefix", "autoenum-address"},
    "A03": {"autoenum-numbered", "autoenum-address"},
    "A07": {"autoenum-numbered"},
    "A08": {"autoenum-prefix"},
    "A15": {"autoenum-host"},
    "B01": {"section-replaces"},
    "B03": {"three-word-header"},
    "B04": {"section-replaces"},
    "B06": {"three-word-header"},
    "B07": {"three-word-header"},
    "B09": {"section-replaces"},
    "B11": {"interface-gap"},
    "E01": {"memory-unit"},
    "E08": {"second-global"},
    "E10": {"assignment"},
    "H01": {"variable-in-name", "superclass-variable"},
    "I04": {"three-word-header"},
    "I07": {"include-command"},
    "I08": {"last-statement"},
    "I12": {"include-ignored"},
    "I14": {"include-name"},
    "I16": {"include-name"},
    "L01": {"hash"},
    "L02": {"comment-separator"},
    "L03": {"comment-separator"},
    "L06": {"glued-brace"},
    "L07": {"brace-on-next-line", "missing-brace"},
    "L12": {"last-statement"},
    "L14": {"last-statement"},
    "L16": {"last-statement"},
    "L23": {"zero"},
    "L30": {"hash", "escaped-brace"},
    "L35": {"escaped-brace"},
    "L36": {"hash"},
    "L38": {"three-word-header"},
    "L39": {"include-in-comment"},
    "L42": {"zero-end"},
    "N01": {"three-word-header"},
    "N02": {"missing-brace"},
    "R01-out": {"three-word-header", "zero", "empty-variable"},
    "R01-roundtrip": {"assignment", "zero", "empty-variable"},
    "S09": {"variable-scope"},
    "S10": {"variable-scope", "bracket"},
    "S15": {"superclass-variable"},
    "U02": {"repeated-line"},
    "V02": {"variable-prefix"},
    "V03": {"variable-scope"},
    "V04": {"variable-order"},
    "V05": {"variable-order"},
    "V06": {"hang"},
    "V10": {"first-word-variable", "interface-gap"},
    "V11": {"assignment"},
    "V13": {"first-word-variable"},
    "V14": {"first-word-variable"},
    "V18": {"variable-scope"},
    "V24": {"hang"},
    "W01": {"bridge-name"},
    "W03": {"bridge-name"},
    "W04": {"new-directive"},
}
"""Expected codes, without ``mln1-``, by the start of the sample name. Other samples have no finding."""

SAME_READING = (
    "# one; \n# two {\n# three } four\nhost web { xen # five }\n}\n",
    "host web { xen; startup { exit 0; sleep 0; echo a\\; echo b; run x \\{ y \\} } }\n",
    'host web { xen; startup { echo "a b" \'c\' "\\;" \\\n and more } }\n',
    "host web { xen; users { alice $6$salt$0123456789abcdef } }\n",
    "host web { xen; startup { echo $HOME $(date) $$ $@ } }\n",
    "host { web { xen; memory 64M } }\nhost mail { xen }\n",
    "host web { xen; network eth0 { address dhcp }; network eth1 { address dhcp } }\n",
    "host a { xen; network { eth0 { address dhcp } }; network eth1 { address dhcp } }\n",
    "service_host { atlas { memory 8G } }\nhost web { xen; service_host atlas }\n",
    "host web { xen; boot_order 00; vncdisplay 10 }\n",
    "host my-web { xen; $mem = 64M; memory $mem; startup { echo $hostname $project } }\n",
    "superclass s { xen; $n = 1; startup { echo $n; echo $[n] } }\nhost web { superclass s }\n",
    "superclass s { xen; startup { echo $n } }\nhost web { superclass s; $n = 1 }\n",
    "superclass s { xen; users { a x; b x } }\nhost web { superclass s; users { b x; c x } }\n",
    "host web { xen; $a = 1; $ab = 2; startup { echo $a $ab; echo $ab } }\n",
    "switch lan { }\nhost web { xen; network eth0 { switch lan } }\n",
    "#include    more.mln  \nhost web { xen }\n",
    "\thost  web\t{ xen }  \n  # the end\n",
    "host web {\r\n\txen # note\r\n}\r\n",
    "host web { xen\n}",
    "",
)
"""Texts that MLN 1 and mlnc read in the same way, each similar to a text with a difference."""


def mln1_findings(folder: Path, *paths: str) -> list[Diagnostic]:
    report = Report()
    loader = SourceLoader(report)
    found = discover([folder / path for path in paths], None, loader)
    warnings = Report()
    warnings.extend(mln1.differences(found, loader, None))
    return warnings.sorted()


def codes(found: list[Diagnostic]) -> set[str]:
    return {each.code.removeprefix("mln1-") for each in found}


@pytest.mark.parametrize("sample", sorted(path.stem for path in SAMPLES.glob("*.mln")))
def test_a_sample_has_its_expected_codes(sample: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES)
    short = sample.partition("-")[0]
    expected = EXPECTED.get(sample, EXPECTED.get(short, set()))
    assert codes(mln1_findings(Path(), f"{sample}.mln")) == expected


@pytest.mark.parametrize("text", SAME_READING)
def test_a_text_that_both_read_alike_has_no_finding(text: str, tmp_path: Path) -> None:
    (tmp_path / "more.mln").write_text("superclass s { xen }\n\n", encoding="utf-8")
    (tmp_path / "x.mln").write_text(f"global {{ project demo }}\n{text}", encoding="utf-8", newline="")
    assert mln1_findings(tmp_path, "x.mln") == []


def test_a_file_with_errors_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "x.mln"
    path.write_text("global { project demo }\nhost web{ nonsense a#b; superclass none }", encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "--mln1", str(path)])
    assert result.exit_code == 1
    shown = set(re.findall(r"\[([a-z0-9-]+)\]", result.stderr))
    assert shown == {"unknown-superclass", "mln1-glued-brace", "mln1-hash", "mln1-last-statement"}


def test_the_site_file_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "site.mln").write_text("service_host atlas{ memory 8G }", encoding="utf-8")
    (tmp_path / "x.mln").write_text(
        "global { project demo }\nhost web { xen; service_host atlas }\n", encoding="utf-8"
    )
    assert mln1_findings(tmp_path, "x.mln") == []


def test_an_included_file_without_a_final_line_end_is_a_finding(tmp_path: Path) -> None:
    """MLN 1 leaves the block open and adds the rest of the project to it."""
    (tmp_path / "x.mln").write_text("#include more.mln\nglobal { project demo }\n", encoding="utf-8")
    (tmp_path / "more.mln").write_text("host web { xen\n}", encoding="utf-8")
    (found,) = mln1_findings(tmp_path, "x.mln")
    assert (found.code, found.origin and found.origin.span.start) == ("mln1-last-statement", 15)


def test_an_include_in_the_working_directory_is_no_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "x.mln").write_text(
        "global { project demo }\n#include lib/a.mln\n#include lib/a.mln\n\n", encoding="utf-8"
    )
    (tmp_path / "lib" / "a.mln").write_text("#include lib/b.mln\n\n", encoding="utf-8")
    (tmp_path / "lib" / "b.mln").write_text("superclass s { xen }\n\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert mln1_findings(tmp_path, "x.mln") == []
    (tmp_path / "lib" / "a.mln").write_text("#include b.mln\n\n", encoding="utf-8")
    assert codes(mln1_findings(tmp_path, "x.mln")) == {"include-path"}


def test_no_message_contains_a_secret(tmp_path: Path) -> None:
    text = "superclass s { xen; root_passwd x-$pw; $pw = one }\nhost web { superclass s; $pw = topsecret }\n"
    (tmp_path / "x.mln").write_text(f"global {{ project demo }}\n{text}", encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "--mln1", str(tmp_path / "x.mln")])
    assert "mln1-variable-scope" in result.stderr
    assert "topsecret" not in result.stderr


def test_no_message_contains_an_encrypted_password(tmp_path: Path) -> None:
    text = "host my-web { xen; users { alice $6$salt$0123456789abcdef } }\n"
    (tmp_path / "x.mln").write_text(f"global {{ project demo }}\n{text}", encoding="utf-8")
    (found,) = mln1_findings(tmp_path, "x.mln")
    assert found.code == "mln1-hang"
    assert not re.search("salt|0123456789abcdef", f"{found.message} {found.hint}")
