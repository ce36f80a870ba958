"""Agreement of ``mlnc check`` and ``mlnc build``: for every directive, values at the edge of its type."""

from pathlib import Path

import pytest
from projects import Sources, mlnc

from mlnc.compiler.pipeline import Compiled
from mlnc.ir.ir_yaml import dump_project, dump_site, load_project, load_site
from mlnc.schemas.language import Directive, load

EDGES = (
    "0",
    "-1",
    "1",
    "0M",
    "1M",
    "0G",
    "999999999999",
    "4294967295",
    "/",
    "x",
    "0.0.0.0/0",
    "::/0",
    "@secret/x",
)
"""Values that are valid for some types and out of range for others."""

BLOCKS = {
    "host": "host a {{ xen; memory 64M; {} }}",
    "network": "host a {{ xen; network eth0 {{ {} }} }}",
    "switch": "switch lan {{ {} }}\nhost a {{ xen; network eth0 {{ switch lan }} }}",
    "global": "global {{ project demo; {} }}\nhost a {{ xen }}",
}
"""A project with one statement in a block."""

VALUES = [
    each for each in load().directives if each.form == "value" and each.name not in ("project", "superclass")
]


def statements(directive: Directive) -> list[str]:
    return [f"{directive.name} {value}" for value in EDGES]


def is_written_and_read_back(made: Compiled) -> bool:
    """Write the IR as a build does, and read it back. Raises InvalidIr if the schema refuses it."""
    projects = all(load_project(dump_project(each)) == each for each in made.course.projects.values())
    return projects and load_site(dump_site(made.course.site)) == made.course.site


@pytest.mark.parametrize("directive", VALUES, ids=lambda each: f"{each.blocks[0]}-{each.name}")
def test_accepted_values_make_a_valid_ir(directive: Directive, sources: Sources) -> None:
    for block in directive.blocks:
        for statement in statements(directive):
            if block == "service_host":
                site = f"service_host one {{ {statement} }}"
                made = sources.compile("host a { xen; service_host one }", site=site)
            elif block in BLOCKS:
                made = sources.compile(BLOCKS[block].format(statement))
            else:
                continue
            assert made is None or is_written_and_read_back(made), statement


@pytest.mark.parametrize(
    "record", ["alice * /home/alice -1", "alice * /home/alice 0", "alice * / 4294967295"]
)
def test_accepted_accounts_make_a_valid_ir(record: str, sources: Sources) -> None:
    made = sources.compile(f"host a {{ xen; users {{ {record} }} }}")
    assert (made is None) == (not record.endswith(" 0"))
    assert made is None or is_written_and_read_back(made)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("users { alice * /home/alice -1 }", ""),
        ("", "default_size 0"),
        ("size 0G", ""),
    ],
)
def test_build_reports_what_check_reports(host: str, site: str, tmp_path: Path) -> None:
    (tmp_path / "demo.mln").write_text(
        f"global {{ project demo }}\nhost a {{ xen; service_host one; {host} }}\n"
    )
    (tmp_path / "site.mln").write_text(f"service_host one {{ {site} }}\n")
    checked, built = mlnc("check", tmp_path), mlnc("build", tmp_path, "-o", tmp_path / "out")
    assert (checked.exit_code, built.exit_code) == (1, 1)
    assert built.stderr.rpartition("\n1 error")[0] == checked.stderr.rpartition("\n1 error")[0]
    assert "error[invalid-value]" in built.stderr
