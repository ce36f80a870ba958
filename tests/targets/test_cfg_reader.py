import pytest
import xl_reader
from hypothesis import given
from hypothesis import strategies as st

from mlnc.targets.xen.cfg_reader import CfgSetting, Fault, Value, read_settings

PIECES = [
    "a",
    "b.c",
    "=",
    "+=",
    "[",
    "]",
    ",",
    ";",
    "\n",
    "'x y'",
    '"\\n\'#"',
    "12",
    "0x1f",
    " ",
    "# c\n",
    "'",
    "A",
]
SETTINGS = st.sampled_from(
    ["a=1", "b = 'x'", "c=['u', [\"v\"],\n]", "a = []", " d='\\\\\\''# e", "", "e=0xff;f=2;"]
)


def test_settings_keep_line_key_operator_and_value() -> None:
    text = "a = 'x' ; b=2\n# nothing\nc += [\n  'u', # one\n  \"v\",\n]\n"
    assert read_settings(text, "xl") == (
        [CfgSetting(0, "a", "=", "x"), CfgSetting(0, "b", "=", "2"), CfgSetting(2, "c", "+=", ["u", "v"])],
        None,
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("maxmem = -1", 0, "'-1' is neither a key nor a value"),
        ("acpi = True", 0, "'True' is neither a key nor a value"),
        ("a = 1\nb = 'open", 1, '"\'open" is neither a key nor a value'),
        ("a = 'x' 'y'", 0, "expected the end of the line, not 'y'"),
        ("a = [ 1\nb = 2", 1, "expected , or ] in the list"),
        ("a =\n1", 0, "expected a text in quotes, a number or a list, not the end of the line"),
        ("a 1", 0, "expected = after a"),
        ("= 1", 0, "expected a key, not ="),
        ("a = '\\q'", 0, "\"'\\\\q'\" is neither a key nor a value"),
        ("a = 'x'\na += ['y']", 1, "+= joins two lists or two texts, not one of each"),
        ("a = " + "[" * 11, 0, "the lists in lists are too deep"),
    ],
)
def test_a_fault_names_line_and_reason(text: str, line: int, message: str) -> None:
    fault = read_settings(text, "xl")[1]
    assert fault is not None
    assert (fault.line, fault.message) == (line, message)


def test_settings_before_a_fault_are_read() -> None:
    settings, fault = read_settings("a = 1\nb = +\nc = 3", "xl")
    assert [setting.key for setting in settings] == ["a"]
    assert fault is not None


def test_xm_reads_python() -> None:
    assert read_settings("a = 1\nb = 010", "xm")[1] is not None
    assert read_settings("a = 1\n b = 2", "xm")[1] == Fault(1, "it is not Python (unexpected indent)")
    assert read_settings("a += 1", "xm")[1] == Fault(
        0, "there is no value yet that += could add to", "write ="
    )
    assert read_settings("a = ['x', 0xf]", "xm") == ([CfgSetting(0, "a", "=", ["x", "0xf"])], None)


@xl_reader.needs_libxlutil
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_libxlutil_reads_what_is_read_here_and_nothing_else(text: str) -> None:
    fault = read_settings(text, "xl")[1]
    assert (fault is None) == xl_reader.accepts(text + "\n")


@xl_reader.needs_libxlutil
@given(st.lists(SETTINGS, max_size=8).map("\n".join))
def test_libxlutil_finds_the_same_values(text: str) -> None:
    settings, fault = read_settings(text, "xl")
    assert fault is None
    assert xl_reader.read(text + "\n", set("abcdef")) == {setting.key: setting.value for setting in settings}


@given(st.lists(SETTINGS, max_size=8).map("\n".join))
def test_python_finds_the_same_values(text: str) -> None:
    settings, fault = read_settings(text, "xm")
    found: dict[str, object] = {}
    if fault is None:
        exec(text, {"__builtins__": {}}, found)
        assert found == {setting.key: as_python(setting.value) for setting in settings}


def as_python(value: Value) -> object:
    return int(value, 0) if isinstance(value, str) and value[:1].isdigit() else value
