"""Model files beside the ordinary: every refusal word for word, and what is tamed instead of refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model, read_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.toml_file import MAX_BYTES
from spikebridge.bridge.translate.nmodl import Nmodl

TEXT = '''name = "leak"
title = "A leak"
source = "none"
equations = """
dv/dt = (I_stim - g*(v - E))/C : mV
I_stim : uA/cm2
"""
[parameters]
C = "1 uF/cm2"
g = "0.3 mS/cm2"
E = "-65 mV"
[initial]
v = "-65 mV"
[experiment]
duration = "10 ms"
dt = "0.1 ms"
'''
EQUATION = "dv/dt = (I_stim - g*(v - E))/C : mV\n"
USE = "use + - * / **, numbers, names, 'a if condition else b', min, max and exp, exprel, log, log10, sqrt, abs, sin, cos, tan, sinh, cosh, tanh, arctan, nernst, ghk_voltage, ghk_current"


def changed(old: str, new: str, text: str = TEXT) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def with_equation(line: str) -> str:
    return changed(EQUATION, EQUATION + line + "\n")


def with_rate(expression: str) -> str:
    return changed("(I_stim - g*(v - E))/C", expression)


def with_parameter(line: str) -> str:
    return changed("[parameters]\n", f"[parameters]\n{line}\n")


def with_rule(rule: str, text: str = TEXT) -> str:
    return changed("[parameters]", f"{rule}\n[parameters]", text)


def refusal(text: str) -> str:
    with pytest.raises(DefinitionError) as error:
        parse_model(text, "leak.toml")
    return str(error.value)


KEYS = {
    'name = 3': "leak.toml: name: expected text, found 3",
    'name = "a b"': "leak.toml: name: 'a b' must be letters, digits and _, at most 60, starting with a letter",
    'name = "../x"': "leak.toml: name: '../x' must be letters, digits and _, at most 60, starting with a letter",
    'name = ""': "leak.toml: name: '' must be letters, digits and _, at most 60, starting with a letter",
    'name = "näme"': "leak.toml: name: 'näme' must be letters, digits and _, at most 60, starting with a letter",
    f'name = "{"a" * 61}"': f"leak.toml: name: '{'a' * 60}'... must be letters, digits and _, at most 60, starting with a letter",
    "": "leak.toml: the key 'name' is missing",
    'name = "leak"\nexperiments = 1': "leak.toml: unknown key 'experiments'. Did you mean 'experiment'?",
    'name = "leak"\nregimes = 1': "leak.toml: regimes: expected a table, found 1",
    'name = "leak"\n"spike" = 1': "leak.toml: spike: expected text, found 1",
}  # fmt: skip


@pytest.mark.parametrize("line", KEYS)
def test_a_wrong_key_is_named(line) -> None:
    """With what was expected and what was found."""
    assert refusal(changed('name = "leak"', line)) == KEYS[line]


EXPRESSIONS = {
    "v.real": f"leak.toml: v: 'v.real' is not allowed in an equation; {USE}",
    "v[0]": f"leak.toml: v: 'v[0]' is not allowed in an equation; {USE}",
    "f'{v}'": f"leak.toml: v: \"f'{{v}}'\" is not allowed in an equation; {USE}",
    "'v'": f"leak.toml: v: \"'v'\" is not allowed in an equation; {USE}",
    "exp(x=1)": f"leak.toml: v: 'exp(x=1)' is not allowed in an equation; {USE}",
    "exp(*g)": f"leak.toml: v: 'exp(*g)' is not allowed in an equation; {USE}",
    "v > E": f"leak.toml: v: 'v > E' is not allowed in an equation; {USE}",
    "None": f"leak.toml: v: 'None' is not allowed in an equation; {USE}",
    "True": "leak.toml: v: True is not a real number",
    "1j": "leak.toml: v: 1j is not a real number",
    "(lambda x = 3)": "leak.toml: v: '(lambda x = 3)' is not an expression near column 14",
    "v; x = 1": "leak.toml: v: 'v; x = 1' is not an expression near column 2",
    "exp(1, 2)": "leak.toml: v: exp takes 1 argument, not 2",
    "__import__": "leak.toml: v: '__import__' is used but never defined. Known: C, E, I_stim, g, v.",
    "t": "leak.toml: v: 't' is used but never defined. Known: C, E, I_stim, g, v.",
    "I_stim − g": "leak.toml: v: the character '−' is not allowed; write plain ASCII",
    "2**99999": "leak.toml: v: the exponent 99999 is larger than 100",
    "v/0": "leak.toml: v: expected mV/ms, but 'v/0' is mV",
    "-" * 3000 + "v": f"leak.toml: v: '{'-' * 57}...' is nested too deeply or holds a number too long to read",
    "v" + "+v/ms" * 3000: "leak.toml: v: the expression is 15001 characters long; at most 10000 are read",
    "exp(v)": "leak.toml: v: the argument of exp must be dimensionless, but 'v' is mV",
    "v**0.5": "leak.toml: v: 'v' is mV and can only be raised to a whole number",
    "2**v": "leak.toml: v: an exponent must be dimensionless, but 'v' is mV",
}  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:20])
def test_an_expression_that_cannot_be_is_quoted(expression) -> None:
    """Nothing of it is executed, whatever Python would make of it."""
    assert refusal(with_rate(expression)) == EXPRESSIONS[expression]


EQUATIONS = {
    "x = 1 :": "leak.toml: equations: x: '' is not a unit",
    "x = 1 : mV : mV": "leak.toml: equations: cannot read 'x = 1 : mV : mV'; expected 'dx/dt = ... : unit', 'x[n+1] = ... : unit' or 'x = ... : unit'",
    "xi**2": "leak.toml: equations: cannot read 'xi**2'; expected 'dx/dt = ... : unit', 'x[n+1] = ... : unit' or 'x = ... : unit'; the unit after ':' is missing",
    "x = (1 : 1": "leak.toml: equations: a parenthesis is never closed in 'x = (1 : 1 I_stim : uA/cm2'",
    "v = 1 : mV": "leak.toml: 'v' is defined twice",
    "g = 1 : 1": "leak.toml: 'g' is defined twice",
    "_x = 1 : 1": "leak.toml: '_x' is not a name; use letters, digits and _, starting with a letter",
    "dt = 1 : ms": "leak.toml: 'dt' is time and cannot be defined",
    "I_stim = 1 : uA/cm2": "leak.toml: 'I_stim' is the stimulus and cannot be defined",
    "x = 1": "leak.toml: equations: cannot read 'x = 1'; expected 'dx/dt = ... : unit', 'x[n+1] = ... : unit' or 'x = ... : unit'; the unit after ':' is missing",
    "x = x : 1": "leak: the definition of 'x' is cyclic: x -> x",
    "a" * 101 + " = 1 : 1": f"leak.toml: the name {'a' * 20}... has 101 letters; at most 100",
    "\n".join(f"x{i} = 1 : 1" for i in range(299)): "leak.toml: equations: 301 equations; at most 300 are read",
}  # fmt: skip


@pytest.mark.parametrize("line", EQUATIONS, ids=lambda text: text[:20])
def test_an_equation_that_cannot_be_is_quoted(line) -> None:
    """With its name, or as far as it could be read."""
    assert refusal(with_equation(line)) == EQUATIONS[line]


PARAMETERS = {
    "z = true": 'leak.toml: parameters.z: expected text such as "10 mV", found True',
    "z = [1]": 'leak.toml: parameters.z: expected text such as "10 mV", found [1]',
    'z = "10mV"': "leak.toml: parameters.z: expected a number and a unit such as \"10 mV\", found '10mV'; there is a space between number and unit",
    'z = "inf mV"': "leak.toml: parameters.z: the value must be a finite number, found 'inf'",
    'z = "1e308 V"': "leak.toml: parameters.z: the value must not be larger than 1e+100, found '1e308'",
    'z = "1 mV mV"': "leak.toml: parameters.z: 'mV mV' is not a unit",
    'z = "1 mV**99"': "leak.toml: parameters.z: mV**99 is a power above 12",
    '"a b" = "1"': "leak.toml: 'a b' is not a name; use letters, digits and _, starting with a letter",
    '"a\\nb" = "1"': r"leak.toml: 'a\nb' is not a name; use letters, digits and _, starting with a letter",
    '"" = "1"': "leak.toml: '' is not a name; use letters, digits and _, starting with a letter",
    'I_stim = "1 uA/cm2"': "leak.toml: 'I_stim' is the stimulus and cannot be defined",
}  # fmt: skip


@pytest.mark.parametrize("line", PARAMETERS)
def test_a_parameter_that_cannot_be_is_named(line) -> None:
    """With the name and what stands there."""
    assert refusal(with_parameter(line)) == PARAMETERS[line]


INITIAL = {
    "v = -65": 'leak.toml: initial.v: expected text such as "-65 mV", found -65',
    'v = "nan mV"': "leak.toml: initial.v: the value must be a finite number, found 'nan'",
    'v = "-65 parsec"': "leak.toml: initial.v: 'parsec' is not a unit; write for example mV, ms, uA/cm2, mS/cm2, nA, Mohm, 1",
    'v = "vv"': "leak.toml: initial.v: 'vv' is used but never defined. Did you mean 'v'?",
    'v = "2 * E +"': "leak.toml: initial.v: '2 * E +' is not an expression",
}  # fmt: skip


@pytest.mark.parametrize("line", INITIAL)
def test_an_initial_value_that_cannot_be_is_named(line) -> None:
    """A number and a word is judged as a quantity, anything else as an expression."""
    assert refusal(changed('v = "-65 mV"', line)) == INITIAL[line]


def test_an_initial_value_may_be_a_choice() -> None:
    """A number followed by ``if`` is no quantity."""
    model = parse_model(changed('v = "-65 mV"', 'v = "-60*mV if g > 1*mS/cm2 else E"'), "leak.toml")
    assert model.initial_values == {"v": -65.0}


RULES = {
    'spike = "v >= 0*mV"': "leak.toml: spike: expected 'variable > level', found 'v >= 0*mV'",
    'spike = "v >> 0*mV"': "leak.toml: spike: expected 'variable > level', found 'v >> 0*mV'",
    'spike = ""': "leak.toml: spike: expected 'variable > level', found ''",
    'reset = "v = E"': 'leak.toml: reset: there is no spike to follow; add spike = "v > ..."',
    'refractory = "2 ms"': 'leak.toml: refractory: there is no spike to follow; add spike = "v > ..."',
    'spike = "v > E"\nrefractory = "2 ms"': "leak.toml: refractory: needs a reset, which says where the variable rests",
    'spike = "v > E"\nreset = "g = 2*g"': "leak.toml: reset: 'g' is not a state variable. Known: v.",
    'spike = "v > E"\nreset = "v = 2"': "leak.toml: reset of v: expected mV, but '2' is dimensionless",
    'spike = "v > E"\nreset = "v == E"': "leak.toml: reset: expected 'variable = ...' or 'variable += ...', found 'v == E'",
    'spike = "v > E"\nreset = "v = E"\nrefractory = "2 mV"': "leak.toml: refractory: expected ms, but '2*mV' is mV",
    'spike = "v > E"\nreset = "v = E"\nrefractory = "v"': "leak.toml: refractory: expected a time such as \"2 ms\" or a parameter, found 'v'",
    'spike = "v > E"\nreset = "v = E"\nrefractory = "-2 ms"': "leak: the refractory period must not be negative",
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_a_spike_rule_that_cannot_be_is_quoted(rule) -> None:
    """Spike, reset and refractory period."""
    assert refusal(with_rule(rule)) == RULES[rule]


def test_a_regime_must_be_a_table_of_parameters() -> None:
    """Of those there are, in their units."""
    assert refusal(TEXT + '[regimes]\na = "1 mV"\n') == "leak.toml: regimes.a: expected a table of parameters"
    assert refusal(TEXT + '[regimes.a]\ng = "1 mV"\n') == "leak.toml: regimes.a: leak: g is measured in mS/cm2, but '1 mV' is not"


def test_text_that_is_no_toml_says_where() -> None:
    """Even where it is nested beyond all measure."""
    assert refusal("a = [" * 50_000).startswith("leak.toml: not a TOML file: ")
    assert refusal("   \n").endswith("the file is empty")
    assert refusal('g = "1"\ng = "2"').startswith("leak.toml: not a TOML file: Cannot overwrite a value")


@pytest.mark.parametrize("key", ["title", "source"])
def test_a_control_character_is_refused(key) -> None:
    """A terminal would obey it."""
    text = TEXT.replace('"A leak"' if key == "title" else '"none"', r'"\u001b[31m"')
    assert refusal(text) == rf"leak.toml: {key}: the character '\x1b' is not allowed"


@pytest.mark.parametrize("mark", ["\ufeff", "\r\n", "\r"])
def test_files_of_other_editors_are_read(tmp_path, mark) -> None:
    """With a byte order mark, with the line ends of Windows or of the old Macintosh."""
    path = tmp_path / "leak.toml"
    path.write_bytes((mark + TEXT if mark == "\ufeff" else TEXT.replace("\n", mark)).encode())
    assert read_model(path).state_names == ("v",)


def test_the_largest_file_is_read_and_one_byte_more_is_not(tmp_path) -> None:
    """The limit is what it says."""
    path = tmp_path / "leak.toml"
    path.write_text(TEXT + "#" * (MAX_BYTES - len(TEXT)))
    assert read_model(path).name == "leak"
    path.write_text(TEXT + "#" * (MAX_BYTES - len(TEXT) + 1))
    with pytest.raises(DefinitionError, match="a definition has at most 1 MB"):
        read_model(path)


def test_a_name_that_is_neither_in_the_catalogue_nor_a_file() -> None:
    """The nearest one is proposed, a path is taken as a path."""
    with pytest.raises(DefinitionError, match=r"^there is no model 'hodgkin' in the catalogue. Did you mean 'hodgkin_huxley'\?$"):
        load("hodgkin")
    with pytest.raises(DefinitionError, match=r"^nope: No such file or directory$"):
        load(Path("nope"))


def test_a_file_that_is_neither_model_nor_experiment_is_told_what_it_lacks(tmp_path) -> None:
    """And one that is both is a model with a key too many."""
    path = tmp_path / "x.toml"
    path.write_text('duration = "1 ms"\n')
    with pytest.raises(DefinitionError, match=r"^x.toml: there are neither 'equations', as in a model, nor a 'model', as in an"):
        load_experiment(path)
    path.write_text('model = "leak"\n' + TEXT)
    with pytest.raises(DefinitionError, match=r"^x.toml: unknown key 'model'"):
        load_experiment(path)


# free text ------------------------------------------------------------------------------------------

FREE = (
    'x"; int y = system("true"); const char* z = "',
    "back\\slash \\",
    "ENDCOMMENT VERBATIM system(1); ENDVERBATIM",
    "ENDENDCOMMENTCOMMENT",
    "Érisir – “quoted” 日本",
    "line\n\nafter line\r\u2028end",
    "x" * 5000,
    "word " * 1000,
    "",
)


def titled(text: str) -> Model:
    import json

    quoted = json.dumps(text)
    return parse_model(TEXT.replace('"A leak"', quoted).replace('"none"', quoted), "leak.toml")


@pytest.mark.parametrize("text", FREE, ids=range(len(FREE)))
def test_free_text_is_tame_in_a_mod_file(text) -> None:
    """NMODL copies the title into a C string: no quote, no backslash, only ASCII, no line of 512 letters."""
    mod = Nmodl(titled(text)).text
    title, comment = mod.splitlines()[0], mod.split("COMMENT\n")[1]
    assert title.startswith("TITLE ") and not {'"', "\\"} & set(title + comment)
    assert mod.isascii() and mod.count("ENDCOMMENT") == 1
    assert max(map(len, mod.splitlines())) < 512


def test_long_equations_are_folded_in_a_mod_file() -> None:
    """NMODL refuses lines of 512 characters, not statements over several lines."""
    long = " + ".join(f"g*(v - {k}*mV)*exp(-(v + {k}*mV)/(20*mV))" for k in range(90))
    model = parse_model(with_equation(f"big = {long} : uA/cm2").replace("(v - E))/C", "(v - E) - big)/C"), "leak.toml")
    mod = Nmodl(model).text
    assert max(map(len, mod.splitlines())) < 512
    assert "".join(mod.split()).count("exp(") == 90


def test_a_file_that_is_no_definition_is_no_missing_model(tmp_path, monkeypatch) -> None:
    """What was expected of it is said, not that the catalogue lacks it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "izh.hoc").write_text("create izh\n")
    for given in ("izh.hoc", "./izh.hoc"):
        with pytest.raises(
            DefinitionError, match=r"^izh.hoc: expected a definition, which ends in .toml, or a name of the catalogue"
        ):
            load(given)
