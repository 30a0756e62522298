"""Definitions as TOML text: written whole, or changed so that comments stay."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from spikebridge.bridge.definition.definition_text import flat_text, written

TEXT = '''name = "x"
equations = """
dv/dt = -v/ms : mV
"""
# what it uses
[[part]]
use = "a"
[part.names]
v = "u"

# values
[parameters]
g = "1 mS"  # large
# how it starts
[initial]
v = "0 mV"
'''
FLAT = {"name": "x", "equations": "dv/dt = g : mV\n", "parameters": {"g": "1 mS", "h": "2"}, "initial": {"v": "0 mV"}}

scalars = (
    st.text(st.characters(exclude_categories=["Cs"])) | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False)
)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.just("\n"))
tables = st.recursive(
    st.dictionaries(st.text("ab.-_é", max_size=5), scalars | st.lists(scalars, max_size=3), max_size=3),
    lambda inner: st.dictionaries(st.text("xyz", min_size=1), inner | st.lists(inner, min_size=1, max_size=2), max_size=2),
)


@given(tables)
def test_what_is_written_reads_back(data) -> None:
    """Any document of text, numbers, lists and tables; of text over several lines, up to the line ends around it."""
    assert _stripped(tomllib.loads(written(data))) == _stripped(data)


def _stripped(value):
    if isinstance(value, dict):
        return {key: _stripped(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_stripped(inner) for inner in value]
    return value.replace("\r\n", "\n").strip("\n") if isinstance(value, str) else value


def test_a_files_comments_stay() -> None:
    """Those of the tables that stay, with new equations and one parameter more; the table that goes takes its own along."""
    assert (
        flat_text(TEXT, FLAT, "part")
        == '''name = "x"
equations = """
dv/dt = g : mV
"""
# values
[parameters]
g = "1 mS"  # large
h = "2"
# how it starts
[initial]
v = "0 mV"
'''
    )


def test_a_file_written_unlike_others_is_written_anew() -> None:
    """Equations between single quotes and inline tables: the text says the same all the same."""
    text = "name = 'x'\nequations = 'dv/dt = -v/ms : mV'\nparameters = { g = '1 mS' }\ninitial = { v = '0 mV' }\npart = [{ use = 'a' }]\n"
    found = tomllib.loads(flat_text(text, FLAT, "part"))
    assert found == {**FLAT, "equations": FLAT["equations"]}


def test_tables_that_are_missing_are_added() -> None:
    """A file without parameters and initial values gets both."""
    found = flat_text('name = "x"\nequations = """\n"""\n', FLAT, "part")
    assert tomllib.loads(found) == FLAT and found.endswith('[initial]\nv = "0 mV"\n')
