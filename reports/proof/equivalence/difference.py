"""Two definitions, equation by equation: what is the same to round-off, what is not, and how it differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, UsageError, did_you_mean, expect
from spikebridge.bridge.expressions.expression import Quantity, names
from spikebridge.bridge.expressions.quantity import read_in
from spikebridge.bridge.shown import shown
from spikebridge.reports.proof.equivalence.edits import Relation
from spikebridge.reports.proof.equivalence.explanation import Cause, explain
from spikebridge.reports.proof.equivalence.ground import ROUND_OFF, Ground, same, steady
from spikebridge.reports.proof.equivalence.pairing import Pairing, paired
from spikebridge.reports.proof.equivalence.sides import Side, side_of

Subject = str | Path | Model | Mechanism


@dataclass(frozen=True)
class EquationPair:
    """One equation in both definitions.

    Attributes
    ----------
    name, other : what A and B call it
    max_relative : the largest relative difference at random states; nan where neither side is a number at any of them
    causes : what explains it; empty where it is the same, or nothing simple does
    lines : the lines in which they differ, by A's and B's name
    unexplained : those of them, by A's name, that no single change explains
    """

    name: str
    other: str
    max_relative: float
    causes: tuple[Cause, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    unexplained: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        return self.max_relative <= ROUND_OFF and not self.causes

    @property
    def compared(self) -> bool:
        """Whether there were numbers to compare."""
        return not np.isnan(self.max_relative)

    @property
    def relation(self) -> Relation:
        if self.same:
            return Relation.SAME
        return self.causes[0].relation if self.causes else Relation.NONE


@dataclass(frozen=True)
class Constant:
    """A parameter whose value is another one in B.

    Attributes
    ----------
    values : as written
    of_unit : whether it is the same number in another unit
    """

    name: str
    other: str
    values: tuple[str, str]
    of_unit: bool = False


@dataclass(frozen=True)
class Difference:
    """What two definitions have in common, and what not.

    Attributes
    ----------
    equations : states' rates and currents that are in both
    constants : parameters of other values
    starts : states that begin at another value
    unmatched : symbols that only A, only B has: states, currents, parameters
    """

    a: Side
    b: Side
    pairing: Pairing
    equations: tuple[EquationPair, ...]
    constants: tuple[Constant, ...] = ()
    starts: tuple[Constant, ...] = ()
    unmatched: tuple[tuple[str, ...], tuple[str, ...]] = field(default=((), ()))

    @property
    def same(self) -> bool:
        """Whether all that both have is the same; that there is something, and of two of a kind nothing more, is part of it."""
        return (
            bool(self.equations)
            and all(e.same for e in self.equations)
            and not self.constants
            and not self.starts
            and not self.apart
        )

    @property
    def apart(self) -> tuple[str, ...]:
        """States, currents and rules that only one of two models, or of two mechanisms, has."""
        if bool(self.a.reads) != bool(self.b.reads):
            return ()
        sides = zip((self.a, self.b), self.unmatched, strict=True)
        return tuple(n for side, left in sides for n in left if n not in side.parameters)

    @property
    def comparable(self) -> bool:
        """Whether they have an equation in common."""
        return bool(self.equations)

    @property
    def decided(self) -> bool:
        """Whether it is known that they are the same, or that they are not: what could not be compared is no difference."""
        seen = [e for e in self.equations if e.compared]
        differs = not all(e.same for e in seen) or self.constants or self.starts or self.apart
        return bool(seen) and (bool(differs) or len(seen) == len(self.equations))


def diff(a: Subject, b: Subject, names: Mapping[str, str] | None = None, at: Mapping[str, str] | None = None) -> Difference:
    """Hold two definitions against each other at random states; nothing is compiled or run.

    Parameters
    ----------
    a, b : catalogue names, files, models or mechanisms
    names : symbols that belong together though they are called otherwise, in either order
    at : values that symbols have at all states, such as ``{"celsius": "36"}``; others are random

    Raises
    ------
    DefinitionError : a definition cannot be read
    UsageError : a name that is told is none of theirs

    Examples
    --------
    >>> print(sb.diff("hodgkin_huxley", sb.load("hodgkin_huxley").with_parameters(E_L="-54.4 mV")))
    1 parameter has another value.
    """
    expect((Mapping, type(None)), names, "names", "a mapping of one definition's symbols to the other's")
    sides = side_of(a), side_of(b)
    pairing = paired(*sides, names or {}, lambda one, other: _move_alike(*sides, one, other))
    held = _held(Ground(*sides, pairing), at or {})
    ground = Ground(*sides, pairing, held=held)
    in_a, in_b = _settled(ground), _settled(ground.turned())
    settled = frozenset(in_a), frozenset(in_b)
    at_once = [_at_once(s, d, s, "A") for s, d in in_a.items()] + [_at_once(d, s, d, "B") for s, d in in_b.items()]
    equations = (*at_once, *_equations(Ground(*sides, pairing, settled=settled, held=held)))
    return Difference(*sides, pairing, equations, _constants(ground), _starts(ground), _unmatched(ground, settled))


def _held(ground: Ground, at: Mapping[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """The coherent values of the inputs of A and of B that are given, by the name that either of them has; of two that are paired, both.

    UsageError where none is called so, DefinitionError where one is in another unit.
    """
    of_a: dict[str, float] = {}
    of_b: dict[str, float] = {}
    back = {b: a for a, b in ground.pairing.names.items()}
    for name, text in at.items():
        if name in ground.a.inputs:
            of_a[name] = _read(ground.a, name, text)
            other = ground.pairing.names.get(name)
            if other in ground.b.inputs and (ratio := ground.ratio(name, other)) is not None:
                of_b[other] = of_a[name] * ratio
        elif name in ground.b.inputs:
            of_b[name] = _read(ground.b, name, text)
            other = back.get(name)
            if other in ground.a.inputs and (ratio := ground.ratio(other, name)) is not None:
                of_a[other] = of_b[name] / ratio
        else:
            known = [*ground.a.inputs, *ground.b.inputs]
            raise UsageError(f"--at: {shown(name)} is no input of either definition.{did_you_mean(name, known)}")
    return of_a, of_b


def _read(side: Side, name: str, text: str) -> float:
    return read_in(text, str(side.unit(name)), f"--at {name}")[0] * side.factor(name)


def _settled(ground: Ground) -> dict[str, str]:
    """States that only A has, each by what B's currents have in its place: its steady state."""
    a, b = ground.a, ground.b
    flowing = {n for current in b.currents for line in b.uses(current) for n in names(b.expression(line)) if n in b.definitions}
    found = {}
    for state in [n for n in a.states if n not in ground.pairing.names and n != a.potential]:
        at_rest = steady(a, state, ground.known[0])
        for name in flowing:
            if ground.ratio(state, name) is not None and same(
                ground.to_b(state, name, at_rest), b.computed(name, ground.known[1])
            ):
                found[state] = name
    return found


def _at_once(name: str, other: str, where: str, on: str) -> EquationPair:
    cause = Cause(Relation.INSTANTANEOUS, where, what=f"only {on} lets it take its time")
    return EquationPair(name, other, np.inf, (cause,), ((name, other),))


def _move_alike(a: Side, b: Side, one: str, other: str) -> bool:
    """Whether two states have the same rate, all that is named alike being equal."""
    known = {n: n for n in (*a.inputs, *a.definitions) if n in (*b.inputs, *b.definitions)}
    if a.potential and b.potential:
        known = {n: m for n, m in known.items() if n != a.potential and m != b.potential} | {a.potential: b.potential}
    taken = {n: m for n, m in known.items() if n != one and m != other} | {one: other}
    ground = Ground(a, b, Pairing(taken))
    return ground.ratio(one, other) is not None and same(ground.of_a(one), ground.of_b(one))


def _equations(ground: Ground) -> list[EquationPair]:
    a, b, paired_with = ground.a, ground.b, ground.pairing.names
    found = []
    known: _Known = {}
    for name in (*a.states, *a.currents, *a.rules):
        other = paired_with.get(name)
        if other in b.definitions or other in b.states or other in b.rules:
            found.append(_pair(ground, name, other, known))
    # a state of B that A computes at once
    for name, other in paired_with.items():
        if other in b.states and name in a.definitions and name not in a.currents:
            found.append(_pair(ground, name, other, known))
    return found


def _pair(ground: Ground, name: str, other: str, known: _Known) -> EquationPair:
    a, b = ground.a, ground.b
    if (name in a.states) != (other in b.states):
        cause = _instantaneous(ground, name, other)
        return EquationPair(name, other, np.inf, (cause,) if cause else (), ((name, other),))
    if ground.ratio(name, other) is None:
        cause = explain(ground, name)
        return EquationPair(name, other, np.inf, (cause,) if cause else ())
    apart = ground.differs(name)
    if apart <= ROUND_OFF or np.isnan(apart):
        return EquationPair(name, other, apart)
    causes, where, unexplained = _causes(ground, name, known)
    return EquationPair(name, other, apart, causes, tuple((n, ground.counterpart(n)) for n in where), unexplained)


_Known = dict[tuple[str, ...], Cause | None]  # by a line and those that were given with it


def _explained(ground: Ground, line: str, given: dict[str, np.ndarray], known: _Known) -> Cause | None:
    """The cause of a line, looked for once: currents are lines of the membrane equation, too."""
    below = set(ground.a.uses(line))
    key = (line, *sorted(n for n in given if n in below))
    if key not in known:
        known[key] = explain(ground, line, given)
    return known[key]


def _causes(ground: Ground, name: str, known: _Known) -> tuple[tuple[Cause, ...], list[str], tuple[str, ...]]:
    """Line by line, each with those below it as B has them; where that leaves something open, the equation as a whole."""
    given: dict[str, np.ndarray] = {}
    causes: list[Cause | None] = []
    where: list[str] = []
    for line in (*_shared_lines(ground, name), name):
        if ground.ratio(line, ground.counterpart(line)) is None or ground.differs(line, given) <= ROUND_OFF:
            continue
        causes.append(_explained(ground, line, given, known))
        where.append(line)
        given[line] = ground.to_a(line, ground.counterpart(line), ground.of_b(line))
    if all(causes):
        return tuple(c for c in causes if c), where, ()
    if whole := explain(ground, name):
        return (whole,), where, ()
    return tuple(c for c in causes if c), where, tuple(n for n, cause in zip(where, causes, strict=True) if cause is None)


def _shared_lines(ground: Ground, name: str) -> list[str]:
    """The definitions that both sides have under one name and that this equation rests on in both."""
    theirs = ground.b.uses(ground.counterpart(name))
    return [n for n in ground.a.uses(name) if n != name and ground.pairing.names.get(n) in theirs and _defined(ground, n)]


def _defined(ground: Ground, name: str) -> bool:
    return name in ground.a.definitions and ground.counterpart(name) in ground.b.definitions


def _instantaneous(ground: Ground, name: str, other: str) -> Cause | None:
    """A gate that follows its steady state at once on one side."""
    turned = name not in ground.a.states
    here, state, at_once = (ground.turned(), other, name) if turned else (ground, name, other)
    at_rest = steady(here.a, state, here.known[0])
    theirs = here.to_a(state, at_once, here.b.computed(at_once, here.known[1]))
    if np.nanmax(np.abs(at_rest - theirs)) > 1e-8 * (1 + np.nanmax(np.abs(at_rest))):
        return None
    return Cause(Relation.INSTANTANEOUS, name, what=f"only {'B' if turned else 'A'} lets it take its time")


def _constants(ground: Ground) -> tuple[Constant, ...]:
    found = []
    for name, other in ground.pairing.names.items():
        if name in ground.a.parameters and other in ground.b.parameters:
            ratio = ground.ratio(name, other)
            mine, theirs = ground.a.default(name) * (ratio or 1.0), ground.b.default(other)
            if ratio is None or abs(mine - theirs) > 1e-12 * max(abs(mine), abs(theirs)):
                first, second = ground.a.model.parameters[name], ground.b.model.parameters[other]
                of_unit = first.value == second.value and first.unit.dimension == second.unit.dimension
                found.append(Constant(name, other, (str(first), str(second)), of_unit))
    return tuple(found)


def _starts(ground: Ground) -> tuple[Constant, ...]:
    """Of two models, each as it is: where their states begin."""
    if ground.a.reads or ground.b.reads:
        return ()
    try:
        first, second = ground.a.model.initial_values, ground.b.model.initial_values
    except DefinitionError:  # who runs a model without a start is told so
        return ()
    found = []
    for name, other in ground.pairing.names.items():
        ratio = ground.ratio(name, other) if name in first and other in second else None
        if ratio is not None and abs(first[name] * ratio - second[other]) > 1e-9 * max(abs(second[other]), 1e-6):
            found.append(Constant(name, other, (_start(ground.a, name, first[name]), _start(ground.b, other, second[other]))))
    return tuple(found)


def _start(side: Side, name: str, value: float) -> str:
    return str(Quantity(float(f"{value / side.factor(name):.10g}"), side.unit(name)))


def _unmatched(ground: Ground, settled: tuple[frozenset[str], frozenset[str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """States, currents, rules and parameters without a counterpart."""
    mine, theirs = settled[0].union(ground.pairing.names), settled[1].union(ground.pairing.names.values())
    a, b = ground.a, ground.b
    of_a = dict.fromkeys((*a.states, *a.currents, *a.rules, *a.parameters))
    of_b = dict.fromkeys((*b.states, *b.currents, *b.rules, *b.parameters))
    return tuple(n for n in of_a if n not in mine), tuple(n for n in of_b if n not in theirs)
