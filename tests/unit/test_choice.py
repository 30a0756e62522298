"""Conditions and choices: one meaning in every target."""

import numpy as np
import pytest

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.linearity import linear_form
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import parse_expression
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CoherentSystem
from spikebridge.bridge.system import build_system, interpret_system
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl

X = np.linspace(-2, 2, 41)

TEXT = '''
name = "choosy"
equations = """
dv/dt = (I_stim - g*n*min(Ca/Ca_half, 1)*(v - E))/C_m : mV
dn/dt = (n_inf - n)/tau_n : 1
n_inf = 1/(1 + exp(-(v + 40*mV)/(8*mV))) : 1
tau_n = exp((v + 60*mV)/(30*mV))*ms if v < -60*mV else 1*ms + (2*ms if v > -20*mV and not (v > 0*mV) else 3*ms) : ms
dCa/dt = max(v + 50*mV, 0*mV)/(50*mV)/ms - Ca/(20*ms) : 1
da/dt = -a/(2*ms) if v < -55*mV else (1 - a)/(5*ms) : 1
I_stim : uA/cm2
"""
[parameters]
C_m = "1 uF/cm2"
g = "3 mS/cm2"
E = "-90 mV"
Ca_half = "0.6"
[initial]
v = "-65 mV"
n = "n_inf"
Ca = "0"
a = "0"
'''


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x if x > 0 else -x", np.abs(X)),
        ("min(x, 1)", np.minimum(X, 1)),
        ("max(x, 2*x)", np.maximum(X, 2 * X)),
        ("int(x >= 0)", (X >= 0) * 1.0),
        ("1 if x < -1 or x > 1 else 0", ((X < -1) | (X > 1)) * 1.0),
        ("1 if not (x < -1 or x > 1) and x <= 0 else 0", ((X >= -1) & (X <= 0)) * 1.0),
        ("2 + (x if x > 0 else 3 if x < -1 else 4)", 2 + np.where(X > 0, X, np.where(X < -1, 3.0, 4.0))),
    ],
)
def test_a_choice_takes_the_branch_its_condition_names(text, expected) -> None:
    """For arrays and for single floats, and again after printing and reading back."""
    coherent = CoherentSystem()
    tree = parse_expression(text, {"x"})
    assert evaluate(tree, {"x": X}, coherent) == pytest.approx(expected)
    assert [evaluate(tree, {"x": float(x)}, coherent) for x in X] == pytest.approx(list(expected))
    assert parse_expression(Printer().text(tree), {"x"}) == tree


def test_the_branch_not_taken_is_not_evaluated_for_one_neuron() -> None:
    """1/x at x = 0 behind a condition harms nobody."""
    tree = parse_expression("0 if x < 1 else 1/(x - x)", {"x"})
    assert evaluate(tree, {"x": 0.0}, CoherentSystem()) == 0


def test_printed_source_and_definition_agree() -> None:
    """For floats and arrays, at random states, to 1e-13."""
    model, rng = parse_model(TEXT, "choosy.toml"), np.random.default_rng(2)
    states = (rng.uniform(-90, 40, 300), *rng.uniform(0, 1, (3, 300)))
    expected = interpret_system(model, 300).rates(states, 1.0)
    assert np.allclose(build_system(model, 300).rates(states, 1.0), expected, rtol=1e-13)
    one = build_system(model)
    for k in range(300):
        rates = one.rates(tuple(float(x[k]) for x in states), 1.0)
        assert rates == pytest.approx([e[k] for e in expected], rel=1e-13)


def test_a_choice_is_linear_where_its_branches_are_and_its_condition_stands_apart() -> None:
    """-a/2 or (1 - a)/5 by v: linear in a, not in v."""
    tree = parse_expression("-a/2 if v < 0 else (1 - a)/5", {"a", "v"})
    form = linear_form(tree, "a", {})
    assert Printer().text(form.slope) == "-0.5 if v < 0 else -0.2"
    assert Printer().text(form.offset) == "0 if v < 0 else 0.2"
    assert linear_form(tree, "v", {}) is None


def test_nmodl_chooses_in_statements() -> None:
    """A definition becomes an if; inside an expression, a LOCAL is chosen first; a state never hides in one."""
    text = Nmodl(parse_model(TEXT, "choosy.toml")).text
    assert "    if (v < -60 (mV)) {\n        tau_n = exp((v + 60 (mV))/30 (mV))*1 (ms)\n    } else {\n" in text
    assert "if ((v > -20 (mV)) && (!(v > 0 (mV)))) {" in text
    assert "SOLVE states METHOD cnexp" in text
    derivative = text[text.index("DERIVATIVE") : text.index("PROCEDURE")]
    assert derivative.splitlines()[1] == "    LOCAL choice_2, choice_3, choice_4"
    assert "a' = choice_3*a + choice_4" in derivative


def test_brian2_multiplies_with_truth() -> None:
    """Its only way to choose."""
    assert (
        "da/dt  = int(v < -55*mV)*(-a/(2*ms)) + int(not (v < -55*mV))*((1 - a)/(5*ms)) : 1"
        in Brian2Equations(parse_model(TEXT, "choosy.toml")).equations
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("n_inf = 1 if v < 3 else 0 : 1", "choosy.toml: n_inf: cannot compare 'v', which is mV, and '3', which is dimensionless"),
        ("n_inf = 1 if v < 3*mV else 1*mV : 1", "choosy.toml: n_inf: cannot choose between '1', which is dimensionless, and 'mV', which is mV"),
    ],
)  # fmt: skip
def test_dimensions_are_checked_in_conditions_and_branches(line, message) -> None:
    """Like is compared with like, and either branch measures the same."""
    text = "\n".join(line if old.startswith("n_inf =") else old for old in TEXT.splitlines())
    with pytest.raises(DefinitionError) as error:
        parse_model(text, "choosy.toml")
    assert str(error.value) == message


def test_nested_min_and_max_cannot_grow_without_end() -> None:
    """Thirty nested ones would be a thousand million parts."""
    with pytest.raises(DefinitionError, match="the expression has more than 5000 parts; name some of them"):
        parse_expression("min(" * 30 + "x" + ", x)" * 30, {"x"})
