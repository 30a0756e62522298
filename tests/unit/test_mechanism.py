"""Mechanisms: what makes one valid, how one is changed, and how one runs alone."""

from __future__ import annotations

import tomllib

import pytest

from spikebridge.bridge.definition.definition_text import written
from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.mechanism import Mechanism, parse_mechanism
from spikebridge.bridge.definition.model_file import catalogue, load, load_mechanism, mechanisms
from spikebridge.bridge.errors import DefinitionError

TEXT = '''name = "kt"
title = "A current that calcium opens"
equations = """
# outward
I_K = g_K*n*Ca/(K_d + Ca)*(v - E_K) : uA/cm2
dn/dt = (n_inf - n)/tau_n           : 1
n_inf = 1/(1 + exp(-v/(5*mV)))      : 1
"""
currents = ["I_K"]
[reads]
v = "mV"
Ca = "mM"
[parameters]
g_K = "1 mS/cm2"
E_K = "-90 mV"
K_d = "1 uM"
tau_n = "5 ms"
[initial]
n = "n_inf"
[patch]
Ca = "1e-4 mM"
'''


def mechanism() -> Mechanism:
    return parse_mechanism(TEXT, "kt.toml")


def refusal(make) -> str:
    with pytest.raises(DefinitionError) as error:
        make()
    return str(error.value)


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


FAULTS = {
    ('name = "kt"\n', ""): "kt.toml: the key 'name' is missing",
    ('name = "kt"', "name = 3"): "kt.toml: name: expected text, found 3",
    ('name = "kt"', 'name = "k t"'): "kt.toml: name: 'k t' must be letters, digits and _, at most 60, starting with a letter",
    ("currents", "current"): "kt.toml: unknown key 'current'. Did you mean 'currents'?",
    ('["I_K"]', '"I_K"'): "kt.toml: currents: expected a list of names such as [\"I_K\"], found 'I_K'",
    ('["I_K"]', '["I_Na"]'): "kt.toml: currents: there is no equation 'I_Na'. Known: I_K, n, n_inf.",
    ('["I_K"]', '["n"]'): "kt.toml: currents: expected a current or a current per area, but n is in 1",
    ('Ca = "mM"', "Ca = 1"): "kt.toml: reads.Ca: expected text in quotes such as \"10 mV\", found 1",
    ('Ca = "mM"', 'Ca = "mm/"'): "kt.toml: reads: Ca: 'mm/' is not a unit",
    ('Ca = "1e-4 mM"', 'Ca = "1 mV"'): "kt.toml: patch: Ca is read in mM, but '1 mV' is not",
    ('Ca = "1e-4 mM"', 'ca = "1 mM"'): "kt.toml: patch: 'ca' is not read. Did you mean 'Ca'?",
    ('v = "mV"', 'v = "mV"\nn = "1"'): "kt.toml: reads: 'n' is defined here, so it is not read from a cell",
    ('v = "mV"\n', ""): "kt.toml: I_K: 'v' is used but never defined. Did you mean 'E_K'?",
    ('n = "n_inf"', 'm = "n_inf"'): "kt.toml: initial: 'm' is not a state variable. Known: n.",
    ("- n)/tau_n", "- n)"): "kt.toml: n: expected 1/ms, but 'n_inf - n' is dimensionless",
    ("title = \"A", "title = \"\\u0007A"): "kt.toml: title: the character '\\x07' is not allowed",
}  # fmt: skip


@pytest.mark.parametrize("change", FAULTS)
def test_a_fault_is_named_with_file_key_expected_and_found(change) -> None:
    """Before anything uses the mechanism."""
    found = refusal(lambda: parse_mechanism(changed(*change), "kt.toml"))
    if "is used but never defined" in FAULTS[change]:
        assert found.startswith(FAULTS[change].partition(" Did")[0])
    else:
        assert found == FAULTS[change]


HOSTILE = [
    3,
    True,
    [],
    ["x"],
    {},
    {"a": 1},
    {"a": "1 mV"},
    [{"a": 1}],
    "",
    "a b",
    "(",
    ":",
    "\n",
    float("nan"),
    "x : 1",
    "exp",
    "I_stim",
    "\\",
    '"""',
]


@pytest.mark.parametrize("value", HOSTILE, ids=repr)
def test_whatever_stands_in_a_file_is_read_or_refused_in_one_line(value) -> None:
    """Text, numbers, lists and tables in every place of the file where something else belongs."""
    data = tomllib.loads(TEXT)
    for key, held in data.items():
        changes = [{**held, name: value} for name in held] if isinstance(held, dict) else []
        for change in (value, *changes):
            try:
                _ = parse_mechanism(written({**data, key: change}), "kt.toml").in_patch
            except DefinitionError as error:
                assert str(error).startswith("kt") and "\n" not in str(error)


def test_a_mechanism_is_made_of_text_in_python_too() -> None:
    """The same as from its file, and as refused."""
    given = mechanism()
    same = Mechanism(
        "kt", given.equations, {"v": "mV", "Ca": "mM"}, ["I_K"], given.parameters, given.initial, given.title,
        patch={"Ca": "1e-4 mM"}, origin="kt.toml",
    )  # fmt: skip
    assert same == given
    assert refusal(lambda: Mechanism("x", "a = 1*mV : mA")).startswith("x: a: expected")


def test_parameters_are_changed_with_their_units() -> None:
    """And only those there are."""
    assert mechanism().with_parameters(g_K="2 mS/cm2").parameters["g_K"] == "2 mS/cm2"
    assert refusal(lambda: mechanism().with_parameters(g_K="2 mV")) == "kt: g_K is measured in mS/cm2, but '2 mV' is not"
    assert refusal(lambda: mechanism().with_parameters(Ca="2 mM")).startswith("kt.toml: parameters: there is no 'Ca'.")


def test_what_is_left_out_is_read() -> None:
    """With its unit, if anything still uses it; what only it used is no longer read."""
    left = mechanism().without("n_inf", "K_d")
    assert left.reads == {"v": "mV", "Ca": "mM", "n_inf": "1", "K_d": "uM"}
    assert list(left.equation_lines) == ["I_K", "n"] and "K_d" not in left.parameters
    gate = mechanism().without("I_K")
    assert gate.currents == () and gate.reads == {"v": "mV"} and gate.patch == {}
    assert refusal(lambda: mechanism().without("m")).startswith("kt.toml: without: 'm' is not defined here.")


def test_names_change_everywhere_but_in_units() -> None:
    """The suffix goes behind all that is defined, a name of its own wins, and what is read keeps its own."""
    other = mechanism().renamed({"v": "V_d", "E_K": "E_K"}, "_d")
    assert list(other.equation_lines) == ["I_K_d", "n_d", "n_inf_d"]
    assert other.equation_lines["I_K_d"].expression == "g_K_d*n_d*Ca/(K_d_d + Ca)*(V_d - E_K)"
    assert other.reads == {"V_d": "mV", "Ca": "mM"} and other.currents == ("I_K_d",)
    assert set(other.parameters) == {"g_K_d", "E_K", "K_d_d", "tau_n_d"} and other.initial == {"n_d": "n_inf_d"}
    assert "# outward" in other.equations


def test_a_name_that_cannot_be_is_refused() -> None:
    """An unknown symbol, no name at all, and one name for two symbols."""
    assert refusal(lambda: mechanism().renamed({"x": "y"})).startswith("kt.toml: names: there is no 'x'.")
    assert refusal(lambda: mechanism().renamed({"n": "a b"})) == "kt.toml: names: n: expected a name such as 'I_K', found 'a b'"
    assert refusal(lambda: mechanism().renamed({"n": "v"})) == "kt.toml: names: 'n' and 'v' would both be called 'v'"


# alone --------------------------------------------------------------------------------------------------


def test_the_patch_is_stated() -> None:
    """The membrane, its leak and what the mechanism reads, in words, in the listing and beside results."""
    model = mechanism().in_patch
    words = "membrane of any area, capacitance 1 uF/cm2, leak 0.1 mS/cm2 to -65 mV, Ca = 1e-4 mM"
    assert model.patch == words and words in model.text
    assert ("patch", words) in default_experiment(model).described()
    assert model.parameter_values["C_patch"] == 1.0 and model.parameter_values["Ca"] == 1e-4
    assert model.initial_values["v"] == -65.0 and model.voltage == "v"


def test_absolute_currents_have_a_patch_of_an_area() -> None:
    """20000 um2 times what the other patch has per area."""
    leak = Mechanism("leak", "I = g*(v - E) : nA", {"v": "mV"}, ["I"], {"g": "10 nS", "E": "-70 mV"})
    model = leak.in_patch
    assert model.patch.startswith("20000 um2 of membrane") and str(model.stimulus_unit) == "nA"
    per_area = mechanism().in_patch
    for name in ("C_patch", "g_patch"):
        absolute, density = (m.parameters[name].value * m.parameters[name].unit.si for m in (model, per_area))
        assert absolute == pytest.approx(density * 20000e-12, rel=1e-12)


def test_what_no_patch_knows_is_asked_for() -> None:
    """With the line that is missing."""
    bare = parse_mechanism(changed('[patch]\nCa = "1e-4 mM"\n', ""), "kt.toml")
    assert refusal(lambda: bare.in_patch) == (
        'kt.toml: patch: it reads Ca, of which a patch of membrane knows nothing; add Ca = "1 mM" with a fitting value under [patch]'
    )


@pytest.mark.parametrize("name", mechanisms())
def test_every_mechanism_of_the_catalogue_stands_alone(name) -> None:
    """It has a source, is called like its file and no model, and has an experiment in its patch."""
    found = load_mechanism(name)
    assert found.name == name and found.source and found.title and name not in catalogue()
    assert load(name) == found.in_patch and default_experiment(load(name)).duration_ms > 0
