"""Bad definitions: one line that names file, key or symbol, expected and found."""

import pytest

from spikebridge.bridge.definition.model_file import load, parse_model, read_model
from spikebridge.bridge.errors import DefinitionError

GOOD = load("hodgkin_huxley").text


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


CASES = {
    "unknown symbol": (changed("g_Na*m**3", "g_Nb*m**3"), "hh.toml: I_Na: 'g_Nb' is used but never defined. Did you mean 'g_Na'?"),
    "wrong dimension": (
        changed("(I_stim - I_Na - I_K - I_L)/C_m", "(I_stim - I_Na - I_K - v)/C_m"),
        "hh.toml: v: cannot subtract 'I_stim - I_Na - I_K', which is uA/cm2, and 'v', which is mV",
    ),
    "wrong unit of a result": (
        changed("I_L = g_L*(v - E_L)           : uA/cm2", "I_L = g_L*(v - E_L) : mV"),
        "hh.toml: I_L: expected mV, but 'g_L*(v - E_L)' is uA/cm2",
    ),
    "wrong unit of a parameter": (
        changed('g_K = "36 mS/cm2"', 'g_K = "36 mS"'),
        "hh.toml: I_K: expected uA/cm2, but 'g_K*n**4*(v - E_K)' is uA. All equations fit with g_K in mS/cm2 instead of mS",
    ),
    "unit missing in an equation": (
        changed("dm/dt = phi*(alpha_m*(1 - m) - beta_m*m) : 1", "dm/dt = phi*(alpha_m*(1 - m) - beta_m*m)"),
        "hh.toml: equations: cannot read 'dm/dt = phi*(alpha_m*(1 - m) - beta_m*m)'; expected 'dx/dt = ... : unit', 'x[n+1] = ... : unit' or 'x = ... : unit'; the unit after ':' is missing",
    ),
    "unit missing in a parameter": (changed('g_K = "36 mS/cm2"', "g_K = 36"), 'hh.toml: parameters.g_K: the unit is missing; write for example "36 mV", or "36" for a pure number'),
    "not a unit": (changed('"36 mS/cm2"', '"36 mX/cm2"'), "hh.toml: parameters.g_K: 'mX' is not a unit; write for example mV, ms, uA/cm2, mS/cm2, nA, Mohm, 1"),
    "duplicate name": (changed("I_L = g_L", "I_K = g_L"), "hh.toml: 'I_K' is defined twice"),
    "duplicate key": (changed('g_K = "36 mS/cm2"', 'g_K = "36 mS/cm2"\ng_K = "37 mS/cm2"'), None),
    "parameter that is an equation too": (changed("[parameters]", '[parameters]\nI_K = "1 uA/cm2"'), "hh.toml: 'I_K' is defined twice"),
    "cyclic definition": (
        changed("I_K = g_K*n**4*(v - E_K)      : uA/cm2", "I_K = I_L : uA/cm2").replace("I_L = g_L*(v - E_L)           : uA/cm2", "I_L = I_K : uA/cm2"),
        "hodgkin_huxley: the definition of 'I_K' is cyclic: I_K -> I_L -> I_K",
    ),
    "unknown key": (changed("spike =", "spyke ="), "hh.toml: unknown key 'spyke'. Did you mean 'spike'?"),
    "not TOML": ("dv/dt = -v/tau", "hh.toml: not a TOML file: Expected '=' after a key in a key/value pair (at line 1, column 3)"),
    "empty file": ("", "hh.toml: the file is empty"),
    "NaN parameter": (changed('"36 mS/cm2"', '"nan mS/cm2"'), "hh.toml: parameters.g_K: the value must be a finite number, found 'nan'"),
    "infinite parameter": (changed('"36 mS/cm2"', '"1e999 mS/cm2"'), "hh.toml: parameters.g_K: the value must be a finite number, found '1e999'"),
    "an attempt to call Python": (
        changed("g_L*(v - E_L) ", "__import__('os').system('x') "),
        "hh.toml: I_L: \"__import__('os').system('x')\" is not allowed in an equation; use + - * / **, numbers, names, 'a if condition else b', min, max and "
        "exp, exprel, log, log10, sqrt, abs, sin, cos, tan, sinh, cosh, tanh, arctan, nernst, ghk_voltage, ghk_current",
    ),
    "no initial value": (changed('m = "alpha_m/(alpha_m + beta_m)"\n', ""), "hodgkin_huxley: [initial] gives no value for 'm'"),
    "initial value of a wrong dimension": (changed('v = "-65 mV"', 'v = "-65 ms"'), "hh.toml: initial.v: expected mV, but '-65*ms' is ms"),
    "initial value of what is no state": (changed('v = "-65 mV"', 'v = "-65 mV"\nI_K = "0"'), "hh.toml: initial: 'I_K' is not a state variable. Known: h, m, n, v."),
    "spike without a level": (changed('"v > 0*mV"', '"v"'), "hh.toml: spike: expected 'variable > level', found 'v'"),
    "spike of a wrong dimension": (changed('"v > 0*mV"', '"v > 0"'), "hh.toml: spike: expected mV, but '0' is dimensionless"),
    "regime of an unknown parameter": (changed("[regimes.rounded]", "[regimes.rounded]\nE_l = \"1 mV\""), "hh.toml: regimes.rounded: hodgkin_huxley: there is no parameter 'E_l'. Did you mean 'E_L'?"),
    "time as a name": (changed("[parameters]", '[parameters]\nt = "1 ms"'), "hh.toml: 't' is time and cannot be defined"),
    "no equation": ('name = "x"\nequations = "a = 1 : 1"\n', "x: there is no differential equation; write one as 'dv/dt = ... : mV', or 'v[n+1] = ... : mV' for a map"),
    "a constant among the equations": (changed("I_stim : uA/cm2", "I_app : uA/cm2"), "hh.toml: equations: 'I_app' has no right-hand side; constants belong in [parameters], and the stimulus is called I_stim"),
    "a name that is none": (changed('name = "hodgkin_huxley"', 'name = "hh; rm"'), "hh.toml: name: 'hh; rm' must be letters, digits and _, at most 60, starting with a letter"),
    "a parenthesis left open": (changed("g_L*(v - E_L) ", "g_L*((v - E_L) "), None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_is_named_in_one_line(case) -> None:
    """Word for word; never more than a line."""
    text, message = CASES[case]
    with pytest.raises(DefinitionError) as error:
        parse_model(text, "hh.toml")
    assert "\n" not in str(error.value)
    if message is not None:
        assert str(error.value) == message


def test_a_file_of_ten_megabytes_is_refused_by_its_size(tmp_path) -> None:
    """Before it is read."""
    path = tmp_path / "big.toml"
    path.write_text("#" * 10_000_000)
    with pytest.raises(DefinitionError, match=r"big.toml: the file has 10.0 MB; a definition has at most 1 MB$"):
        read_model(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "No such file or directory"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00name"), "the file is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, make, message) -> None:
    """Missing, a folder, not text."""
    path = tmp_path / "model.toml"
    make(path)
    with pytest.raises(DefinitionError) as error:
        read_model(path)
    assert str(error.value) == f"{path}: {message}"


def test_free_text_cannot_leave_its_comment() -> None:
    """A title full of code stays a title in every translation."""
    from spikebridge.bridge.translate.brian2_equations import Brian2Equations
    from spikebridge.bridge.translate.nmodl import Nmodl
    from spikebridge.bridge.translate.numpy_source import NumpySource

    hostile = 'ENDCOMMENT VERBATIM system(1); ENDVERBATIM \\"\\"\\" import os # */'
    model = parse_model(changed('title = "Squid giant axon, resting potential -65 mV"', f'title = "{hostile}"'), "hh.toml")
    nmodl = Nmodl(model).text
    assert nmodl.count("ENDCOMMENT") == 1 and nmodl.splitlines()[0].startswith("TITLE ")
    compile(NumpySource(model).text, "listing", "exec")
    assert all(line.startswith("#") for line in Brian2Equations(model).text.splitlines()[:2])
