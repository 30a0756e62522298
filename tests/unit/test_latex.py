"""LaTeX: formulas are set as the field sets them, and say exactly what the definition says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from formula_reader import Misleading, Reader
from hypothesis import given, settings
from trees import SYMBOLS, element, mark, trees

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Negative, parse_expression
from spikebridge.bridge.translate.latex import Latex, latex
from spikebridge.bridge.translate.layout import Layout
from spikebridge.bridge.translate.notation import Word, name_box, name_boxes

GOLDEN = Path(__file__).parents[1] / "golden"


def model_of(*symbols: str, more: str = "", title: str = "t") -> Model:
    """A model that does nothing but have these symbols."""
    parameters = "\n".join(f'{s} = "1"' for s in symbols)
    head = f'name = "example"\ntitle = """{title}"""\nequations = "dv/dt = -v/(1*ms) : mV"\n{more}\n'
    return parse_model(f'{head}[parameters]\n{parameters}\n[initial]\nv = "0 mV"\n', "example.toml")


def printed(text: str, *symbols: str) -> str:
    """One expression as LaTeX."""
    known = symbols or ("x", "y", "z", "tau_m", "g_Na", "m_inf", "gain")
    return latex(Layout(model_of(*known)).box(parse_expression(text, set(known))))


# whole models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hodgkin_huxley", "leaky_integrate_and_fire"])
def test_models_of_the_catalogue_print_as_agreed(name: str) -> None:
    """The LaTeX of a model in the catalogue is the golden file, letter for letter."""
    golden = GOLDEN / f"{name}.tex"
    text = Latex(load(name)).text
    if text != golden.read_text(encoding="utf-8"):
        obtained = golden.with_suffix(".obtained.tex")
        obtained.write_text(text, encoding="utf-8")
        pytest.fail(
            f"the LaTeX of {name} has changed.\nLook:   diff {golden} {obtained}\n"
            f"or typeset the new file between \\[ and \\] with amsmath.\nIf it is right: mv {obtained} {golden}",
            pytrace=False,
        )


def test_titles_and_sources_stay_out() -> None:
    """Free text of a model file never reaches TeX, whatever commands it holds."""
    model = model_of("x", more="source = '\\input{/etc/passwd} \\end{aligned} $$ %'", title="\\\\write18{rm} $")
    assert Latex(model).text == Latex(model_of("x")).text
    assert "write18" not in Latex(model).text


def test_equations_come_as_written() -> None:
    """The quotient with a removable singularity is printed as its author wrote it, not with exprel."""
    text = Latex(load("hodgkin_huxley")).text
    assert "exprel" not in text
    assert r"1 - \exp\left(-\frac{v + 40\,\mathrm{mV}}{10\,\mathrm{mV}}\right)" in text


def test_a_rule_with_several_resets_is_one_line() -> None:
    """Assignments of the reset follow one another on one line, the refractory period at its end."""
    more = 'spike = "v > 1*mV"\nreset = """\nv = 0*mV\nv += 2*mV\n"""\nrefractory = "2.5 ms"'
    lines = Latex(model_of("x", more=more)).text.splitlines()
    assert lines[-3] == r"\text{spike:} &\quad v > 1\,\mathrm{mV} \\"
    assert lines[-2] == (
        r"\text{reset:} &\quad v \leftarrow 0\,\mathrm{mV},\quad v \leftarrow v + 2\,\mathrm{mV},"
        r"\quad \text{refractory for }2.5\,\mathrm{ms}"
    )


def test_a_rule_without_reset_is_the_threshold_alone() -> None:
    """A spike that resets nothing takes one line."""
    lines = Latex(model_of("x", more='spike = "v > 0*mV"')).text.splitlines()
    assert lines[-2] == r"\text{spike:} &\quad v > 0\,\mathrm{mV}"
    assert len(lines) == 4


# names ----------------------------------------------------------------------------------------------

NAMES = {
    "v": "v", "g_Na": r"g_{\mathrm{Na}}", "alpha_m": r"\alpha_m", "tau_m": r"\tau_m", "m_inf": r"m_\infty", "E_L": "E_L",
    "I_stim": r"I_{\mathrm{stim}}", "theta": r"\theta", "v_reset": r"v_{\mathrm{reset}}", "C_m": "C_m",
    "tau_refrac": r"\tau_{\mathrm{refrac}}", "Delta_T": r"\Delta_T", "gain": r"\mathrm{gain}", "gNa": r"\mathrm{gNa}",
    "x1": "x_1", "tau1": r"\tau_1", "x_12": "x_{12}", "I_Na_p": r"I_{\mathrm{Na},p}", "E_alpha": r"E_\alpha",
    "x12_a": "x_{12,a}", "epsilon": r"\epsilon", "varepsilon": r"\varepsilon", "phi": r"\phi", "varphi": r"\varphi",
    "x__y": r"\mathrm{x\_\_y}", "x_": r"\mathrm{x\_}", "Alpha": r"\mathrm{Alpha}", "ab1": r"\mathrm{ab1}",
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), NAMES.items())
def test_names_are_set_as_in_the_field(name: str, expected: str) -> None:
    """A base, its subscripts, Greek letters, infinity, and upright words."""
    assert latex(name_box(name)) == expected


def test_names_that_would_look_alike_are_shown_letter_for_letter() -> None:
    """Two names of one model never print the same."""
    boxes = name_boxes(["m_inf", "m_infty", "x1", "x_1", "E_L"])
    assert [latex(b) for b in boxes.values()] == [
        r"\mathrm{m\_inf}",
        r"\mathrm{m\_infty}",
        r"\mathrm{x1}",
        r"\mathrm{x\_1}",
        "E_L",
    ]


def test_special_characters_are_escaped() -> None:
    """Characters with a meaning in TeX lose it, although no name can hold them."""
    assert latex(Word(r"a_b{c}$&#%\^~")) == r"\mathrm{a\_b\{c\}\$\&\#\%\backslash \char`\^ \char`\~ }"


# numbers, units, functions --------------------------------------------------------------------------

EXPRESSIONS = {
    "40*mV": r"40\,\mathrm{mV}",
    "0.1/mV/ms": r"0.1\,\mathrm{mV^{-1}\,ms^{-1}}",
    "3*uA/cm2": r"3\,\mathrm{\mu A\,cm^{-2}}",
    "10*Mohm": r"10\,\mathrm{M\Omega}",
    "2*uohm": r"2\,\mathrm{\mu\Omega}",
    "mV": r"1\,\mathrm{mV}",
    "3*mV2": r"3\,\mathrm{mV^2}",
    "1e-05": "10^{-5}",
    "-1e-05": "-10^{-5}",
    "1e20": "10^{20}",
    "2.5e-07*ms": r"2.5 \times 10^{-7}\,\mathrm{ms}",
    "1e15": "1000000000000000",
    "2*x": "2x",
    "2*(x + 1)": "2(x + 1)",
    "x*2": r"x \cdot 2",
    "x*2*y": r"x \cdot 2\,y",
    "2*(x/y)": r"2 \cdot \frac{x}{y}",
    "2*3**x": r"2 \cdot 3^x",
    "x*y": r"x\,y",
    "x*(y + 1)": r"x\,(y + 1)",
    "5*mV*x": r"5\,\mathrm{mV}\,x",
    "x*(y*z)": r"x\,y\,z",
    "x/y/z": r"\frac{x}{y\,z}",
    "x/(y*z)": r"\frac{x}{y\,z}",
    "x/(y/z)": r"\frac{x}{\frac{y}{z}}",
    "x/y*z": r"\frac{x}{y}\,z",
    "-x/y": r"-\frac{x}{y}",
    "-(x + y)/z": r"-\frac{x + y}{z}",
    "-x*y/z": r"-\frac{x\,y}{z}",
    "-(-x)": "-(-x)",
    "x - (y - z)": "x - (y - z)",
    "x - y - z": "x - y - z",
    "x + (-y)": "x + (-y)",
    "x*(-y)": r"x\,(-y)",
    "-x + y": "-x + y",
    "x**3": "x^3",
    "(-x)**2": "(-x)^2",
    "-x**2": "-x^2",
    "(x/y)**2": r"\left(\frac{x}{y}\right)^2",
    "(x*y)**z": r"(x\,y)^z",
    "x**y**z": "x^{y^z}",
    "(x**y)**z": "(x^y)^z",
    "m_inf**3": r"m_\infty^3",
    "g_Na**0.5": r"g_{\mathrm{Na}}^{0.5}",
    "x**(y/z)": "x^{y/z}",
    "x**(-1)": "x^{-1}",
    "exp(x)": "e^x",
    "exp(-x/tau_m)": r"e^{-x/\tau_m}",
    "exp(x)**2": "(e^x)^2",
    "exp((x - y)/z)": r"\exp\left(\frac{x - y}{z}\right)",
    "exp(-x*x - y*y - z)": r"\exp\left(-x\,x - y\,y - z\right)",
    "log(x)": r"\ln(x)",
    "log10(x)": r"\log_{10}(x)",
    "sin(x)**2": r"(\sin(x))^2",
    "tanh(x/y)": r"\tanh\left(\frac{x}{y}\right)",
    "exprel(x)": r"\operatorname{exprel}(x)",
    "sqrt(x + y)": r"\sqrt{x + y}",
    "sqrt(x)**2": r"\sqrt{x}^2",
    "abs(-x)": r"\left|-x\right|",
    "gain*x": r"\mathrm{gain}\,x",
}


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS.items())
def test_expressions_are_set_as_in_the_field(text: str, expected: str) -> None:
    """Quantities, products, fractions, powers and functions, with the parentheses they need and no others."""
    assert printed(text) == expected


def test_a_symbol_called_e_is_not_eulers_number() -> None:
    """Where a model has an e of its own, the exponential function is spelled out."""
    assert printed("exp(x) + e", "x", "e") == r"\exp\left(x\right) + e"


# the mathematics ------------------------------------------------------------------------------------


def names_as_set(model: Model) -> Mapping[str, str]:
    return {latex(box): name for name, box in Layout(model).names.items()}


MODEL = model_of(*SYMBOLS)
READABLE = names_as_set(MODEL)


@settings(max_examples=400, deadline=None)
@given(trees())
def test_the_formula_says_what_the_tree_says(tree: Expression) -> None:
    """Read back by a strict reader, the formula of any tree has the value of the tree."""
    text = latex(Layout(MODEL).box(tree))
    assert Reader(text, READABLE).value() == element(tree), text


@pytest.mark.parametrize("text", ["x/y z", "2 3", r"x\,3", "x y)", r"\sin x", "x /y\\,z", "q", r"x \cdot -y"])
def test_the_reader_refuses_what_could_mislead(text: str) -> None:
    """The proof above would notice a formula that can be read in two ways."""
    with pytest.raises((Misleading, ZeroDivisionError)):
        Reader(text, READABLE).value()


def test_the_reader_tells_formulas_apart() -> None:
    """The proof above would notice a parenthesis lost."""
    assert Reader(r"x - (y - \alpha_m)", READABLE).value() != Reader(r"x - y - \alpha_m", READABLE).value()
    assert Reader("x", READABLE).value() == mark("x")


@pytest.mark.parametrize("wrap", [lambda e: Negative(e), lambda e: Binary("-", Name("x"), e), lambda e: Binary("**", e, e)])
def test_deep_nesting_takes_no_exponential_time(wrap) -> None:  # type: ignore[no-untyped-def]
    """The deepest tree the parser lets through is printed at once."""
    tree: Expression = Name("x")
    for _ in range(14 if wrap(tree) == Binary("**", tree, tree) else 99):
        tree = wrap(tree)
    assert latex(Layout(MODEL).box(tree))


@pytest.mark.parametrize("text", ["exp(" * 95 + "x" + ")" * 95, "1/(1 + " * 48 + "x" + ")" * 48, "-(" * 95 + "x" + ")" * 95])
def test_what_the_parser_accepts_can_be_printed(text: str) -> None:
    """No expression that was read is too deep to print."""
    assert latex(Layout(MODEL).box(parse_expression(text, {"x"})))
