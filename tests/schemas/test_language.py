"""The directive table is complete, valid, unambiguous, and consistent with its schema and its Python values."""

import ipaddress
import re
from dataclasses import asdict, fields
from importlib.resources import files
from typing import Any, get_args

import pytest

from mlnc.schemas import language, validation, yaml_text
from mlnc.schemas.language import Directive, load

TABLE: list[dict[str, Any]] = yaml_text.load(  # type: ignore[assignment]
    files("mlnc.schemas").joinpath("language.yaml").read_text(encoding="utf-8")
)
ENTRIES = load().directives

# Directives of MLN 1 by block, and directives that are new in mlnc.
MLN1 = {
    "top": "global host superclass switch",
    "global": """project project_password beforeProjectStart afterProjectStart beforeHostsStart
        afterHostsStart beforeProjectStop afterProjectStop beforeHostsStop afterHostsStop autoenum autoenum0
        autoenum1 autoenum2 autoenum3 autoenum4 autoenum5 openstack""",
    "autoenum": "superclass numhosts hostprefix net address addresses_begin autouser service_hosts",
    "host": """superclass xen hvm service_host location template size free_space lvm lvm_vg lvm_snapshot
        filepath filesystem cow_filesystem swap memory cpus vcpus kernel ramdisk vncdisplay vncpasswd
        vnckeymap xen_extra boot_order term color nameserver root_passwd root_password owner group sudo
        locking lock_dir lock_timeout nice devfs internalswap iscsi iscsi_target extra sshkey apache
        DocumentRoot postfix puppet vncplugin kvm vmware ec2 openstack winconfig family modules_dir
        copy_modules vtun dyndns roles type task exists kernel_version network users groups mount files
        startup shutdown modules""",
    "network": """address netmask broadcast gateway switch bridge mac auto slirp tun_iface tun_address net
        floating-ip""",
    "switch": "xen bridge service_host hosts socket hub type tap owner group sudo sock vmware",
    "kvm": "mount_partition display display_port",
    "ec2": """credential_folder use ami quickbuild type mount1 mount2 volumes arch region zone bucket key
        elastic_ip user_data user_file no_terminate""",
    "openstack": """image flavor keypair user_data volume use quickbuild managed description managed_users
        users network router quota""",
    "puppet": "nodename include",
    "postfix": "relayhost",
    "winconfig": "users groups",
}
SERVER_SETTINGS = """xen_kernel xen_ramdisk xen_modules xen_bridge lvm_vg san_path lvm_execute_server
    templates files projects default_template default_size default_memory default_term daemon_allow"""

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
PATH = r"/[A-Za-z0-9._/-]*"
IPV4 = r"\d+\.\d+\.\d+\.\d+"
SHAPES = {
    "text": r"\S.*",
    "word": r"\S+",
    "integer": r"-?\d+",
    "count": r"\d+|all",
    "memory": r"\d+(M|G)?",
    "size": r"\d+(b|kB|KB|K|MB|M|GB|G|T)?",
    "path": PATH,
    "file": rf"/?{PATH[1:]}",
    "ip": IPV4,
    "ipv4": IPV4,
    "ipv6": r"[0-9a-f:]+",
    "address": rf"{IPV4}(/\d+)?|dhcp",
    "address6": r"[0-9a-f:]+/\d+|auto",
    "netmask": IPV4,
    "mac": r"([0-9a-f]{2}:){5}[0-9a-f]{2}",
    "bridge": r"[A-Za-z0-9._-]{1,15}",
    "mode": r"[0-7]{3,4}",
    "crypt": r"\$\S+|@secret/\S+",
    "secret": r"\S+",
    "pattern": r"[A-Za-z0-9.*-]+",
}


def label(entry: Directive) -> str:
    return f"{entry.blocks[0]}/{entry.name}"


def matches_type(kind: str, text: str) -> bool:
    return re.fullmatch(SHAPES.get(kind, NAME), text) is not None


def test_the_table_matches_its_schema() -> None:
    assert validation.problem("language", TABLE) is None


@pytest.mark.parametrize(
    "change",
    [
        {"unknown": "key"},
        {"type": "colour"},
        {"form": "flag"},
        {"type": "choice"},
        {"type": "secret"},
        {"meaning": "no sentence"},
        {"change": "cheap"},
        {"blocks": []},
        {"default_from": "default_size"},
        {"record": [{"name": "user", "type": "user"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_schema_refuses_an_invalid_entry(change: dict[str, Any]) -> None:
    entry = {
        "name": "x",
        "blocks": ["host"],
        "form": "value",
        "type": "text",
        "meaning": "A word.",
        "example": "x 1",
    }
    assert validation.problem("language", [entry]) is None
    assert validation.problem("language", [entry | change]) is not None


def test_schema_and_python_values_have_the_same_keys_and_choices() -> None:
    definitions = validation.schema("language")["$defs"]
    for kind, literal in {
        "type": language.Type,
        "form": language.Form,
        "change": language.Change,
        "support": language.Support,
        "since": language.Since,
    }.items():
        assert tuple(choice["const"] for choice in definitions[kind]["oneOf"]) == get_args(literal)
    assert set(definitions["directive"]["properties"]) == {field.name for field in fields(Directive)}
    assert set(definitions["field"]["properties"]) == {field.name for field in fields(language.Field)}


def test_every_type_is_used() -> None:
    used = {entry.type for entry in ENTRIES} | {field.type for entry in ENTRIES for field in entry.record}
    assert used - {None} == set(get_args(language.Type))


def test_directives_have_the_values_of_the_table() -> None:
    for raw, entry in zip(TABLE, ENTRIES, strict=True):
        held = asdict(entry)
        held["record"] = tuple(
            {name: value for name, value in field.items() if value is not False and value is not None}
            for field in held["record"]
        )
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}
        assert {name: held[name] for name in raw} == given
        left_out = [field for field in fields(Directive) if field.name not in raw]
        assert all(held[field.name] == field.default for field in left_out)


def test_no_two_entries_share_a_block_and_a_name() -> None:
    places = [(block, name) for entry in ENTRIES for block in entry.blocks for name in entry.names]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("block", load().blocks())
def test_the_table_has_the_directives_of_mln1_and_marks_all_others(block: str) -> None:
    server_settings = SERVER_SETTINGS.split() if block == "service_host" else []
    left_over = ["virtual_site"] if block == "top" else []
    mln1 = {*MLN1.get(block, "").split(), *server_settings, *left_over}
    added = {name for entry in load().entries(block) if entry.since == "mlnc" for name in entry.names}
    assert not mln1 & added
    assert set(load().names(block)) == mln1 | added


def test_every_block_is_opened_by_a_directive() -> None:
    opened = {entry.body for entry in ENTRIES if entry.form in ("block", "named", "free")}
    assert {block for entry in ENTRIES for block in entry.blocks} <= opened | {"top"}
    for entry in ENTRIES:
        if entry.form == "block" or (entry.form == "named" and not entry.record):
            assert load().names(entry.body), label(entry)


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_a_meaning_is_one_sentence_and_states_the_default(entry: Directive) -> None:
    assert re.fullmatch(r"[A-Z][^.]*(\.[^. ][^.]*)*\.", entry.meaning)
    assert entry.default is None or f"(default {entry.default})" in entry.meaning
    assert entry.detail is None or "  " not in entry.detail


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.default is not None], ids=label)
def test_a_default_is_a_value_of_its_type(entry: Directive) -> None:
    assert entry.form == "value"
    assert (
        entry.default in entry.choices
        if entry.choices
        else matches_type(entry.type or "", entry.default or "")
    )
    if entry.type == "integer":
        assert (entry.min or 0) <= int(entry.default or "") <= (entry.max or 10**9)


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.default_from], ids=label)
def test_a_directive_and_its_server_setting_have_the_same_default(entry: Directive) -> None:
    given = load().get("service_host", entry.default_from or "")
    assert given is not None
    assert (given.default, given.type, given.unit) == (entry.default, entry.type, entry.unit)
    assert given.change == entry.change


@pytest.mark.parametrize("entry", ENTRIES, ids=label)
def test_an_example_is_a_statement_of_its_directive(entry: Directive) -> None:
    name, _, rest = entry.example.partition(" ")
    assert name == entry.name
    if entry.form == "value" and entry.type:
        assert rest in entry.choices if entry.choices else matches_type(entry.type, rest)
    elif entry.form in ("lines", "block", "named"):
        inner = re.fullmatch(r"(?:[\w-]+ )?\{ (.*)\}", rest)
        assert inner
        if entry.form == "lines":
            assert all(record_matches(entry, line) for line in inner[1].split(";"))


def record_matches(entry: Directive, line: str) -> bool:
    words = line.split()
    if not entry.record:
        return bool(words)
    if entry.record[-1].rest:
        words = [*words[: len(entry.record) - 1], " ".join(words[len(entry.record) - 1 :])]
    needed = sum(not field.optional for field in entry.record)
    filled = zip(entry.record, words, strict=False)
    return needed <= len(words) <= len(entry.record) and all(
        matches_type(field.type, word) for field, word in filled
    )


def test_optional_fields_are_last() -> None:
    for entry in ENTRIES:
        optional = [field.optional for field in entry.record]
        assert optional == sorted(optional), label(entry)
        assert not any(field.rest for field in entry.record[:-1]), label(entry)


def test_only_containers_and_generators_have_no_cost() -> None:
    without_cost = {label(entry) for entry in ENTRIES if entry.change is None}
    containers = {"global", "host", "superclass", "switch", "service_host"}
    assert without_cost == {f"top/{name}" for name in containers} | {"host/superclass", "global/autoenum"} | {
        f"autoenum/{name}"
        for name in ("superclass", "numhosts", "hostprefix", "net", "addresses_begin", "address")
    }


@pytest.mark.parametrize(
    ("block", "name", "change"),
    [
        ("host", "memory", "live"),
        ("host", "vcpus", "live"),
        ("host", "network", "live"),
        ("network", "bridge", "live"),
        ("network", "address", "reboot"),
        ("host", "size", "live"),
        ("host", "template", "data-loss"),
        ("host", "lvm_vg", "rebuild"),
        ("host", "filepath", "rebuild"),
        ("host", "lvm", "rebuild"),
        ("host", "service_host", "migrate"),
        ("autoenum", "service_hosts", "migrate"),
        ("host", "startup", "reboot"),
        ("host", "boot_order", "nothing"),
    ],
)
def test_a_directive_has_its_cost(block: str, name: str, change: str) -> None:
    entry = load().get(block, name)
    assert entry is not None
    assert entry.change == change


@pytest.mark.parametrize("entry", [entry for entry in ENTRIES if entry.support != "xen"], ids=label)
def test_directives_that_are_not_built_cost_nothing(entry: Directive) -> None:
    assert entry.change == ("rebuild" if entry.support == "unsupported" else "nothing")
    assert entry.since == "mln"


def test_lookups_by_block_and_name() -> None:
    table = load()
    memory = table.get("host", "memory")
    assert memory is table.get("superclass", "memory")
    assert memory is not table.get("service_host", "memory")
    assert table.find("memory") == (memory, table.get("service_host", "memory"))
    assert table.get("autoenum3", "net") is table.get("autoenum", "net")
    assert table.get("global", "autoenum3") is table.get("global", "autoenum")
    assert table.get("host", "gateway") is None
    assert table.get("nowhere", "memory") is None
    assert table.find("memroy") == ()
    assert table.names("superclass") == table.names("host")
    assert table.names("nowhere") == ()
    assert table.entries("global") == tuple(
        dict.fromkeys(table.get("global", name) for name in table.names("global"))
    )


def test_directives_with_secrets_are_marked() -> None:
    named = {"root_passwd", "root_password", "vncpasswd", "project_password", "managed_users"}
    assert load().secret_names() == named
    for entry in ENTRIES:
        holds = entry.type == "secret" or any(field.type == "secret" for field in entry.record)
        assert holds == entry.secret, label(entry)


def test_hooks_and_guest_scripts_are_script_blocks() -> None:
    hooks = {
        f"{when}{what}{act}"
        for when in ("before", "after")
        for what in ("Project", "Hosts")
        for act in ("Start", "Stop")
    }
    assert load().script_blocks() == hooks | {"startup", "shutdown", "user_data", "user_file", "xen_extra"}
    assert all(load().get("global", hook) for hook in hooks)


def test_script_blocks_keep_undefined_variables() -> None:
    strict = {entry.name for entry in ENTRIES if entry.variables == "strict"}
    assert not strict & (load().script_blocks() - {"xen_extra"})


def test_directives_in_free_blocks_are_foreign_and_keep_undefined_variables() -> None:
    free = {entry.name for entry in ENTRIES if entry.form == "free"}
    inside = [entry for entry in ENTRIES if set(entry.blocks) & (free - {"network", "hosts"})]
    assert {entry.support for entry in inside} == {"foreign"}
    assert {entry.variables for entry in inside} == {"open"}


@pytest.mark.parametrize("name", ["vnclisten", "relocation_address"])
def test_addresses_in_examples_are_valid(name: str) -> None:
    for entry in load().find(name):
        assert ipaddress.ip_address(entry.example.split()[1])
