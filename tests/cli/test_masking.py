"""No secret is printed: sources with secrets in all places, valid and invalid, are masked in every text.

``geheim`` begins every secret of these tests, so that a leak of any part is found.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnc.cli.masking import MASK, Masking
from mlnc.cli.printing import as_json, as_text
from mlnc.cli.secret_spans import SecretSpans, literals, secret_places
from mlnc.compiler.diagnostics import Diagnostic, Related, Report
from mlnc.compiler.source import Origin, Source, Span


def shown(text: str, guarded: bool = False) -> str:
    """Return every line of a source as printed."""
    source = Source("test.mln", text)
    masking = Masking(secret_places([source], guarded))
    starts = [0, *(place + 1 for place, char in enumerate(text) if char == "\n")]
    return "\n".join(masking.excerpt(Span(source, start, start + 1)).text for start in starts)


HIDDEN = {
    "a secret directive": "root_passwd geheim",
    "several words": "root_passwd geheim geheim2  geheim3",
    "an assignment": "root_passwd = geheim",
    "a value in quotes": 'root_passwd "geheim; {geheim}"',
    "an escape": r"root_passwd a\;geheim",
    "a continued line": "root_passwd \\\n\tgeheim",
    "a password cut by a semicolon": "root_passwd a;geheim",
    "a password cut by a brace": "root_passwd a}geheim{geheim b",
    "a second statement in the line": "memory 64M; root_passwd geheim; memory lots",
    "a comment": "memory lots # was: root_passwd geheim",
    "a misspelt directive": "rootpasswd geheim",
    "an unknown directive": "admin_password geheim",
    "a directive without blanks": "vncpasswd=geheim",
    "a setting of Xen": "xen_extra { vncpasswd='geheim' }",
    "a setting of Xen with blanks": "xen_extra { vncpasswd = 'geheim' }",
    "a setting of Xen in a list": "xen_extra { vfb=['type=vnc,vncpasswd=geheim,vnc=1'] }",
    "a user's password in clear": "users { bob geheim }",
    "a user's password of two words": "users { bob geheim geheim }",
    "a user's hash": "users { bob $6$salt$geheimgeheim }",
    "a user of another platform": "openstack { managed_users { bob geheim bob@x } }",
    "a user of Windows": "winconfig { users { bob geheim } }",
    "autouser": "global { autoenum { autouser geheim } }",
    "a variable that is used": "$x = geheim\nroot_passwd $x",
    "a variable used by another": "$x = geheim\n$y = a$x\nroot_passwd $y",
    "a variable as part of a word": "$x = geheim\nroot_passwd a$[x]b",
    "a variable used above its definition": "root_passwd $x\n} }\n$x = geheim",
    "a variable that is called so": "$group_password = geheim",
    "a variable that is called key": "$apikey = geheim",
    "a text with a variable in it": "root_passwd geheim$number",
    "a nameless block behind it": "root_passwd geheim {",
    "a block without end": "host web { root_passwd geheim",
    "a password that begins with a brace": "root_passwd {geheim",
    "a password that begins with a semicolon": "root_passwd ;geheim",
    "a password that begins like a comment": "root_passwd #geheim geheim",
    "a user's password that begins with a brace": "users { bob {geheim",
    "what looks like a variable": "root_passwd $geheim",
    "what looks like variables": "root_passwd $1$geheim",
    "a flag before it": "xen root_passwd geheim",
}


@pytest.mark.parametrize("case", HIDDEN)
def test_no_part_of_a_secret_is_shown(case: str) -> None:
    text = shown(HIDDEN[case])
    assert "geheim" not in text
    assert MASK in text


SHOWN = [
    "memory 64M",
    "root_passwd @secret",
    "root_passwd @secret/group07",
    "root_passwd $x\n$x = @secret",
    "root_passwd $[x]\n$x = @secret/group07",
    "root_passwd $hostname",
    "users { bob @secret/bob /home/bob 7 }",
    "startup { passwd -l root }",
    "$number = 7",
    "root_passwd",
    "service_host atlas",
    "xen_extra { on_crash='restart' }",
]


@pytest.mark.parametrize("text", SHOWN)
def test_text_that_is_not_secret_is_shown(text: str) -> None:
    assert shown(text) == text


def test_only_the_password_of_a_user_is_masked() -> None:
    assert shown("users { bob $6$salt$geheimgeheim /home/bob 7 }") == f"users {{ bob {MASK} /home/bob 7 }}"


def test_all_variables_are_masked_if_a_file_is_missing() -> None:
    assert shown("$x = geheim; #include gone.mln", guarded=True) == f"$x = {MASK}; #include gone.mln"
    assert shown("$x = public", guarded=False) == "$x = public"


def test_a_secret_of_one_file_is_masked_in_all() -> None:
    group = Source("group.mln", "global { $x = geheim }")
    shared = Source("shared.mln", "host web { root_passwd $x }")
    masking = Masking(secret_places([group, shared], guarded=False))
    assert masking.excerpt(Span(group, 0, 1)).text == f"global {{ $x = {MASK} }}"
    assert masking.text("memory: geheim is not a size") == f"memory: {MASK} is not a size"


def test_words_of_messages_are_not_masked() -> None:
    masking = Masking(secret_places([Source("x", "root_passwd geheim")], guarded=False))
    assert masking.text("root_passwd is written in clear text") == "root_passwd is written in clear text"


def test_other_quotations_of_a_secret_are_masked() -> None:
    masking = Masking(literals=["it's\\geheim", "geh"])
    assert masking.text(f"{'it' + chr(39) + 's' + chr(92) + 'geheim'!r} is no name") in (
        f"{MASK} is no name",
        f'"{MASK}" is no name',
        f"'{MASK}' is no name",
    )
    assert masking.text("there is no 'geh'") == f"there is no '{MASK}'"
    assert masking.text("gehen") == "gehen", "a short secret is a word, not a part of one"


def test_carets_stay_under_the_marked_words() -> None:
    text = "root_passwd geheim; memory lots; vncpasswd geheim"
    source = Source("x", text)
    masking = Masking(secret_places([source], guarded=False))

    def marked(words: str, start: int = 0) -> str:
        at = text.index(words, start)
        found = masking.excerpt(Span(source, at, at + len(words)))
        return found.text[found.start : found.end]

    assert marked("memory lots") == "memory lots"
    assert marked("root_passwd geheim") == f"root_passwd {MASK}"
    assert marked("geheim") == MASK
    assert marked("ehe") == MASK, "a caret within a secret does not tell how long it is"
    assert marked("vncpasswd") == "vncpasswd"


@given(st.text(alphabet="ab;{}#\"'\\$ \t\n=", max_size=60), st.data())
def test_any_text_can_be_masked(text: str, data: st.DataObject) -> None:
    source = Source("x", f"root_passwd geheim; {text}\nvncpasswd {text}")
    masking = Masking(secret_places([source], data.draw(st.booleans())))
    start = data.draw(st.integers(0, len(source.text)))
    found = masking.excerpt(Span(source, start, data.draw(st.integers(start, len(source.text)))))
    assert 0 <= found.start <= found.end
    assert "geheim" not in found.text


def every_output(report: Report, masking: Masking) -> Iterator[str]:
    yield as_text(report, masking)
    yield as_json(report, masking)


def test_every_part_of_a_diagnostic_is_masked() -> None:
    source = Source("x.mln", "memory lots; root_passwd geheim\n")
    span = Span(source, 0, 11)
    report = Report()
    report.add(
        Diagnostic(
            "invalid-value", "geheim is wrong", Origin(span), "not geheim", (Related("geheim here", span),)
        )
    )
    for text in every_output(report, Masking(secret_places([source], guarded=False))):
        assert "geheim" not in text
        assert text.count(MASK) >= 3


def test_text_is_unchanged_without_known_secrets() -> None:
    assert Masking().text("anything") == "anything"
    assert Masking(SecretSpans(), literals([])).text("anything") == "anything"
