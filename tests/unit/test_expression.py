"""Expressions: what is read, what is refused and how it is said, and that nothing is ever run."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import is_folded, numeric_trees, trees

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.decimals import decimal_product, decimal_quotient
from spikebridge.bridge.expressions.electrochemistry import FORMULAS
from spikebridge.bridge.expressions.expression import (
    FUNCTIONS,
    MAX_CHARACTERS,
    Binary,
    Call,
    Expression,
    Name,
    Negative,
    Quantity,
    names,
    parse_expression,
    substitute,
    walk,
)
from spikebridge.bridge.expressions.printing import Printer
from spikebridge.bridge.expressions.units import CoherentSystem, Unit

KNOWN = {"x", "y", "v", "a", "b"}
X, Y = Name("x"), Name("y")
CALLABLE = (*FUNCTIONS, *FORMULAS)
ALLOWED, SORTED = ", ".join(CALLABLE), ", ".join(sorted(CALLABLE))


def parse(text: str) -> Expression:
    return parse_expression(text, KNOWN)


def refusal(text: str) -> str:
    """The message with which a text is refused, quickly and on one line."""
    started = time.perf_counter()
    with pytest.raises(DefinitionError) as caught:
        parse(text)
    assert time.perf_counter() - started < 1.0
    message = str(caught.value)
    assert message.strip()
    assert len(message.splitlines()) == 1
    return message


# what is read ---------------------------------------------------------------------------------------

READ = {
    "x": X,
    " x ": X,
    "+x": X,
    "3": Quantity(3.0),
    "0x10": Quantity(16.0),
    "-x": Negative(X),
    "x + y": Binary("+", X, Y),
    "x - y - v": Binary("-", Binary("-", X, Y), Name("v")),
    "x - (y - v)": Binary("-", X, Binary("-", Y, Name("v"))),
    "x**y**v": Binary("**", X, Binary("**", Y, Name("v"))),
    "-x**2": Negative(Binary("**", X, Quantity(2.0))),
    "2*x": Binary("*", Quantity(2.0), X),
    "x*2*3": Binary("*", Binary("*", X, Quantity(2.0)), Quantity(3.0)),
    "1 + 2": Binary("+", Quantity(1.0), Quantity(2.0)),
    "exp(-x)": Call("exp", Negative(X)),
    "mV": Quantity(1.0, Unit((("mV", 1),))),
    "40*mV": Quantity(40.0, Unit((("mV", 1),))),
    "-5*mV": Quantity(-5.0, Unit((("mV", 1),))),
    "0.1/mV/ms": Quantity(0.1, Unit((("mV", -1), ("ms", -1)))),
    "3*uA/cm2": Quantity(3.0, Unit((("uA", 1), ("cm", -2)))),
    "(2*mV)**2": Quantity(4.0, Unit((("mV", 2),))),
    "2**-1": Quantity(0.5),
    "mV/mV": Quantity(1.0),
    "0.1*3": Quantity(0.3),
    "(4*mV)**0.5": Binary("**", Quantity(4.0, Unit((("mV", 1),))), Quantity(0.5)),
}


@pytest.mark.parametrize(("text", "expected"), READ.items())
def test_text_becomes_a_tree(text: str, expected: Expression) -> None:
    """The tree keeps order and parentheses; numbers and units join to quantities."""
    assert parse(text) == expected


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_takes_one_argument(function: str) -> None:
    """Each function of the table can be called with one argument, and not with two."""
    assert parse(f"{function}(x)") == Call(function, X)
    assert refusal(f"{function}(x, y)") == f"{function} takes 1 argument, not 2"


def test_a_symbol_of_the_model_comes_before_a_unit() -> None:
    """What the model calls mV is the model's."""
    assert parse_expression("mV", {"mV"}) == Name("mV")


def test_constants_are_worked_out_in_decimal() -> None:
    """0.01*10 is 0.1 to the last bit whatever the order, although binary arithmetic says otherwise elsewhere."""
    assert parse("0.1*3") == Quantity(0.3) != Quantity(0.1 * 3)
    assert decimal_product(0.1, 3.0) == 0.3
    assert decimal_quotient(0.3, 3.0) == 0.1


# what is refused ------------------------------------------------------------------------------------


def not_allowed(shown: str) -> str:
    return f"{shown!r} is not allowed in an equation; use + - * / **, numbers, names, 'a if condition else b', min, max and {ALLOWED}"


REFUSED = {
    "__import__('os').system('x')": not_allowed("__import__('os').system('x')"),
    "(lambda: 1)()": not_allowed("(lambda: 1)()"),
    "a.b": not_allowed("a.b"),
    "a[0]": not_allowed("a[0]"),
    "[x for x in y]": not_allowed("[x for x in y]"),
    'f"{x}"': not_allowed("f'{x}'"),
    "'text'": not_allowed("'text'"),
    "None": not_allowed("None"),
    "...": not_allowed("..."),
    "x if y else v": "'y' is not a condition; write for example 'v < -80*mV', joined by and, or, not",
    "x if a < b < v else y": "'a < b < v' is not a condition; write for example 'v < -80*mV', joined by and, or, not",
    "x if a == b else y": "'a == b' is not a condition; write for example 'v < -80*mV', joined by and, or, not",
    "min(x)": "'min' is not a function a model may use. Did you mean 'sin'?",
    "x < y": not_allowed("x < y"),
    "x and y": not_allowed("x and y"),
    "not x": not_allowed("not x"),
    "~x": not_allowed("~x"),
    "x // y": not_allowed("x // y"),
    "x % y": not_allowed("x % y"),
    "x ^ 2": not_allowed("x ^ 2"),
    "x @ y": not_allowed("x @ y"),
    "(x, y)": not_allowed("(x, y)"),
    "{x: y}": not_allowed("{x: y}"),
    "(x := 3)": not_allowed("(x := 3)"),
    "await x": not_allowed("await x"),
    "exp(x=1)": not_allowed("exp(x=1)"),
    "exp(x)(y)": not_allowed("exp(x)(y)"),
    "exp()": "exp takes 1 argument, not 0",
    "exec('x')": "'exec' is not a function a model may use. Did you mean 'exprel'?",
    "x(y)": f"'x' is not a function a model may use. Known: {SORTED}.",
    "Exp(x)": "'Exp' is not a function a model may use. Did you mean 'exp'?",
    "True": "True is not a real number",
    "1j": "1j is not a real number",
    "q": "'q' is used but never defined. Known: a, b, v, x, y.",
    "V": "'V' is used but never defined. Did you mean 'v'?",
    "exp": "'exp' is used but never defined. Known: a, b, v, x, y.",
    "__x": "'__x' is used but never defined. Known: a, b, v, x, y.",
    "": "'' is not an expression",
    "x +": "'x +' is not an expression",
    "x y": "'x y' is not an expression near column 3",
    "x = 1": "'x = 1' is not an expression near column 3",
    "x; y": "'x; y' is not an expression near column 2",
    "x\ny": "'x y' is not an expression near column 1",
    "9**9**9**9": "the exponent 3.8742e+08 is larger than 100",
    "x**101": "the exponent 101 is larger than 100",
    "x**-101": "the exponent -101 is larger than 100",
    "(9**99)**99": "2.95127e+94**99 is not a finite number",
    "0**-1": "0**-1 is not a finite number",
    "(-8)**0.5": "(-8)**0.5 is not a real number",
    "1e999": "a number in the expression is too large",
    "9" * 400: "a number in the expression is too large",
    "0x" + "f" * 5000: "a number in the expression is too large",
    "1e308*10": "a constant in the expression is too large",
    "1/0": "the expression divides by zero",
    "2*mV/(0*ms)": "the expression divides by zero",
    "х + 1": "the character 'х' is not allowed; write plain ASCII",  # Cyrillic
    "x − y": "the character '−' is not allowed; write plain ASCII",
    "α": "the character 'α' is not allowed; write plain ASCII",
    "x\u200b": "the character '\\u200b' is not allowed; write plain ASCII",
    "ｅｘｐ(x)": "the character 'ｅ' is not allowed; write plain ASCII",
    "(" * 10_000 + "x" + ")" * 10_000: "the expression is 20001 characters long; at most 10000 are read",
    "x" + " " * MAX_CHARACTERS: "the expression is 10001 characters long; at most 10000 are read",
    "x**" * 2000 + "x": "the expression is nested more than 100 levels deep; name its parts",
    "exp(" * 150 + "x" + ")" * 150: "the expression is nested more than 100 levels deep; name its parts",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=lambda text: repr(text[:30]))
def test_refusals_say_what_is_wrong(text: str, message: str) -> None:
    """What is not an equation is refused at once, on one line, naming what is not allowed or unknown."""
    assert refusal(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "(" * 4000 + "x" + ")" * 4000,
        "-" * 9000 + "x",
        "+".join(["x"] * 4000),
        "x" + ".b" * 3000,
        "not " * 2000 + "x",
        "9" * 5000,
        "x\0",
        "[" * 150 + "x",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_extreme_texts_are_refused_quickly(text: str) -> None:
    """Nesting and numbers that exhaust the parser end in a short refusal; its words depend on the version of Python."""
    assert len(refusal(text)) < 300


def test_what_cannot_be_shown_is_refused_all_the_same() -> None:
    """A refusal never fails over showing what it refuses."""
    assert len(refusal("[0x" + "f" * 9000 + "]")) < 300


def test_long_names_are_shortened() -> None:
    """A message stays short whatever it quotes."""
    assert len(refusal("x" * 9999)) < 300


def test_starred_arguments_are_refused_in_words_that_help() -> None:
    """The message does not contradict itself."""
    assert refusal("exp(*x)") != "exp takes 1 argument, not 1"


@pytest.mark.parametrize("name", ["lambda", "is", "as", "in"])
def test_a_name_that_python_reserves_can_be_used(name: str) -> None:
    """A model may call a rate lambda; targets mangle names, definitions do not."""
    assert parse_expression(f"-{name}*x", {"x", name}) == Binary("*", Negative(Name(name)), X)


# nothing is run -------------------------------------------------------------------------------------


def test_nothing_is_executed(tmp_path: Path) -> None:
    """Text that would write a file if it were run leaves no trace."""
    trace = tmp_path / "trace"
    for text in (
        f"open('{trace}', 'w')",
        f"exp(open('{trace}', 'w'))",
        f"[open('{trace}', 'w')]",
        f"__import__('pathlib').Path('{trace}').touch()",
    ):
        refusal(text)
    assert not trace.exists()


WORDS = st.sampled_from(
    ["x", "y", "exp", "mV", "1", "0", "2.5", "1e9", "0x", "1j", "True", "f'", "'", '"', "\\", "\n", " ", "#", "@", "lambda",
     "for", "in", "if", "else", "not", "and", "yield", "await", "__import__", "**", *"+-*/()[]{}.,:=<;"]
)  # fmt: skip


@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
@settings(max_examples=500, deadline=2000)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=25).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Random text gives a tree or a refusal on one line, never anything else."""
    try:
        tree = parse(text)
    except DefinitionError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert set(names(tree)) <= KNOWN


# round trips ----------------------------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(trees().filter(is_folded))
def test_printed_trees_are_read_back(tree: Expression) -> None:
    """Printer and parser are inverse: the text of a tree without constant arithmetic gives the same tree."""
    assert parse_expression(Printer().text(tree), set(names(tree))) == tree


@settings(max_examples=400, deadline=None)
@given(numeric_trees(), st.lists(st.floats(-3, 3), min_size=4, max_size=4))
def test_printed_trees_keep_their_value(tree: Expression, point: list[float]) -> None:
    """The text of any tree, read again, has the value of the tree, bit for bit."""
    values = {name: np.array([value]) for name, value in zip("xyab", point, strict=True)}
    coherent = CoherentSystem()
    with np.errstate(all="ignore"):
        before = evaluate(tree, values, coherent)
        after = evaluate(parse_expression(Printer().text(tree), set(values)), values, coherent)
    assert np.array_equal(before, after, equal_nan=True)


# trees ----------------------------------------------------------------------------------------------


def test_names_come_in_order_of_appearance() -> None:
    """Every symbol once, as the text mentions them; units are not symbols."""
    assert names(parse("y*x + exp(y)*v*mV")) == ("y", "x", "v")


def test_substitution_replaces_symbols_everywhere() -> None:
    """A symbol is replaced wherever it stands, the rest stays."""
    squared = parse("v**2")
    expected = Binary("+", squared, Call("exp", Binary("*", Negative(squared), Y)))
    assert substitute(parse("x + exp(-x*y)"), {"x": squared}) == expected


def test_walking_meets_every_node() -> None:
    """The node itself first, then everything below."""
    tree = parse("x + exp(-y)")
    assert list(walk(tree)) == [tree, X, Call("exp", Negative(Y)), Negative(Y), Y]
