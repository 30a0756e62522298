"""Why two right-hand sides differ: the single change of one of them that makes them equal at every random state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite, log10

import numpy as np

from spikebridge.bridge.expressions.expression import Compare, Expression, Quantity, names, walk
from spikebridge.bridge.expressions.units import Unit, number
from spikebridge.reports.proof.equivalence.edits import UNKNOWN, Edit, Relation, edits
from spikebridge.reports.proof.equivalence.ground import ROUND_OFF, Ground, same
from spikebridge.reports.proof.equivalence.sampling import CELSIUS, KELVIN
from spikebridge.reports.proof.equivalence.sides import Formula

_FEW = 8  # states at which most wrong guesses are seen to be wrong
_ORDER = tuple(Relation)
_WRITTEN = 6  # digits of a constant that somebody has written down
_PATIENCE = 4  # steps after which a number that leads somewhere has halved what is left
_SHIFTS = tuple(5.0 * k for k in range(-12, 13))  # mV, where the search for one begins


@dataclass(frozen=True)
class Cause:
    """What makes one right-hand side of the other.

    Attributes
    ----------
    where : the line it is in, by A's name, or B's where only B can be mended so
    by : how much, with unit, where that is one number
    values : the constant or the symbol in A and in B, as text
    what : which part
    on : the side that was changed to find it
    term : whether it is in one term of its line alone
    digits : of the number that was found; people write few
    """

    relation: Relation
    where: str = ""
    by: str = ""
    values: tuple[str, str] | None = None
    what: str = ""
    on: str = "a"
    digits: int = field(default=0, compare=False)
    lines: int = field(default=1, compare=False)
    term: bool = False

    @property
    def rank(self) -> tuple[bool, int, bool, int, int]:
        """Likelier ones first: a number that somebody could have written, then the kind of mistake; of a number that nobody has
        written, the plainer kind."""
        odd, kind = self.digits > _WRITTEN, _ORDER.index(self.relation)
        return odd, -kind if odd else kind, self.term, self.digits, self.lines


def explain(ground: Ground, target: str, given: Mapping[str, np.ndarray] | None = None) -> Cause | None:
    """The likeliest single cause; None where no single change explains all.

    Parameters
    ----------
    target : a right-hand side, by A's name
    given : values of shape (samples,) of A's symbols in place of what it computes, at the states of ``ground``
    """
    if ground.ratio(target, ground.counterpart(target)) is None:
        return Cause(Relation.UNITS, target, values=_units(ground, target))
    held = given or {}
    if found := _exchanged(ground, target, held):
        return found
    mended = [*_Search(ground, target, "a", held).causes(), *_Search(ground.turned(), ground.counterpart(target), "b").causes()]
    best = min(mended, key=lambda cause: cause.rank, default=None)
    if best is None or best.values is not None:
        return best
    # the constant that says the same, as it is written in both
    written = [c for c in mended if c.values and c.where == best.where and c.digits <= _WRITTEN]
    return replace(best, values=min(written, key=lambda c: c.rank).values) if written else best


def _units(ground: Ground, target: str) -> tuple[str, str]:
    return str(ground.a.unit(target)), str(ground.b.unit(ground.counterpart(target)))


def _exchanged(ground: Ground, target: str, given: Mapping[str, np.ndarray]) -> Cause | None:
    """B's line is what A has under another name."""
    a, wanted = ground.a, ground.of_b(target)
    if target in a.states:
        return None
    for other in a.definitions:
        if other == target or a.unit(other).dimension != a.unit(target).dimension:
            continue
        if same(ground.to_b(target, ground.counterpart(target), a.computed(other, {**ground.known[0], **given})), wanted):
            relation = Relation.SWAPPED if _both(ground, target, other) else Relation.OTHER_SYMBOL
            return Cause(relation, target, values=(target, other))
    return None


def _both(ground: Ground, one: str, other: str) -> bool:
    """Whether B has something else than A for both of two symbols; where only one is another, they are not exchanged."""
    return all(n not in ground.pairing.names or n not in ground.a.definitions or _differs(ground, n) for n in (one, other))


def _differs(ground: Ground, name: str) -> bool:
    there = ground.counterpart(name)
    return there not in ground.b.definitions or ground.ratio(name, there) is None or ground.differs(name) > ROUND_OFF


@dataclass(frozen=True)
class _Search:
    """The changes of side A of a ground; ``on`` says which side of the report's that is."""

    ground: Ground
    target: str
    on: str
    given: Mapping[str, np.ndarray] = field(default_factory=dict)

    @cached_property
    def few(self) -> dict[str, np.ndarray]:
        """A few of the states, spread over them all."""
        chosen = np.linspace(0, self.ground.size - 1, _FEW).astype(int)
        return {n: x[chosen] for n, x in {**self.ground.known[0], **self.given}.items()}

    @cached_property
    def all(self) -> dict[str, np.ndarray]:
        return {**self.ground.known[0], **self.given}

    @cached_property
    def wanted(self) -> np.ndarray:
        """B's values in A's numbers."""
        return self.ground.to_a(self.target, self.ground.counterpart(self.target), self.ground.of_b(self.target))

    @cached_property
    def wanted_few(self) -> np.ndarray:
        return self.wanted[np.linspace(0, self.ground.size - 1, _FEW).astype(int)]

    def causes(self) -> Iterator[Cause]:
        """All single changes that explain everything."""
        for edit in edits(self.ground.a, self.target):
            compiled = {n: self.ground.a.formula(tree) for n, tree in edit.changed.items()}
            if edit.start is None:
                if self._holds(compiled, None):
                    yield self._cause(edit, None)
            elif (value := self._solved(edit, compiled)) is not None and self._holds(compiled, value):
                yield self._cause(edit, value)

    def _computed(self, compiled: Mapping[str, Formula], known: dict[str, np.ndarray], value: float | None) -> np.ndarray:
        with_it = known if value is None else {**known, UNKNOWN: np.full(len(next(iter(known.values()))), value)}
        return self.ground.a.computed(self.target, with_it, compiled)

    def _holds(self, compiled: Mapping[str, Formula], value: float | None) -> bool:
        return same(self._computed(compiled, self.few, value), self.wanted_few) and same(
            self._computed(compiled, self.all, value), self.wanted
        )

    # the number that explains it ----------------------------------------------------------------------

    def _solved(self, edit: Edit, compiled: Mapping[str, Formula]) -> float | None:
        """The unknown number at which a few states agree; None where there is none."""
        assert edit.start is not None
        if edit.relation is Relation.LEVEL:  # no slope leads there
            return next((x for x in self._levels if x != edit.start and self._holds(compiled, x)), None)
        begin = [edit.start]
        if edit.relation is Relation.SHIFTED and edit.start == 0.0:
            unit = self.ground.a.model.factor(self.ground.a.potential or "")
            mv = Unit.parse("mV").si / self.ground.a.unit(self.ground.a.potential or "").si * unit
            begin = [min((s * mv for s in _SHIFTS), key=lambda s: self._misfit(compiled, s))]
        elif edit.relation is Relation.SLOPE:  # far from it, an exponential is too steep or too flat to lead anywhere
            begin += [10 * edit.start, 0.1 * edit.start]
        for start in begin:
            found = self._newton(compiled, start)
            if found is not None and found != edit.start and abs(found) > 1e-12 * abs(edit.start):
                return found
        return None

    @cached_property
    def _levels(self) -> list[float]:
        """The numbers that the other side's choices ask for, in this side's own."""
        other, back = self.ground.b, self.ground.turned()
        lines = [other.expression(n) for n in other.uses(self.ground.counterpart(self.target))]
        found = [n for line in lines for c in walk(line) if isinstance(c, Compare) for n in walk(c) if isinstance(n, Quantity)]
        v = other.potential
        ratio = back.ratio(v, back.counterpart(v)) if v and v in back.pairing.names else None
        return [other.model.coherent.coherent(n.value, n.unit) * (ratio or 1.0) for n in dict.fromkeys(found)]

    def _residual(self, compiled: Mapping[str, Formula], value: float) -> np.ndarray:
        """What is left at a few states, each against its own size."""
        wanted = self.wanted_few
        weight = np.maximum(np.abs(wanted), 1e-3 * float(np.median(np.abs(wanted))) or 1.0)
        with np.errstate(over="ignore"):
            left = (self._computed(compiled, self.few, value) - wanted) / weight
        return np.clip(np.where(np.isfinite(left), left, 1e3), -1e100, 1e100)

    def _misfit(self, compiled: Mapping[str, Formula], value: float) -> float:
        return float(np.sum(np.minimum(np.abs(self._residual(compiled, value)), 10.0)))

    def _newton(self, compiled: Mapping[str, Formula], value: float) -> float | None:
        """Gauss-Newton with steps that never make it worse."""
        left = self._residual(compiled, value)
        at_first = float(left @ left)
        for iteration in range(30):
            if iteration == _PATIENCE and float(left @ left) > 0.5 * at_first:
                return None
            h = 1e-5 * max(abs(value), 1e-3)
            slope = (self._residual(compiled, value + h) - self._residual(compiled, value - h)) / (2 * h)
            steep = float(slope @ slope)
            if not steep or not isfinite(steep):
                return None
            step = -float(slope @ left) / steep
            for _ in range(6):
                nearer = self._residual(compiled, value + step)
                if nearer @ nearer <= left @ left:
                    break
                step /= 2
            else:
                return value if float(np.max(np.abs(left))) < 1e-9 else None
            value, left = value + step, nearer
            if abs(step) <= 1e-14 * abs(value) + 1e-300 or float(np.max(np.abs(left))) < 1e-14:
                break
        return value if float(np.max(np.abs(left))) < 1e-9 else None

    # words --------------------------------------------------------------------------------------------

    def _cause(self, edit: Edit, value: float | None) -> Cause:
        relation, lines = self._kind(edit, value), len(edit.changed)
        if value is None:
            values = self._in_order(edit.what, edit.instead) if edit.instead else None
            return Cause(relation, edit.where, values=values, what=edit.what, on=self.on, lines=lines)
        if edit.sign:
            return replace(self._of_number(edit, value, relation), term=True)
        return self._of_number(edit, value, relation)

    def _of_number(self, edit: Edit, value: float, relation: Relation) -> Cause:
        """The cause that is one number, with both its values where both are written somewhere."""
        assert edit.start is not None
        factor = self.ground.a.model.coherent.factor(edit.unit)
        mine, other = edit.start / factor, value / factor
        first, second = (mine, other) if self.on == "a" else (other, mine)
        if edit.relation is Relation.TEMPERATURE:  # which one side reads, and the other has as a number
            told = self._in_order(edit.what, _amount(other, edit.unit))
            return Cause(relation, edit.where, "", told, edit.what, self.on, _digits(other), len(edit.changed))
        if relation is Relation.SHIFTED:
            by = _amount((edit.sign or 1) * (second - first), edit.unit)
            values = (_amount(first, edit.unit), _amount(second, edit.unit)) if edit.sign else None
        else:
            by = _plain(second / first) if first else ""
            values = None if edit.relation is Relation.FACTOR else (_amount(first, edit.unit), _amount(second, edit.unit))
        return Cause(relation, edit.where, by, values, edit.what, self.on, _digits(other), len(edit.changed))

    def _in_order(self, mine: str, other: str) -> tuple[str, str]:
        return (mine, other) if self.on == "a" else (other, mine)

    def _kind(self, edit: Edit, value: float | None) -> Relation:
        """A change of what rests on the temperature alone is one of the temperature's factor; a power of ten is one of units."""
        if edit.relation in (Relation.CONSTANT, Relation.FACTOR) and value and edit.start:
            ratio = value / edit.start
            if ratio > 0 and abs(log10(ratio)) > 0.5 and abs(log10(ratio) - round(log10(ratio))) < 1e-9:
                return Relation.FACTOR
        if edit.relation is Relation.SWAPPED and edit.part is None and not self._exchange(edit):
            return Relation.OTHER_SYMBOL
        return Relation.TEMPERATURE if self._thermal(edit) else edit.relation

    def _exchange(self, edit: Edit) -> bool:
        """Whether both of two exchanged lines matter here, or are others in B."""
        used = self.ground.a.uses(self.target)
        return (edit.what in used and edit.instead in used) or _both(self.ground, edit.what, edit.instead)

    def _thermal(self, edit: Edit) -> bool:
        side = self.ground.a
        if edit.relation not in (Relation.CONSTANT, Relation.WITHOUT, Relation.EXPONENT):
            return False
        lines = [side.expression(n) for n in (edit.where, edit.what) if n in side.definitions]
        return any(self._of_temperature(tree) for tree in (edit.part, *lines) if tree is not None)

    def _of_temperature(self, tree: Expression) -> bool:
        """Whether an expression depends on the temperature, and but for constants on nothing else."""
        side = self.ground.a
        rest = {r for n in names(tree) for r in (side.rests_on(n) if n in side.definitions else [n])}
        thermal = {r for r in rest if r == CELSIUS or side.unit(r).dimension == KELVIN}
        return bool(thermal) and rest.difference(thermal) <= set(side.parameters)


def _amount(value: float, unit: Unit) -> str:
    plain, text = _plain(value), str(unit)
    return plain if text == "1" else f"{plain} {text}"


def _digits(value: float) -> int:
    """How many a number has, leading and trailing zeros apart."""
    return len(f"{value:.8e}".split("e")[0].replace(".", "").lstrip("-").rstrip("0"))


def _plain(value: float) -> str:
    """A number that was found to ten digits or so."""
    return number(float(f"{value:.9g}"))
