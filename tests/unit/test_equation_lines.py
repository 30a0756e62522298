"""Lines of an equation string: joined, read, and written with other names."""

import pytest

from spikebridge.bridge.definition.equation_lines import Line, lines_of, read_equation, renamed, symbols
from spikebridge.bridge.errors import DefinitionError


def test_lines_within_parentheses_are_joined_and_comments_stay_apart() -> None:
    """A comment alone, an equation over two lines, a comment behind one."""
    found = list(lines_of("# rest\nx = (1 +\n  2) : 1\ny = 2 : 1 # two\n", "m.toml"))
    assert found == [Line("", "# rest"), Line("x = (1 + 2) : 1"), Line("y = 2 : 1", "# two")]
    assert [str(line) for line in found] == ["# rest", "x = (1 + 2) : 1", "y = 2 : 1  # two"]


def test_a_parenthesis_that_is_never_closed_is_refused() -> None:
    """With the place it opens in."""
    with pytest.raises(DefinitionError, match=r"m.toml: equations: a parenthesis is never closed in 'x = \(1'"):
        list(lines_of("x = (1", "m.toml"))


@pytest.mark.parametrize("text", ["dv/dt = -v/tau : mV", "x[n+1] = x : 1", "g = 2*g_0 : mS/cm2", "I_stim : uA/cm2"])
def test_an_equation_is_written_as_it_was_read(text) -> None:
    """Of each kind."""
    assert str(read_equation(text, "m.toml")) == text


def test_symbols_are_renamed_all_at_once_and_nothing_else_is() -> None:
    """Names are exchanged; functions, units, exponents and longer names that hold one stay."""
    names = {"v": "w", "w": "v", "e3": "x", "exp": "never", "m": "m_i"}
    assert renamed("v*exp(w) + 1.e3*mV + v_w*m + 2e3", names) == "w*exp(v) + 1.e3*mV + v_w*m_i + 2e3"
    line = read_equation("dm/dt = m*V/m : m", "m.toml").renamed({"m": "m_i"})
    assert str(line) == "dm_i/dt = m_i*V/m_i : m"


def test_symbols_are_found_in_order() -> None:
    """Each once, without functions and numbers."""
    assert symbols("b*exp(a/b) - 1.e3*c if a < 2e3 else b") == ("b", "a", "c", "if", "else")
