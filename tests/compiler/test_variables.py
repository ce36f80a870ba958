"""Variables: where a reference looks, what it may hold, and how growth and circles end."""

import pytest
from mln_texts import check, expand

from mlnc.compiler.variables import LONGEST

SCOPES = """
    global { project p; $a = global; $b = global; $c = global; $late = $early; $early = $mine }
    superclass top { $a = top; $b = top; $mine = top; at $a $b $c; users { x $a $b $c }; late $late
        net { $c = block; at $a $b $c } }
    superclass middle { superclass top; $b = middle }
"""


@pytest.mark.parametrize(
    ("host", "path", "value"),
    [
        ("", "host/h/at", "top middle global"),
        ("$a = host", "host/h/at", "host middle global"),
        ("$a = host", "host/h/users/x", "host middle global"),
        ("$c = host", "host/h/net/at", "top middle block"),
        ("net { $c = own }", "host/h/net/at", "top middle own"),
        ("net { $a = own }", "host/h/at", "top middle global"),
        ("", "host/h/late", "top"),
        ("$mine = host", "host/h/late", "host"),
        ("own $b; $b = last", "host/h/own", "last"),
        ("own $b; $b = first; $b = last", "host/h/own", "last"),
    ],
)
def test_a_reference_looks_from_its_block_outwards_the_host_first(host: str, path: str, value: str) -> None:
    assert expand(SCOPES + f"host h {{ superclass middle; {host} }}").value(path) == value


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("$hostname", "web"),
        ("$project", "p"),
        ("$service_host", "s1"),
        ("$whereabouts", "web of p on s1"),
    ],
)
@pytest.mark.parametrize("own", ["", "$hostname = x; $project = x; $service_host = x;"])
def test_built_in_variables_cannot_be_changed(word: str, text: str, own: str) -> None:
    made = expand(
        f"""
        global {{ project p; {own} $whereabouts = $hostname of $project on $service_host }}
        superclass s {{ is {word}; service_host s1 }}
        host web {{ superclass s; {own} }}
        """
    )
    assert made.value("host/web/is") == text


@pytest.mark.parametrize(
    ("server", "found"),
    [("", "localhost"), ("service_host s2", "s2"), ("service_host $hostname.example", "h.example")],
)
def test_the_service_host_of_a_host(server: str, found: str) -> None:
    made = expand(f"superclass s {{ service_host s1 }} host h {{ {server}; is $service_host }}")
    assert made.value("host/h/is") == found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$ab $a", "AB A"),
        ("$a$ab$abc", "AABABC"),
        ("[$a] $[a]b $[ab]c", "[A] Ab ABc"),
        ("$a.$ab-$abc/", "A.AB-ABC/"),
        (r"\$a $\a \$$a", "$a $a $A"),
        ("'$a b' \"$ab\"", "'A b' \"AB\""),
        ("$$a", "$A"),
        ("$a_ $[a", "$a_ $[a"),
        ("$empty.", "."),
        ("$two", "one two"),
        ("$1x", "one"),
    ],
)
def test_references_are_whole_names(text: str, value: str) -> None:
    variables = "$a = A; $ab = AB; $abc = ABC; $empty = ; $two = one   two; $1x = one"
    assert expand(f"host h {{ {variables}; v {text} }}").value("host/h/v") == value


def test_the_first_word_of_a_line_is_filled_in() -> None:
    made = expand("global { project p; $u = bob; $k = memory } host h { users { $u pw }; $k 5M; $x 1 }")
    assert made.lines("host/h/users") == ["bob pw"]
    assert made.lines("host/h") == ["memory 5M", "$x 1"]


def test_switches_and_global_blocks_have_variables_of_their_own() -> None:
    made = expand(
        """
        global { project p; $g = G; afterHostsStart { $l = L; echo $g $l $HOME } }
        switch lan { $s = S; bridge $s$g }
        service_host one { $s = T; memory $s$g }
        """
    )
    assert made.lines("global/afterHostsStart") == ["echo G L $HOME"]
    assert made.value("switch/lan/bridge") == "SG"
    assert made.value("service_host/one/memory") == "TG"


@pytest.mark.parametrize("block", ["startup", "shutdown", "user_data"])
def test_an_undefined_variable_in_a_script_stays(block: str) -> None:
    found = check(
        f"global {{ project p }} host a {{ guest cloud-init; {block} {{ echo $HOME $[PATH] $1 }} }}"
    )
    assert found.codes == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("memory $memry", "did you mean $memory?"),
        ("memory $quite", "define it here, in a superclass or in global: $name = value"),
        ("users { bob $pass }", None),
        ("users { bob x /home/$who }", None),
        ("users { $who x }", None),
        ("xen_extra { maxmem = $max }", None),
        ("$size= 4G", "an assignment needs blanks around its =: $name = value"),
        ("memory $indirect", None),
    ],
)
def test_an_undefined_variable_in_a_setting_is_an_error(text: str, hint: str | None) -> None:
    found = check(f"global {{ project p; $memory = 1G; $indirect = $gone }}\nhost a {{ {text} }}")
    assert found.codes == ["undefined-variable"]
    assert hint in (None, found.report.sorted()[0].hint)


HASHES = [
    "$6$rounds=5000$salt$D4IrlXatmP7rx3P3InaxBeoomnAihCKRVQAZ/36K0rrMD1GIhHRtADDqGuH6d9Fv0PfoAeF3HXQ.wlP/.",
    "$1$salt$hash",
    "$1$$hash",
    "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "$3$$8846f7eaee8fb117ad06bdd830b7586c",
    "!$1$salt$hash",
]


@pytest.mark.parametrize("word", HASHES)
@pytest.mark.parametrize("also", ["", "$salt = wrong; $1 = wrong;"])
def test_a_crypt_hash_stands_as_it_is(word: str, also: str) -> None:
    made = expand(f"host a {{ {also} $kept = {word}; users {{ bob {word}; eve $kept }} }}")
    assert made.lines("host/a/users") == [f"bob {word}", f"eve {word}"]
    assert not any(entry.undefined for entry in made.node("host/a/users").lines)


def test_two_variables_are_no_hash() -> None:
    assert expand("host a { $y = 1; $x = 2; at $y$x }").value("host/a/at") == "12"
    assert expand("host a { $y = 1; at $y$x }").node("host/a").values["at"].undefined


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("$a = x$a", ["$a"]),
        ("$a = $b; $b = $c; $c = $a", ["$a", "$b", "$c"]),
        ("$a = $service_host; service_host $a", ["$service_host", "$a"]),
    ],
)
def test_a_circle_of_variables_is_said_with_its_steps(text: str, chain: list[str]) -> None:
    made = expand(f"host h {{ {text}; v $a }}")
    assert set(made.codes) == {"variable-recursion"}
    steps = {each.message.split()[0] for found in made.found for each in found.related}
    assert steps == set(chain)


def test_a_long_way_through_variables_is_no_circle() -> None:
    steps = "; ".join(f"$v{number} = $[v{number + 1}]x" for number in range(90))
    assert expand(f"host h {{ {steps}; $v90 = y; v $v0 }}").value("host/h/v") == "y" + "x" * 90
    steps = "; ".join(f"$v{number} = $[v{number + 1}]x" for number in range(200))
    (found, *_) = expand(f"host h {{ v $v0; {steps}; $v200 = y }}").found
    assert found.message.endswith("stands behind more than 100 other variables")


def test_doubling_variables_end_with_a_diagnostic() -> None:
    steps = "; ".join(f"$v{number} = $v{number + 1}$v{number + 1}" for number in range(80))
    made = expand(f"host h {{ $v80 = x; {steps}; v $v0 }}")
    assert set(made.codes) == {"value-too-long"}
    assert len(made.value("host/h/v")) <= LONGEST


@pytest.mark.parametrize("line", ["$x" * 50_000, "$x " * 50_000, "$y" * 50_000])
def test_many_references_in_one_line_take_no_longer_than_they_are(line: str) -> None:
    made = expand(f"host h {{ $x = ; v {line} }}")
    assert len(made.value("host/h/v")) <= LONGEST
