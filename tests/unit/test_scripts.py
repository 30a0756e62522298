"""Exported scripts as text: they parse, import only what they should, and nothing of a definition becomes code."""

import ast
from dataclasses import replace

import pytest

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.export.listing import prose, sensible, stem

TARGETS = ("reference", "brian2", "brian2_numpy", "neuron")
HOSTILE = (
    'quote """ end',
    "''' import os",
    "two\nlines = 1",
    "carriage\rreturn = 1",
    "separator\u2028import os",
    "nul\x00byte",
    "back\\",
    "#comment",
    "ENDCOMMENT }",
    "{braces} %s",
)
ALLOWED = {"math", "pathlib", "numpy", "brian2", "neuron"}


def scripts(experiment: Experiment, engine_name: str, scheme: str | None = None) -> dict[str, str]:
    engine = ENGINES[engine_name]
    return script_files(experiment, engine, find_scheme(engine, scheme, experiment.model))


def code_of(files: dict[str, str]) -> ast.Module:
    (text,) = (text for name, text in files.items() if name.endswith(".py"))
    return ast.parse(text)


@pytest.mark.parametrize("engine", TARGETS)
@pytest.mark.parametrize("name", catalogue())
def test_every_model_has_a_script_that_needs_no_spikebridge(name, engine) -> None:
    """Python reads it; it imports its simulator, numpy and what comes with Python; no line runs off the page."""
    files = scripts(load_experiment(name), engine)
    tree = code_of(files)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= ALLOWED
    assert ast.get_docstring(tree).startswith(prose(load(name).title)[:40])


@pytest.mark.parametrize("scheme", [s for s in ENGINES["reference"].schemes if s != "exact"])
def test_every_scheme_of_the_reference_can_be_listed(scheme) -> None:
    """On a model that it suits."""
    for name in ("leaky_integrate_and_fire", "rulkov", "fitzhugh_nagumo", "hindmarsh_rose", "wilson_cowan"):
        try:
            code_of(scripts(load_experiment(name), "reference", scheme))
        except TranslationError:
            continue
        return
    pytest.fail("there is no such model")


def test_euler_steps_in_turn_are_statements_in_brian2() -> None:
    """None of its integrators takes them; what rests in a refractory period rests in them too."""
    text = "\n".join(scripts(load_experiment("lif"), "brian2", "ordered_euler").values())
    assert "cell.run_regularly" in text and "method=" not in text
    assert "v += dt*(" in text and "*int(not_refractory)" in text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("engine", TARGETS)
def test_free_text_stays_text(engine, text) -> None:
    """Whatever title, source and name say, the code is the same, and files have tame names."""
    model = load("leaky_integrate_and_fire")
    plain = Experiment(model, step("2 nA"), "1 ms", name="cell")
    hostile = Experiment(replace(model, title=text, source=text), step("2 nA"), "1 ms", name=f"ce/{text}")
    files = scripts(hostile, engine)
    assert all(name.replace(".", "_").isidentifier() and name.isascii() for name in files)
    tree, expected = code_of(files), code_of(scripts(plain, engine))
    assert ast.get_docstring(tree, clean=False).startswith(prose(text)[:20])
    dumps = [ast.dump(ast.Module(t.body[1:], [])) for t in (tree, expected)]
    assert dumps[0].replace(stem(hostile), "cell") == dumps[1]


NAMES = "dt steps middle samples states y I k step initial spikes trace cell level before path np Path mechanism stimulus_at h free header run mV"


@pytest.mark.parametrize("engine", TARGETS)
def test_parameters_may_be_called_like_what_the_script_calls_its_own(engine) -> None:
    """No name is bound both as a parameter and as something else."""
    taken = [name for name in NAMES.split() if name not in ("dt", "mV")]
    parameters = "\n".join(f'{name} = "2"' for name in taken)
    text = f'''name = "names"
title = "names"
equations = """
dv/dt = ({" + ".join(taken)} + I_stim - v)/ms : 1
I_stim : 1
"""
spike = "v > step"
reset = "v = before"
[parameters]
{parameters}
[initial]
v = "level"
'''
    tree = code_of(scripts(Experiment(parse_model(text, "names"), (), "1 ms"), engine))
    bound = [t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)]
    bound += [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    bound += [a.asname or a.name for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) for a in node.names]
    twice = {name for name in bound if bound.count(name) > 1}
    assert twice <= {"states", "seen", "crossed"}  # a list that becomes an array, an array that loses its end


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (120.0, "120"),
        (119.99999999999999, "120"),
        (0.30000000000000004, "0.3"),
        (70.00000000000001, "70"),
        (-0.1, "-0.1"),
        (0.05293248525724958, "0.05293248525724958"),
        (1e-9, "1e-09"),
        (0.0, "0"),
    ],
)
def test_numbers_are_those_a_person_writes(value, text) -> None:
    """Round-off of a conversion goes; digits that mean something stay."""
    assert sensible(value) == text


@pytest.mark.parametrize(
    ("engine", "scheme", "reason"),
    [
        ("reference", "exact", "exact chooses its own steps"),
        ("neuron_hh", None, "there is no script for this engine"),
        ("brian2", "iteration", "iteration is for maps"),
    ],
)
def test_what_cannot_be_a_script_is_refused_by_name(engine, scheme, reason) -> None:
    """With the property in the way."""
    with pytest.raises(TranslationError, match=reason):
        scripts(load_experiment("hodgkin_huxley"), engine, scheme)
