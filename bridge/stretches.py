"""Functions that do many steps of a scheme at once for one neuron in plain floats: printed, compiled, and kept.

To make one costs as much as some hundred steps; so a run that is short takes its steps one by one, unless there have been
others with the same equations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import CodeType
from typing import Any

from spikebridge.bridge.translate.operations import BranchError
from spikebridge.bridge.translate.stretch_source import StretchSource
from spikebridge.bridge.translate.tracing import Printed, traced
from spikebridge.reference.system import Stretch, System

# steps of the same equations under the same scheme, from which on it pays to make the function
WORTH = 1_000
_OWN: dict[str, Any] = {"_exp": math.exp, "_expm1": math.expm1, "_inf": math.inf}


@dataclass
class _Made:
    """The code for one set of equations, one scheme; ``steps`` counts those that were asked for."""

    printed: Printed
    scheme: str
    resting: bool
    steps: int = 0

    @cached_property
    def code(self) -> CodeType | None:
        """None where a step depends on its numbers, or is none that can be computed."""
        try:
            step = traced(self.printed, self.scheme, self.resting)
        except (BranchError, ArithmeticError):
            return None
        text = StretchSource(step).text
        step.operations.forget()
        # only the printer wrote this text, from what another printer of ours wrote
        return compile(text, f"<{self.scheme} in stretches>", "exec")


@lru_cache(maxsize=512)
def _made(printed: Printed, scheme: str, resting: bool) -> _Made:
    return _Made(printed, scheme, resting)


def stretch_of(system: System, scheme: str, resting: bool, steps: int) -> Stretch | None:
    """The function for a system, in or out of a refractory period; None where there is none, or it is not worth its making."""
    printed = printed_functions(system)
    if printed is None:
        return None
    made = _made(printed, scheme, resting)
    made.steps += steps
    if made.steps < WORTH or made.code is None:
        return None
    scope = {**(system.advance or system.rates).__globals__, **_OWN}
    exec(made.code, scope)  # noqa: S102
    return scope["stretch"]


def printed_functions(system: System) -> Printed | None:
    """The texts of a system's functions; None where one has no text."""
    spike, levels = system.event, tuple(_text(rule.level) for rule in system.rules if rule.reset)
    texts = [_text(getattr(system, name)) for name in ("rates", "voltage_rate", "linear", "relax", "advance")]
    if None in levels or None in texts[1:] or (texts[0] is None and not system.advance):
        return None
    rates, voltage_rate, linear, relax, advance = (text or "" for text in texts)
    return Printed(
        system.names, rates, system.voltage, voltage_rate, linear, relax, advance, tuple(text or "" for text in levels),
        spike.held if spike else (), spike.silences if spike else False,
    )  # fmt: skip


def _text(function: Any) -> str | None:
    return "" if function is None else getattr(function, "text", None)
