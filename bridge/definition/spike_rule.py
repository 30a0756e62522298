"""Rules that act at an instant: a spike with its reset and refractory period, or another event."""

from __future__ import annotations

from dataclasses import dataclass

from spikebridge.bridge.errors import TranslationError
from spikebridge.bridge.expressions.expression import Expression, names
from spikebridge.bridge.expressions.units import Unit

# what rests during a refractory period: the variable whose crossing is the spike, or the stimulus
CLAMPS = ("state", "current")
MAX_EVENTS = 20
WEIGHT = "weight"  # what an arriving spike brings, in the assignments of an InputRule


@dataclass(frozen=True)
class SpikeRule:
    """When ``left`` rises above ``right``: assignments, one after another; then perhaps a refractory period.

    Attributes
    ----------
    clamp : during the refractory period, ``state`` keeps the variable of the rule where the reset put it (Gerstner et
        al. 2014, Neuronal Dynamics, sec. 1.3); ``current`` lets it move but keeps the stimulus out
    """

    left: Expression
    right: Expression
    reset: tuple[tuple[str, Expression], ...] = ()
    refractory: Expression | None = None
    clamp: str = "state"

    def held(self, states: tuple[str, ...], where: str) -> tuple[str, ...]:
        """The state that rests during the refractory period; TranslationError where the rule is not about one."""
        if self.refractory is None or self.clamp != "state":
            return ()
        found = tuple(s for s in states if s in names(self.left))
        if len(found) != 1:
            raise TranslationError(f"{where}: a refractory period needs a spike rule on one state variable")
        return found


@dataclass(frozen=True)
class InputRule:
    """What a spike from outside does when it arrives: assignments, one after another, in which ``weight``, measured in ``unit``,
    may occur."""

    unit: Unit
    reset: tuple[tuple[str, Expression], ...]
