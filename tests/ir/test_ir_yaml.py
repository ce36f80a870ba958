"""Round trip of the IR through YAML, and refusal of documents that violate the schema."""

from typing import Any

import pytest
from courses import by_role, guest, host, interface, project, service_host, volume
from golden_files import Golden
from hypothesis import given
from hypothesis import strategies as st

from mlnc.ir.ir_yaml import InvalidIr, dump_project, dump_site, from_data, load_project, load_site, to_data
from mlnc.ir.model import (
    IR_VERSION,
    Disk,
    ForeignBlock,
    GuestFile,
    GuestGroup,
    Member,
    Mount,
    Project,
    Secret,
    Site,
    SshKey,
    Switch,
    User,
    Vnc,
)
from mlnc.schemas.yaml_text import dump, load

LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=30)
BLOCKS: st.SearchStrategy[ForeignBlock] = st.deferred(
    lambda: st.builds(
        ForeignBlock,
        values=st.dictionaries(LINES, LINES, max_size=3),
        lines=st.lists(LINES, max_size=3).map(tuple),
        blocks=st.dictionaries(LINES, BLOCKS, max_size=2),
    )
)


def full_project() -> Project:
    """A project with every kind of value the IR has."""
    full_guest = guest(
        nameservers=("10.0.0.53", "2001:db8::53"),
        root_password=Secret("demo/linux/root_passwd"),
        users=(
            User("anna", "$1$salt$hash", "/home/anna", 1001),
            User("bo", Secret("bo"), "/home/bo", None),
            User("cy", None, "/home/cy", 0),
        ),
        groups=(GuestGroup("staff", ("anna", "bo")), GuestGroup("empty", ())),
        ssh_keys=(SshKey("anna", "ssh-ed25519 AAAA anna@example.org"),),
        files=(GuestFile("motd", "/etc/motd", "0644"), GuestFile("site", "/srv/www", None)),
        modules=("loop",),
        mounts=(Mount("/dev/san_vg/data", "/dev/xvda3", "/data", "ext4", "defaults"),),
        internal_swap_bytes=64 << 20,
        startup=("echo 'up: yes' # now", "yes", "", "- x"),
        user_data=("#cloud-config",),
    )
    linux = host(
        vnc=Vnc("127.0.0.1", 1, "no", Secret("demo/linux/vncpasswd")),
        xen_extra=('on_crash = "restart"',),
        disks=(Disk("xvda1", "root", "phy", "/dev/san_vg/linux.demo"),),
        interfaces={
            "eth0": interface(switch="lan", mode6="static", address6="2001:db8::2", prefix_length6=64),
            "eth1": interface(
                mode="dhcp", address=None, prefix_length=None, netmask=None, broadcast=None, gateway=None
            ),
        },
        volumes=by_role(volume(), volume(role="swap", name="swap", template=None, resize="none")),
        guest=full_guest,
        foreign={"puppet": ForeignBlock({"nodename": "a"}, ("include web",), {"include": ForeignBlock()})},
    )
    lan = Switch("lan.demo", True, None, ("one.example.org",), 12, None, (Member("linux", "eth0"),))
    return project(
        autostart=True,
        password=Secret("demo/project_password"),
        hooks={"beforeProjectStart": ("logger 'start'",)},
        switches={"lan": lan},
        hosts={"linux": linux},
        foreign={"openstack": ForeignBlock()},
    )


def full_site() -> Site:
    return Site(IR_VERSION, {"one.example.org": service_host(san_paths=("san_vg", "/nfs"))})


def test_the_text_of_a_project_matches_the_golden(golden: Golden) -> None:
    golden("codec/project.yaml", dump_project(full_project()))


def test_the_text_of_a_site_matches_the_golden(golden: Golden) -> None:
    golden("codec/site.yaml", dump_site(full_site()))


def test_dumped_text_loads_as_the_same_project() -> None:
    assert load_project(dump_project(full_project())) == full_project()
    assert load_site(dump_site(full_site())) == full_site()


def test_a_loaded_project_dumps_as_the_same_text() -> None:
    text = dump_project(full_project())
    assert dump_project(load_project(text)) == text


@given(st.dictionaries(LINES, BLOCKS, max_size=3))
def test_any_foreign_block_survives_a_round_trip(blocks: dict[str, ForeignBlock]) -> None:
    value = project(foreign=blocks)
    assert load_project(dump_project(value)) == value


@given(BLOCKS)
def test_data_has_every_field_and_decodes_to_the_same_value(block: ForeignBlock) -> None:
    data = to_data(block)
    assert set(data) == {"values", "lines", "blocks"}
    assert from_data(ForeignBlock, data) == block


def test_the_first_line_names_the_schema_for_editors() -> None:
    first = "# yaml-language-server: $schema="
    assert dump_project(project()).startswith(f"{first}../../schemas/ir.schema.json\nir_version: 2\n")
    assert dump_site(full_site(), "https://x.example").startswith(
        f"{first}https://x.example/site.schema.json\n"
    )


@pytest.mark.parametrize(
    ("bad", "place"),
    [
        (project(project="../etc"), "project: "),
        (project(hosts={"linux": host(memory_mib=0)}), "hosts/linux/memory_mib: 0 is less"),
        (project(hosts={"linux": host(guest=guest(startup=("a\nb",)))}), "hosts/linux/guest/startup/0: "),
        (project(hosts={"linux": host(interfaces={"eth0": interface(mac="01:16:3e:00:00:01")})}), "eth0/mac"),
        (project(ir_version=1), "ir_version: 2 was expected"),
        (project(hosts={"a/b": host()}), "hosts: "),
    ],
)
def test_an_invalid_project_is_not_dumped(bad: Project, place: str) -> None:
    with pytest.raises(InvalidIr) as caught:
        dump_project(bad)
    assert place in str(caught.value)


def test_an_invalid_site_is_not_dumped() -> None:
    with pytest.raises(InvalidIr, match="service_hosts/one/port: 70000"):
        dump_site(Site(IR_VERSION, {"one": service_host(port=70000)}))


def changed(**changes: Any) -> str:
    data: Any = to_data(project())
    return dump(data | changes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "expected"),
        ("- 1", "the document: "),
        (changed(colour="red"), "'colour' was unexpected"),
        (changed(autostart="yes"), 'autostart: "yes" is not of type "boolean"'),
        (changed(hosts={"linux": {}}), 'hosts/linux: "domain" is a required property'),
        ("project: 2001-01-01", "Unsupported type"),
    ],
)
def test_invalid_text_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidIr) as caught:
        load_project(text)
    assert reason in str(caught.value)


def test_a_project_does_not_load_as_a_site() -> None:
    with pytest.raises(InvalidIr):
        load_site(dump_project(project()))


def test_defaults_are_written_out() -> None:
    data: Any = load(dump_project(project()))
    card = data["hosts"]["linux"]["interfaces"]["eth0"]
    assert card["address6"] is None
    assert card["mode6"] == "none"


def test_an_unsupported_field_type_raises_type_error() -> None:
    with pytest.raises(TypeError, match="the IR does not support fields"):
        from_data(float, {})


def test_a_document_without_on_crash_loads_as_one_where_it_is_null() -> None:
    text = dump_project(full_project())
    assert "    on_crash: null\n" in text
    assert load_project(text.replace("    on_crash: null\n", "")) == load_project(text)
