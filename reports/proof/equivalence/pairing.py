"""Which symbol of one definition is which of the other: by what is told, by name, by role and unit, by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from spikebridge.bridge.definition.equation_lines import STIMULUS
from spikebridge.bridge.errors import UsageError, did_you_mean
from spikebridge.bridge.shown import shown
from spikebridge.reports.proof.equivalence.sides import Side

Alike = Callable[[str, str], bool]


@dataclass(frozen=True)
class Pairing:
    """Symbols of A and what they are called in B.

    Attributes
    ----------
    names : by A's name, B's
    told : which of them were not obvious, with the reason
    doubts : symbols of A, with the symbols of B that they might be
    """

    names: Mapping[str, str]
    told: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, side: Side, names: Sequence[str]) -> list[str]:
        """Those of a side's names that are paired; ``names`` are A's."""
        return [n for n in names if n in self.names]


def simple(name: str) -> str:
    """A name without what people write differently: ``gNa_bar``, ``gnabar`` and ``g_Na`` with its bar."""
    return name.lower().replace("_", "").removesuffix("bar").removesuffix("max")


def paired(a: Side, b: Side, told: Mapping[str, str], alike: Alike) -> Pairing:
    """Find what belongs together.

    Parameters
    ----------
    told : by a name of one side, that of the other; either may stand first
    alike : whether two states, given as A's and B's name, have the same rate to round-off

    Raises
    ------
    UsageError : a name that is told is none of the definitions'
    """
    found = _Finder(a, b, alike)
    for this, that in told.items():
        found.tell(this, that)
    found.by_role()
    found.by_name()
    found.states_by_rate()
    found.the_only_ones()
    return Pairing(dict(found.names), found.reasons, found.doubts)


@dataclass
class _Finder:
    a: Side
    b: Side
    alike: Alike
    names: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    doubts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def tell(self, this: str, that: str) -> None:
        """What the user says, in either order."""
        for a, b in ((this, that), (that, this)):
            if _has(self.a, a) and _has(self.b, b):
                self._pair(a, b, "told")
                return
        known = [*_all(self.a), *_all(self.b)]
        wrong = next((n for n in (this, that) if n not in known), this)
        raise UsageError(
            f"--map {this}={that}: expected a symbol of each definition, but {shown(wrong)} is not one of theirs."
            f"{did_you_mean(wrong, known)}"
        )

    def by_role(self) -> None:
        """The membrane potential and the stimulus are what they are, whatever their names."""
        if self.a.potential and self.b.potential:
            self._pair(self.a.potential, self.b.potential)
        self._pair(STIMULUS, STIMULUS)

    def by_name(self) -> None:
        """The same name; then the same but for what people write differently, where only one of each is so called."""
        for name in _all(self.a):
            if _has(self.b, name):
                self._pair(name, name)
        for name in self._left(self.a):
            same_a = [n for n in self._left(self.a) if simple(n) == simple(name)]
            same_b = [n for n in self._left(self.b) if simple(n) == simple(name) and self._same_role(name, n)]
            if len(same_a) == len(same_b) == 1:
                self._pair(name, same_b[0], "its name")

    def states_by_rate(self) -> None:
        """States that move alike are the same state."""
        for name in [n for n in self._left(self.a) if n in self.a.states]:
            candidates = [n for n in self._left(self.b) if n in self.b.states and self.alike(name, n)]
            if len(candidates) == 1:
                self._pair(name, candidates[0], "its rate")

    def the_only_ones(self) -> None:
        """States and parameters of which one is left on each side in a unit; of several parameters, those of one value."""
        for role in ("states", "parameters"):
            for name in [n for n in self._left(self.a) if n in getattr(self.a, role)]:
                self._one_of(name, role)

    def _one_of(self, name: str, role: str) -> None:
        rivals = [n for n in self._left(self.a) if n in getattr(self.a, role) and self._same_unit(self.a, n, name)]
        candidates = [n for n in self._left(self.b) if n in getattr(self.b, role) and self._may_be(name, n)]
        if role == "parameters":
            equal = [n for n in candidates if self._same_value(name, n)]
            twins = [n for n in rivals if n == name or self._value(self.a, n) == self._value(self.a, name)]
            if len(equal) == 1 and len(twins) == 1:
                self._pair(name, equal[0], "its value")
                return
        if len(candidates) == 1 and len(rivals) == 1:
            self._pair(name, candidates[0], "the only ones left in their unit")
        elif candidates:
            self.doubts[name] = tuple(candidates)

    # what fits --------------------------------------------------------------------------------------

    def _pair(self, a: str, b: str, reason: str = "") -> None:
        if a in self.names or b in self.names.values():
            return
        self.names[a] = b
        self.doubts = {n: rest for n, c in self.doubts.items() if n != a and (rest := tuple(x for x in c if x != b))}
        if reason:
            self.reasons[a] = reason

    def _left(self, side: Side) -> list[str]:
        taken = self.names.keys() if side is self.a else self.names.values()
        return [n for n in _all(side) if n not in taken]

    def _same_role(self, a: str, b: str) -> bool:
        states = a in self.a.states, b in self.b.states
        return states[0] == states[1] and self._fits(a, b)

    def _fits(self, a: str, b: str) -> bool:
        same = self.a.unit(a).dimension == self.b.unit(b).dimension
        return same or self.a.plain(a) or self.b.plain(b)

    def _may_be(self, a: str, b: str) -> bool:
        """Of one unit; or a bare number, where that side has nothing else."""
        same = self.a.unit(a).dimension == self.b.unit(b).dimension
        return same or any(all(map(side.plain, side.parameters)) for side in (self.a, self.b))

    def _same_unit(self, side: Side, name: str, other: str) -> bool:
        return side.unit(name).dimension == side.unit(other).dimension

    def _value(self, side: Side, name: str) -> float:
        """In SI units, in as many digits as survive a change of unit."""
        return float(f"{side.default(name) * side.scale(name):.12g}")

    def _same_value(self, a: str, b: str) -> bool:
        return self._value(self.a, a) == self._value(self.b, b)


def _all(side: Side) -> list[str]:
    return list(dict.fromkeys((*side.inputs, *side.definitions, *side.rules)))


def _has(side: Side, name: str) -> bool:
    return name in _all(side)
