"""Mistakes people make when they type a model again, made in a definition's text: twelve kinds, each in one line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spikebridge.reports.proof.equivalence.edits import Relation as R

# what a kind may rightly be called; a slope of an exponential is a constant too, and 10 for 1 a unit's factor
KINDS: dict[str, tuple[R, ...]] = {
    "factor": (R.FACTOR, R.CONSTANT),
    "unit factor": (R.FACTOR, R.CONSTANT),
    "shift": (R.SHIFTED,),
    "slope": (R.SLOPE, R.CONSTANT),
    "swapped": (R.SWAPPED,),
    "sign": (R.SIGN,),
    "exponent": (R.EXPONENT,),
    "temperature": (R.TEMPERATURE,),
    "constant": (R.CONSTANT, R.LEVEL, R.FACTOR, R.SHIFTED, R.SLOPE),
    "symbol": (R.OTHER_SYMBOL,),
    "missing": (R.WITHOUT,),
    "instantaneous": (R.INSTANTANEOUS,),
}


@dataclass(frozen=True)
class Mistake:
    """A definition's text with a mistake in one line.

    Attributes
    ----------
    line : the symbol whose line it is
    """

    kind: str
    line: str
    text: str


def mistakes(text: str) -> Iterator[Mistake]:
    """One of each kind that the definition has a place for."""
    equations = re.search(r'equations = """\n(.*?)"""', text, re.S)
    assert equations
    lines = [line for line in equations[1].splitlines() if "=" in line and not line.startswith("#")]
    for kind, make in _MAKERS.items():
        for line in lines:
            left, _, right = line.partition("=")
            expression, colon, unit = right.rpartition(":")
            changed = make(left.strip(), expression, unit.strip(), lines)
            if changed is not None and changed != expression:
                yield Mistake(kind, _name(left), text.replace(line, f"{left}={changed}{colon}{unit}", 1))
                break


def _name(left: str) -> str:
    left = left.strip()
    return left[1 : left.index("/")] if left.endswith("/dt") else left


def _rate(left: str, expression: str) -> bool:
    """A line of a gate: a function of v with an exponential."""
    return "exp(" in expression and "v" in expression and not left.endswith("/dt")


def _factor(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    return f" 1.7*({expression.strip()}) " if _rate(left, expression) else None


def _unit_factor(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    return f" 1000*({expression.strip()}) " if unit.startswith(("uA", "nA")) and "(v - " in expression else None


def _shift(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    moved = re.sub(r"\bv\b", "(v - 7*mV)", expression)
    # of a bare exponential a shift is a factor
    return moved if _rate(left, expression) and ("1 +" in expression or "+ 1" in expression or "- 1" in expression) else None


def _slope(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"\(([\d.]+)\*mV\)\)", expression)
    if not found or not _rate(left, expression):
        return None
    return expression.replace(found[0], f"({float(found[1]) * 1.5:g}*mV))")


def _swapped(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"(\w+)\*\(1 - (\w+)\) - (\w+)\*\2", expression)
    return expression.replace(found[0], f"{found[3]}*(1 - {found[2]}) - {found[1]}*{found[2]}") if found else None


def _sign(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    return expression.replace(" - I_", " + I_", 1) if left == "dv/dt" else None


def _exponent(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"\b[a-z]\w*\*\*([2-9])", expression)
    return expression.replace(found[0], found[0][:-1] + str(int(found[1]) - 1), 1) if found else None


def _temperature(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"([\d.]+)\*\*\(\(T", expression)
    return expression.replace(found[0], f"{float(found[1]) + 0.5:g}**((T", 1) if found else None


def _constant(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.match(r"\s*([\d.]+)(?=[/*])", expression)
    return expression.replace(found[0], f" {float(found[1]) * 1.25:g}", 1) if found and _rate(left, expression) else None


def _symbol(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"\(v - (E_\w+)\)", expression)
    others = [e for line in lines for e in re.findall(r"\(v - (E_\w+)\)", line) if found and e != found[1]]
    return expression.replace(found[0], f"(v - {others[0]})", 1) if found and others else None


def _missing(left: str, expression: str, unit: str, lines: list[str]) -> str | None:
    found = re.search(r"\*([hbqs])\b(?!\*\*)(?=\*)", expression)
    return expression.replace(found[0], "", 1) if found and unit.startswith(("uA", "nA")) else None


_MAKERS: dict[str, Callable[[str, str, str, list[str]], str | None]] = {
    "factor": _factor, "unit factor": _unit_factor, "shift": _shift, "slope": _slope, "swapped": _swapped, "sign": _sign,
    "exponent": _exponent, "temperature": _temperature, "constant": _constant, "symbol": _symbol, "missing": _missing,
}  # fmt: skip
