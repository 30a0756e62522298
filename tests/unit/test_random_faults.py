"""Random definitions with one fault, and random text where a definition should be: always one line that names the fault,
nothing is executed, nothing hangs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_definitions import definitions

from spikebridge.bridge.definition.experiment_file import default_experiment
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.errors import BridgeError, DefinitionError
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.latex import Latex
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource

CALM = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
VALID = definitions()


def parameters_of(text: str) -> list[str]:
    section = text.split("[parameters]\n")[1].split("[initial]")[0]
    return re.findall(r"^(\w+) = ", section, flags=re.MULTILINE)


def refused(text: str) -> str:
    """The one line with which a definition is refused."""
    with pytest.raises(DefinitionError) as error:
        model = parse_model(text, "faulty.toml")
        default_experiment(model)
    message = str(error.value)
    assert ("\n" not in message and message.startswith("faulty.toml")) or message.startswith("random_model"), message
    return message


@CALM
@given(VALID, st.data())
def test_a_parameter_that_is_missing_is_named(text, data) -> None:
    """Whichever it is."""
    name = data.draw(st.sampled_from(parameters_of(text)))
    without = re.sub(rf'^{name} = ".*"\n', "", text, count=1, flags=re.MULTILINE)
    assert re.search(rf"\b{name}\b", refused(without))


@CALM
@given(VALID, st.data())
def test_an_initial_value_that_is_missing_is_named(text, data) -> None:
    """Whichever state it belongs to."""
    section = text.split("[initial]\n")[1].split("[experiment]")[0]
    line = data.draw(st.sampled_from(section.strip().splitlines()))
    assert f"[initial] gives no value for {line.split(' = ')[0]!r}" in refused(
        text.replace(f"[initial]\n{section}", f"[initial]\n{section.replace(line, '', 1)}")
    )


@CALM
@given(VALID, st.data())
def test_a_parameter_in_another_unit_is_found_where_it_is_used(text, data) -> None:
    """The message names an expression that mentions it, and both dimensions."""
    name = data.draw(st.sampled_from(parameters_of(text)))
    wrong = re.sub(rf'^({name} = "[^ "]+)( [^"]*)?"', r'\1 mol"', text, count=1, flags=re.MULTILINE)
    message = refused(wrong)
    assert re.search(rf"\b{name}\b", message) or "cannot" in message or "expected" in message, message


@CALM
@given(VALID)
def test_what_is_defined_twice_or_in_a_circle_is_named(text) -> None:
    """Equations that repeat a name, and definitions that need each other."""
    block = text.split('"""')[1]
    first = block.strip().splitlines()[0]
    name = re.match(r"(?:d(\w+)/dt|(\w+)(?:\[n\+1\])?) = ", first)
    assert name is not None
    assert f"{(name[1] or name[2])!r} is defined twice" in refused(text.replace(first, f"{first}\n{first}", 1))
    circle = "left_one = right_one + 1 : 1\nright_one = left_one*2 : 1\n"
    message = refused(text.replace("\nI_stim :", f"\n{circle}I_stim :", 1))
    assert "cyclic" in message and "left_one -> right_one" in message


@CALM
@given(VALID, st.sampled_from(("eval", "exec", "__import__", "system", "open", "sinn")))
def test_a_function_that_is_none_is_named(text, function) -> None:
    """Python's own among them."""
    message = refused(text.replace("\nI_stim :", f"\nbad_one = {function}(2) : 1\nI_stim :", 1))
    assert f"{function!r} is not a function a model may use" in message


HOSTILE = (
    "__import__('os').system('touch CANARY')", "().__class__.__bases__[0].__subclasses__()", "exec(\"open('CANARY','w')\")",
    "'''; open('CANARY','w'); '''", "*/ system(\"touch CANARY\"); /*", "VERBATIM system(\"touch CANARY\"); ENDVERBATIM",
    "ENDCOMMENT VERBATIM system(\"touch CANARY\"); ENDVERBATIM COMMENT", "<script>fetch('http://x')</script>", "{{7*7}}", "${7*7}",
    "$(touch CANARY)", "`touch CANARY`", "9**9**9**9", "1e999", "((((((((((((((((((((((1", "v" * 5000, "1/0*mV", "\u0430lpha", "ｅｘｐ(1)", "e\u0301",
    "\u202e", "\x00", "\x1b[2J", "lambda x: x", "[x for x in ()]", "v if v else v", "a := 1", "print(1)", "0x10", "1_000", "1j", "nan", "inf", "--1",
)  # fmt: skip
FIELDS = (
    "name",
    "title",
    "source",
    "equation",
    "unit",
    "parameter",
    "parameter name",
    "initial",
    "spike",
    "reset",
    "refractory",
    "regime",
    "dt",
)


def with_text(field: str, hostile: str) -> str:
    quoted = "'''" + hostile.replace("'''", "") + "'''"
    values = dict.fromkeys(FIELDS) | {field: hostile}
    name = quoted if field == "name" else '"x"'
    return "\n".join((
        f"name = {name}", f"title = {quoted if field == 'title' else repr('t')}", f"source = {quoted if field == 'source' else repr('s')}",
        "equations = '''", f"dv/dt = ({values['equation'] or 'E - v'} + I_stim*R)/tau : {values['unit'] or 'mV'}".replace("'''", ""), "I_stim : nA", "'''",
        f"spike = {quoted if field == 'spike' else repr('v > E + 10*mV')}", f"reset = {quoted if field == 'reset' else repr('v = E')}",
        f"refractory = {quoted if field == 'refractory' else repr('1 ms')}", "[parameters]", f"E = {quoted if field == 'parameter' else repr('-65 mV')}",
        "R = '10 Mohm'", "tau = '10 ms'", *([f"{quoted} = '1 mV'"] if field == "parameter name" else []),
        "[initial]", f"v = {quoted if field == 'initial' else repr('E')}", "[regimes.other]", f"E = {quoted if field == 'regime' else repr('-60 mV')}",
        "[experiment]", "duration = '10 ms'", f"dt = {quoted if field == 'dt' else repr('0.1 ms')}",
    ))  # fmt: skip


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FIELDS), st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60)))
def test_hostile_text_is_data_or_refused_in_one_line(tmp_path_factory, field, hostile) -> None:
    """In every field: it is read as what it is, or named; a translation of it runs nothing and holds none of it as code."""
    import os

    here = os.getcwd()
    folder = tmp_path_factory.getbasetemp()
    os.chdir(folder)
    try:
        model = parse_model(with_text(field, hostile), "hostile.toml")
        default_experiment(model)
        texts = [Nmodl(model).text, Brian2Equations(model).text, NumpySource(model).text, Latex(model).text]
        compile(texts[2], "listing", "exec")
        assert "VERBATIM" not in re.sub(r"TITLE.*|(?s:COMMENT\n.*?\nENDCOMMENT)", "", texts[0])
    except BridgeError as error:
        assert len(str(error).splitlines()) == 1
        assert "\x1b" not in str(error)
    finally:
        os.chdir(here)
    assert not Path(folder, "CANARY").exists()
