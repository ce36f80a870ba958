"""Words to typed values: what is wrong with a word is said at that word, and everything at once."""

import pytest
from projects import Sources, pointed_at

HOST = {
    # the word itself
    "memroy 64M": "unknown-directive memroy",
    "Memory 64M": "unknown-directive Memory",
    "address 10.0.0.2/24": "misplaced-directive address",
    "project demo": "misplaced-directive project",
    "iscsi 10.0.0.9": "unsupported-directive iscsi",
    # the form
    "startup echo": "wrong-form startup echo",
    "memory { 64M }": "wrong-form memory",
    "startup { echo { } }": "wrong-form echo",
    "network eth0": "wrong-form network eth0",
    # the value
    "memory": "missing-value memory",
    "memory lots": "invalid-value lots",
    "memory = lots": "invalid-value lots",
    "memory 64 M": "invalid-value 64 M",
    "boot_order 100": "invalid-value 100",
    "term tty": "invalid-value tty",
    "xen maybe": "invalid-value maybe",
    "vnclisten 10.0.0": "invalid-value 10.0.0",
    # the fields of a record
    "files { motd }": "invalid-record motd",
    "files { motd /etc/motd 644 root wheel }": "invalid-record root",
    "files { motd /etc/motd 9 }": "invalid-value 9",
    "files { motd etc/motd 644 }": "invalid-value etc/motd",
    "users { 1bob }": "invalid-value 1bob",
    "users { bob x home/bob }": "invalid-value home/bob",
    "sshkey { bob }": "invalid-record bob",
    "groups { staff { b/b } }": "invalid-value b/b",
    "groups { bob }": "stray-statement bob",
    "mount { /dev/x /mnt }": "invalid-record /dev/x /mnt",
    # variables
    "memory $size": "undefined-variable $size",
    "memory $[size]M": "undefined-variable $[size]M",
    "modules { $module }": "undefined-variable $module",
    # what does nothing
    "nice 5": "without-effect nice 5",
    "root_password x": "without-effect root_password x",
    "vtun { }": "without-effect vtun",
    "location x": "without-effect location x",
    # shape
    "users { bob }; users { eve }": "repeated-block users",
    "memory 64M; memory 128M": "repeated-directive memory 128M",
    "$hostname = x": "builtin-variable $hostname = x",
    "network { address dhcp }": "stray-statement address dhcp",
}


@pytest.mark.parametrize("body", HOST)
def test_a_host(body: str, sources: Sources) -> None:
    assert sources.marked(f"host web {{ xen; {body} }}\n") == [HOST[body]]


GOOD = [
    "memory = 64M",
    "memory 64M; memory 64M",
    "users { bob }",
    "users { bob $6$salt$0123456789abcdef /home/bob 1001 }",
    "sshkey { bob ssh-rsa AAAA bob@example.org }",
    "groups { staff { bob; eve } }",
    "startup { echo $UNDEFINED; echo; echo }",
    "network { eth0 { address dhcp } eth1 { address dhcp } }",
    "nameserver 10.0.0.1; nameserver 10.0.0.2",
    "lvm on",
    "xen off; xen",
]


@pytest.mark.parametrize("body", GOOD)
def test_what_is_right(body: str, sources: Sources) -> None:
    assert {*sources.codes(f"host web {{ xen; {body} }}\n")} <= {"repeated-directive"}


def test_everything_is_said_at_once(sources: Sources) -> None:
    text = "host web { memory lots; vcpus none; netwrk { }; switch lan }\nhost mail { memroy 1 }\n"
    assert sources.marked(text) == [
        "invalid-value lots",
        "invalid-value none",
        "unknown-directive netwrk",
        "misplaced-directive switch",
        "unknown-directive memroy",
    ]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("memroy 64M", "did you mean 'memory'?"),
        ("userdata { }", "did you mean 'user_data'?"),
        ("xyzzy 1", "mlnc directives lists what a host block takes"),
        ("address dhcp", "move it to an autoenum block, a network block or a service_host block"),
        ("global { }", "move it to the top level of a file"),
        ("memory", "for example: memory 512M"),
        ("files { motd }", "a line is: SOURCE TARGET [MODE]"),
        ("memory $sise", "did you mean $size?"),
        ("memory $[hostnme]", "did you mean $hostname?"),
        ("memory $xyzzy", "define it here, in a superclass or in global: $name = value"),
        ("$x= 5", "an assignment needs blanks around its =: $name = value"),
        ("startup echo", "write startup { ... }"),
        ("startup { if x { } }", "quote the braces of a shell line, or write \\{ and \\}"),
    ],
)
def test_hints(body: str, hint: str, sources: Sources) -> None:
    found = sources.findings(f"global {{ project demo; $size = 1 }}\nhost web {{ xen; {body} }}\n")
    assert found[0].hint == hint or found[-1].hint == hint


def test_a_variable_is_cited_where_it_stands(sources: Sources) -> None:
    text = (
        "global {\n\tproject demo\n\t$size = $number$unit\n\t$number = 64\n}\nhost web {\n\tmemory $size\n}\n"
    )
    found = sources.findings(text)[0]
    assert found.message == "$unit is not defined"
    assert pointed_at(found) == "$number$unit"
    assert [(each.message, str(each.span).rpartition("/")[2]) for each in found.related] == [
        ("it is used here", "demo.mln:7:2")
    ]


def test_a_variable_in_an_included_file_shows_the_includes_of_that_file(sources: Sources) -> None:
    others = {"inner": "superclass small { xen; memory $size }\n"}
    text = "#include inner.mln\nhost web { superclass small }\n"
    found = sources.findings(text, **others)[0]
    assert found.origin is not None
    assert found.origin.via is not None
    assert [step.kind for step in found.origin.via.chain()] == ["superclass", "include"]
    defined = "global { project demo; $size = $unit }\n#include inner.mln\nhost web { superclass small }\n"
    found = sources.findings(defined, **others)[0]
    assert found.origin is not None
    assert found.origin.via is None, "the word that is wrong stands in the main file"


def test_an_inherited_mistake_shows_the_whole_way(sources: Sources) -> None:
    text = "superclass a { xen; memory lots }\nsuperclass b { superclass a }\nhost web { superclass b }\n"
    found = sources.findings(text)
    assert len(found) == 1
    assert found[0].origin is not None
    assert found[0].origin.via is not None
    lines = [step.span.source.position(step.span.start)[0] for step in found[0].origin.via.chain()]
    assert lines == [3, 4], "a is inherited through line 3, which is inherited through line 4"


def test_a_mistake_in_a_shared_file_is_said_once_for_all_projects(sources: Sources) -> None:
    body = "#include shared.mln\n"
    others = {name: f"global {{ project {name} }}\n{body}" for name in ("a", "b")}
    found = sources.findings(body, shared="host web { xen; memory lots }\n", **others)
    assert [each.code for each in found] == ["invalid-value"]
    assert set(found[0].projects) == {"demo", "a", "b"}


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("host web$number { xen }\n", "undefined-variable web$number"),
        ("switch lan$number { }\nhost web { xen }\n", "undefined-variable lan$number"),
    ],
)
def test_variables_in_names(text: str, marked: str, sources: Sources) -> None:
    assert sources.marked(text)[0] == marked


def test_blanks_of_a_variable_make_fields_and_then_the_line_is_cited(sources: Sources) -> None:
    text = "host web { xen; $line = motd etc/motd; files { $line } }\n"
    assert sources.marked(text) == ["invalid-value $line"]
