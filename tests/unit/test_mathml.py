"""MathML: well-formed, of the Core elements only, and saying what the definition says."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from formula_reader import Reader, as_latex
from hypothesis import given, settings
from test_latex import model_of
from trees import SYMBOLS, element, trees

from spikebridge.bridge.definition.model_file import catalogue, load
from spikebridge.bridge.expressions.expression import Expression, Name, Negative, parse_expression
from spikebridge.bridge.translate.layout import Layout
from spikebridge.bridge.translate.mathml import equations, mathml
from spikebridge.bridge.translate.notation import GREEK, INFINITY, Prose, Sign, Word

CORE = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "msub", "msup", "msubsup"}
COMMANDS = {letter: f"\\{name}" for name, letter in GREEK.items()} | {INFINITY: r"\infty"}
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "msubsup": 3, "msqrt": 1}


def printed(text: str, *symbols: str) -> str:
    """One expression as MathML."""
    known = symbols or ("x", "y", "z", "tau_m", "g_Na", "m_inf", "gain")
    return mathml(Layout(model_of(*known), flat=True).box(parse_expression(text, set(known))))


def normal(text: str) -> str:
    return as_latex(ElementTree.fromstring(text), COMMANDS)


# whole models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalogue())
def test_every_equation_is_one_complete_element(name: str) -> None:
    """Each line of each model is a well-formed <math display="block"> of MathML Core elements, in plain ASCII."""
    model = load(name)
    lines = equations(model)
    assert len(lines) >= len(model.equations)
    for line in lines:
        root = ElementTree.fromstring(line)
        assert (root.tag, root.attrib) == ("math", {"display": "block"})
        assert line.isascii()
        for node in root.iter():
            assert node.tag in CORE
            assert len(node) == CHILDREN.get(node.tag, len(node))


def test_the_lines_of_a_model() -> None:
    """Equations first, then threshold, reset and refractory period."""
    words = ["".join(ElementTree.fromstring(line).itertext()) for line in equations(load("leaky_integrate_and_fire"))]
    plain = [w.replace("\u2062", "").replace("\xa0", " ").replace("−", "-") for w in words]
    assert plain == ["dvdt=EL-v+RmIstimτm", "spike:v>θ", "reset:v←vreset,refractory for τrefrac"]


def test_titles_and_sources_stay_out() -> None:
    """Free text of a model file never reaches the page through its equations."""
    hostile = "</math><script>alert(1)</script>"
    assert equations(model_of("x", title=hostile, more=f"source = '{hostile}'")) == equations(model_of("x"))


@pytest.mark.parametrize("box", [Word("<b>&\"'"), Prose("<b>&\"'"), Sign("<")])
def test_text_is_escaped(box) -> None:  # type: ignore[no-untyped-def]
    """Characters with a meaning in HTML lose it, although no name can hold them."""
    text = mathml(box)
    assert "<b>" not in text
    assert "".join(ElementTree.fromstring(text).itertext()) == box.text


# details --------------------------------------------------------------------------------------------

MINUS = '<mo form="prefix">−</mo>'
THIN = '<mspace width="0.1667em"/>'
TIMES = "<mo>\u2062</mo>"
LEFT, RIGHT = '<mo form="prefix" stretchy="false">(</mo>', '<mo form="postfix" stretchy="false">)</mo>'

EXPRESSIONS = {
    "x": "<mi>x</mi>",
    "gain": "<mi>gain</mi>",
    "g_Na": "<msub><mi>g</mi><mi>Na</mi></msub>",
    "tau_m": "<msub><mi>τ</mi><mi>m</mi></msub>",
    "m_inf**3": "<msubsup><mi>m</mi><mi>∞</mi><mn>3</mn></msubsup>",
    "x**2": "<msup><mi>x</mi><mn>2</mn></msup>",
    "-x": f"<mrow>{MINUS}<mi>x</mi></mrow>",
    "x - y": "<mrow><mi>x</mi><mo>−</mo><mi>y</mi></mrow>",
    "x*y": f"<mrow><mi>x</mi>{TIMES}{THIN}<mi>y</mi></mrow>",
    "2*x": f"<mrow><mn>2</mn>{TIMES}<mi>x</mi></mrow>",
    "x*2": "<mrow><mi>x</mi><mo>·</mo><mn>2</mn></mrow>",
    "x/y": "<mfrac><mi>x</mi><mi>y</mi></mfrac>",
    "sqrt(x)": "<msqrt><mi>x</mi></msqrt>",
    "sin(x)": f"<mrow><mi>sin</mi><mo>\u2061</mo><mrow>{LEFT}<mi>x</mi>{RIGHT}</mrow></mrow>",
    "40*mV": f"<mrow><mn>40</mn>{THIN}<mrow><mi>mV</mi></mrow></mrow>",
    "2/ms": f"<mrow><mn>2</mn>{THIN}<mrow><msup><mi>ms</mi><mrow>{MINUS}<mn>1</mn></mrow></msup></mrow></mrow>",
    "3*uA/cm2": (
        f"<mrow><mn>3</mn>{THIN}<mrow><mi>μA</mi>{THIN}<msup><mi>cm</mi><mrow>{MINUS}<mn>2</mn></mrow></msup></mrow></mrow>"
    ),
    "1e-05": f"<msup><mn>10</mn><mrow>{MINUS}<mn>5</mn></mrow></msup>",
    "exp(-x)": f"<msup><mi>e</mi><mrow>{MINUS}<mi>x</mi></mrow></msup>",
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items())
def test_expressions_become_elements(text: str, expected: str) -> None:
    """Names, products, quotients, powers and quantities as MathML has elements for them."""
    assert printed(text) == expected


FLAT = {
    "exp(-(x + 40)/(10*x))": r"\operatorname{exp}\left(-\left(x+40\right)/\left(10x\right)\right)",
    "(x/y)**2": r"\left(x/y\right)^{2}",
    "(x/y + 1)*z": r"\left(x/y+1\right)\,z",
    "sqrt(x/y)": r"\sqrt{x/y}",
    "(x/y*z + 1)**2": r"\left(\left(x/y\right)\,z+1\right)^{2}",
    "(x/(y*z) + 1)**2": r"\left(x/\left(y\,z\right)+1\right)^{2}",
    "(x/y/z + 1)**2": r"\left(x/\left(y\,z\right)+1\right)^{2}",
    "(1 - x/y)**2": r"\left(1-x/y\right)^{2}",
    "x/(1 + y/z)": r"\frac{x}{1+\frac{y}{z}}",
    "x**(-y/z)": "x^{-y/z}",
}


@pytest.mark.parametrize(("text", "expected"), FLAT.items())
def test_no_fraction_stands_in_parentheses(text: str, expected: str) -> None:
    """Inside parentheses, roots and exponents quotients get a slash: parentheses do not grow without a math font."""
    assert normal(printed(text)) == expected


def test_a_single_upright_letter_is_marked() -> None:
    """The unit A is upright, the name A is italic."""
    assert '<mi mathvariant="normal">A</mi>' in printed("3*nA/A2", "x")
    assert printed("A", "A") == "<mi>A</mi>"


# the mathematics ------------------------------------------------------------------------------------

MODEL = model_of(*SYMBOLS)
READABLE = {normal(mathml(box)): name for name, box in Layout(MODEL).names.items()}


@settings(max_examples=400, deadline=None)
@given(trees())
def test_the_formula_says_what_the_tree_says(tree: Expression) -> None:
    """Read back by a strict reader, the MathML of any tree has the value of the tree."""
    text = normal(mathml(Layout(MODEL, flat=True).box(tree)))
    assert Reader(text, READABLE).value() == element(tree), text


@settings(max_examples=200, deadline=None)
@given(trees())
def test_every_tree_is_well_formed(tree: Expression) -> None:
    """The MathML of any tree is XML, and no fraction ever stands in parentheses."""
    text = mathml(Layout(MODEL, flat=True).box(tree))
    root = ElementTree.fromstring(f"<math>{text}</math>")
    for node in root.iter("mrow"):
        if len(node) and node[0].text in ("(", "|"):
            assert node.find(".//mfrac") is None


@pytest.mark.parametrize("text", ["exp(" * 95 + "x" + ")" * 95, "1/(1 + " * 48 + "x" + ")" * 48, "-(" * 95 + "x" + ")" * 95])
def test_what_the_parser_accepts_can_be_printed(text: str) -> None:
    """No expression that was read is too deep to print, and none takes exponential time."""
    assert re.match("<m", printed(text))


def test_nested_signs_take_no_exponential_time() -> None:
    """Parentheses within parentheses are laid out once."""
    tree: Expression = Name("x")
    for _ in range(99):
        tree = Negative(tree)
    assert mathml(Layout(MODEL, flat=True).box(tree)).count("(") == 98
