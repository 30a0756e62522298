"""What somebody else has written, in a message: bounded, on one line, nothing a terminal would obey."""

import pytest

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import ECHOED, MESSAGE, first_unseen, plain, shown


def deep(levels: int) -> dict:
    """A table in a table in a table."""
    table: dict = {}
    for _ in range(levels):
        table = {"a": table}
    return table


class Rude:
    """Fails when it is looked at."""

    def __repr__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize(
    "value",
    [
        deep(100_000),
        [[1] * 10_000] * 10_000,
        10**5000,
        -(10**5000),
        "x" * 10**6,
        Rude(),
        {f"k{i}": i for i in range(10_000)},
        float("nan"),
    ],
    ids=["nested", "lists", "long number", "long negative", "long text", "rude", "many keys", "nan"],
)
def test_any_value_is_shown_in_short(value) -> None:
    """However deep, long or hostile."""
    assert 0 < len(shown(value)) <= ECHOED + 20
    assert shown(value).isprintable()


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "'a b'"), (3, "3"), (True, "True"), (["x"], "['x']"), (1.5, "1.5"), (None, "None")]
)
def test_plain_values_are_shown_as_python_writes_them(value, text) -> None:
    """Messages read as they did."""
    assert shown(value) == text


@pytest.mark.parametrize("odd", ["\x1b[31m", "\x00", "\x85", "\u202e", "\u200b", "\ud800", "\x9b", "\u2028"])
def test_what_cannot_be_seen_is_escaped(odd) -> None:
    """Controls, marks of direction, halves of characters, whatever could forge a line."""
    said = str(DefinitionError(f"model{odd}.toml: wrong"))
    assert said.isprintable()
    assert said.startswith("model\\") and said.endswith(".toml: wrong")
    said.encode()


def test_a_message_is_one_line_of_bounded_length() -> None:
    """Whoever reads a log line by line reads it whole."""
    assert plain("a\nb\tc\r\n") == "a b c  "
    assert len(plain("x" * 10**6)) == MESSAGE + 3
    assert plain("µS/cm² – Hodgkin’s “axon” 日本") == "µS/cm² – Hodgkin’s “axon” 日本"


def test_free_text_may_hold_what_is_seen_and_blanks() -> None:
    """The first character that may not is named."""
    assert first_unseen("Érisir – “quoted” 日本\n\n\tafter\u2028end") is None
    assert first_unseen("a\u202eb\x1b") == "\u202e"
