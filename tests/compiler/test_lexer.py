"""The lexer, rule by rule: comments, quotes, escapes, continuation, braces, includes, references."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlnc.compiler.lexer import scan
from mlnc.compiler.source import Source
from mlnc.compiler.syntax_tree import Ref, Word


def tokens(text: str) -> list[str]:
    """The words of *text* and the types of its other tokens; an include as ``#include PATH``."""
    return [_shown(token.type, token.word) for token in scan(Source("test.mln", text))]


def _shown(kind: str, word: Word | None) -> str:
    if word is None:
        return kind
    return f"#include {word.text}" if kind == "INCLUDE" else word.text


def only_word(text: str) -> Word:
    (token,) = scan(Source("test.mln", text))
    assert token.word is not None
    return token.word


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a # b; { } c", ["a"]),
        ("# a; b\nc", ["NEWLINE", "c"]),
        ("a#b c#", ["a#b", "c#"]),
        ("a;#b", ["a", "SEMICOLON"]),
        ("a{#b }\n}", ["a", "LBRACE", "NEWLINE", "RBRACE"]),
        ("a }# b", ["a", "RBRACE"]),
        ("a # b \\\nc", ["a", "NEWLINE", "c"]),
        ("a \\\n# b\nc", ["a", "NEWLINE", "c"]),
        ("a # 'b\nc", ["a", "NEWLINE", "c"]),
        ("a\t#b\r\nc", ["a", "NEWLINE", "c"]),
    ],
)
def test_a_comment_runs_to_the_end_of_its_line(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a "b ; { } # c" d', ["a", '"b ; { } # c"', "d"]),
        ("a 'b  ;  c'", ["a", "'b  ;  c'"]),
        ('x="a b"c', ['x="a b"c']),
        ('"it\'s" a', ['"it\'s"', "a"]),
        ("a '\"' b", ["a", "'\"'", "b"]),
        (r'"a \" ; b" c', ['"a " ; b"', "c"]),
        ("it's; a", ["it's", "SEMICOLON", "a"]),
        ('"a; b', ['"a', "SEMICOLON", "b"]),
        ('"a\nb" c', ['"a', "NEWLINE", 'b"', "c"]),
        (r"it\'s; isn\'t", ["it's", "SEMICOLON", "isn't"]),
        ('a "" b', ["a", '""', "b"]),
    ],
)
def test_quotes_closed_on_their_line_protect_and_stay(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (r"a\;b", "a;b"),
        (r"\{a\}", "{a}"),
        (r"\#a", "#a"),
        (r"a\ b", "a b"),
        (r"a\\", "a\\"),
        (r"\"a\'", "\"a'"),
        (r"a\nb", "anb"),
        ("a\\", "a\\"),
        (r"\$a", "$a"),
        ("é\\ü", "éü"),
    ],
)
def test_a_backslash_makes_the_next_character_plain(text: str, word: str) -> None:
    assert only_word(text) == Word(word, only_word(text).span)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a \\\n b", ["a", "b"]),
        ("a\\\nb", ["a", "b"]),
        ("a \\\r\n b", ["a", "b"]),
        ("a \\ \nb", ["a", " ", "NEWLINE", "b"]),
        ("'a \\\nb'", ["'a", "b'"]),
    ],
)
def test_a_backslash_at_the_end_of_a_line_joins_it_with_the_next(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a{b}c", ["a", "LBRACE", "b", "RBRACE", "c"]),
        ("}{", ["RBRACE", "LBRACE"]),
        ("a\t b\v\fc\r\n", ["a", "b", "c", "NEWLINE"]),
        ("a;;\n", ["a", "SEMICOLON", "SEMICOLON", "NEWLINE"]),
        ("=a = b", ["=a", "=", "b"]),
        ("", []),
    ],
)
def test_braces_blanks_and_statement_ends(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#include a.inc", ["#include a.inc"]),
        ("  #include  a b.inc  \n", ["#include a b.inc", "NEWLINE"]),
        ("#include\ta.inc", ["#include a.inc"]),
        ("#include a.inc # why", ["#include a.inc"]),
        ("#include a#b.inc", ["#include a#b.inc"]),
        ('#include "a; b.inc"; c', ["#include a; b.inc", "SEMICOLON", "c"]),
        ("#include 'a b'", ["#include a b"]),
        (r"#include a\;b\\c", [r"#include a;b\c"]),
        ("x { #include a.inc }", ["x", "LBRACE", "#include a.inc", "RBRACE"]),
        ("x; #include a.inc", ["x", "SEMICOLON", "#include a.inc"]),
        ("#include a.inc\r\nb", ["#include a.inc", "NEWLINE", "b"]),
        ("#include", ["#include "]),
        ("#include ; a", ["#include ", "SEMICOLON", "a"]),
    ],
)
def test_an_include_stands_at_the_start_of_a_statement(text: str, found: list[str]) -> None:
    assert tokens(text) == found


@pytest.mark.parametrize(
    "text",
    ["# include a", "##include a", "#Include a", "#includes a", "# use #include a", "#include-dir a"],
)
def test_what_only_looks_like_an_include_is_a_comment(text: str) -> None:
    assert tokens(text) == []
    assert tokens(f"x {text}") == ["x"]


def test_an_include_after_a_word_is_a_comment() -> None:
    assert tokens("x 1 #include a\ny") == ["x", "1", "NEWLINE", "y"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("$a", ("$a",)),
        ("$[a]", ("$[a]",)),
        ("x$a-$b", ("x", "$a", "-", "$b")),
        ("$[a]b$c_1", ("$[a]", "b", "$c_1")),
        ("$$a", ("$", "$a")),
        ('"$a b"', ('"', "$a", ' b"')),
        (r"\$$a", ("$", "$a")),
        ("$[a", ()),
        ("$-a$", ()),
        (r"\$a", ()),
        (r"$\a", ()),
    ],
)
def test_a_reference_is_a_dollar_and_a_name(text: str, parts: tuple[str, ...]) -> None:
    found = only_word(text).parts
    assert tuple(part.text if isinstance(part, Ref) else part for part in found) == parts


@given(st.text(alphabet="ab $#\\\"';{}\n\r\t=[]"))
def test_every_character_is_in_a_token_or_says_nothing(text: str) -> None:
    end = 0
    for token in scan(Source("test.mln", text)):
        skipped = text[end : token.span.start]
        assert "#" in skipped or not skipped.strip(" \t\r\\\n")
        assert end <= token.span.start < token.span.end
        end = token.span.end
