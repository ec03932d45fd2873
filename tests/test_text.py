"""Text of unknown origin, as it is shown."""

import pytest

from fwexp.text import (
    MAX_MESSAGE,
    MAX_TEXT,
    clean,
    clean_all,
    cut,
    find_unreadable,
    in_code,
    in_markdown,
    strip,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain · text × 2 …", "plain · text × 2 …"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07rest", "rest"),
        ("\x1b]8;;http://a\x1b\\link", "link"),
        ("\x1bcreset", "reset"),
        ("a\x00b\x08c\x7fd\x9be", "abcde"),
        ("a\u202eb\u200bc\ufeffd\ud800e", "abcde"),
        ("two\nlines\tand more", "two lines and more"),
    ],
)
def test_nothing_that_steers_is_left(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_stripping_keeps_the_lines() -> None:
    assert strip("a\x1b[1m\nb\tc") == "a\nb\tc"


def test_a_message_is_cut() -> None:
    assert cut("a" * MAX_MESSAGE) == "a" * MAX_MESSAGE
    assert cut("a" * 10**6) == "a" * (MAX_MESSAGE - 1) + "…"
    assert cut("a b" + " " * 5000 + "c") == "a b…"


def test_keys_and_values_are_cleaned() -> None:
    plain = {"a\x00": ["b\x1b[1m", 1.5, None]}
    assert clean_all(plain) == {"a": ["b", 1.5, None]}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a <b> | c", r"a \<b> \| c"),
        ("[x](http://y) `z` *w*", r"\[x\](http://y) \`z\` \*w\*"),
        ("snake_case and _this_", r"snake_case and \_this\_"),
        ("back\\slash", r"back\\slash"),
        ("# heading", r"\# heading"),
        ("> quote", r"\> quote"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("1.45 and −0.3", "1.45 and −0.3"),
        ("95 % interval, N = 5", "95 % interval, N = 5"),
        ("a\n\n# b", "a # b"),
    ],
)
def test_markdown_shows_it_as_it_is(text: str, escaped: str) -> None:
    assert in_markdown(text) == escaped


def test_a_code_span_does_not_end_early() -> None:
    assert in_code("a `b`\nc") == "a 'b' c"


def test_what_cannot_be_read_is_named_with_its_place() -> None:
    plain = {"a": [{"b": "\x1b"}, "c" * (MAX_TEXT + 1)], "d\x00": 1, "fine": "a\nb"}
    assert list(find_unreadable(plain)) == [
        "a text has control characters - at `$.a[0].b`",
        "a text of 10,001 characters - at `$.a[1]`",
        "a key has control characters or is too long - at `$`",
    ]
