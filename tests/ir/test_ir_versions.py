"""Conversion of IR documents of version 1: projects, sites, and documents that are damaged."""

from typing import Any

import pytest
from checkout import ROOT, TESTS

from mlnc.ir.ir_versions import upgrade_document
from mlnc.ir.ir_yaml import InvalidIr, load_project, load_site
from mlnc.schemas.yaml_text import load

PREVIOUS = TESTS / "data" / "previous"


def test_a_project_of_the_course_loads_as_the_compiler_makes_it_now() -> None:
    previous = load_project((PREVIOUS / "group07.yaml").read_text())
    assert previous == load_project((ROOT / "out/ir/group07.yaml").read_text())


def test_a_stated_ceiling_is_kept_and_one_equal_to_the_amount_is_dropped() -> None:
    hosts = load_project((PREVIOUS / "out/ir/shop.yaml").read_text()).hosts
    assert (hosts["db"].maxmem_mib, hosts["db"].max_vcpus) == (1024, 4)
    assert (hosts["web"].maxmem_mib, hosts["web"].max_vcpus) == (None, None)
    assert (hosts["web"].effective_maxmem_mib, hosts["web"].effective_max_vcpus) == (256, 1)


def test_volumes_become_a_map_by_role_in_their_order() -> None:
    hosts = load_project((PREVIOUS / "out/ir/shop.yaml").read_text()).hosts
    assert [*hosts["db"].volumes, *hosts["seeded"].volumes] == ["root", "swap", "root", "seed"]
    assert hosts["db"].volumes["swap"].name == "db.shop.swap"


def test_a_site_of_version_1_loads() -> None:
    site = load_site((PREVIOUS / "out/ir/site.yaml").read_text())
    assert (site.ir_version, list(site.service_hosts)) == (2, ["atlas"])


def test_conversion_leaves_its_input_unchanged() -> None:
    text = (PREVIOUS / "group07.yaml").read_text()
    data: Any = load(text)
    upgrade_document(data)
    assert data == load(text)


@pytest.mark.parametrize("data", [None, [], {}, {"ir_version": 2}, {"ir_version": 1, "hosts": {"web": 1}}])
def test_other_data_is_returned_unconverted(data: object) -> None:
    assert upgrade_document(data) is data


def test_a_damaged_document_of_version_1_is_refused() -> None:
    text = (PREVIOUS / "group07.yaml").read_text()
    with pytest.raises(InvalidIr, match="ir_version: 2 was expected"):
        load_project(text.replace("memory_mib", "memory"))
    with pytest.raises(InvalidIr, match="hosts/linux/memory_mib"):
        load_project(text.replace("memory_mib: 128", "memory_mib: none"))
