"""Gates that begin at their steady state for the membrane potential that is given, as after NEURON's ``finitialize(v)``.

A gate is a variable without a unit. Its steady state is that of its own equation while all others keep their initial values.
Other variables, a concentration or a current, keep the initial values they have: a mechanism's INITIAL block does not settle them
either.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from spikebridge.bridge.definition.equation import Equation
from spikebridge.bridge.definition.linearity import LinearForm, steady
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Expression
from spikebridge.bridge.shown import shown

KEY, AT_V = "gates", "at v"  # as in [initial] of a file
STEADY = "steady_state"


def begin_at_v(initial: Mapping[str, Any], states: Collection[str], where: str) -> bool:
    """Whether initial values say ``gates = "at v"``; DefinitionError where they say something else of gates."""
    if KEY not in initial or KEY in states:
        return False
    if initial[KEY] != AT_V:
        raise DefinitionError(f'{where}: {KEY}: expected "{AT_V}", found {shown(initial[KEY])}')
    if initial.get(STEADY):
        raise DefinitionError(
            f"{where}: {KEY}: in the resting state, {STEADY} = true, gates rest already; leave one of the two out"
        )
    return True


def values_of_states(initial: Mapping[str, Any], states: Collection[str]) -> dict[str, Any]:
    """Initial values without the words that are about all of them."""
    return {name: value for name, value in initial.items() if name in states or name not in (KEY, STEADY)}


def gates_at_v(
    states: Iterable[Equation], voltage: str | None, linear: Mapping[str, LinearForm | None],
    definitions: Mapping[str, Expression], given: Collection[str], where: str,
) -> dict[str, Expression]:  # fmt: skip
    """The initial value of every gate that is not given.

    Parameters
    ----------
    linear : each state's rate as A x + B, where it is that
    definitions : intermediate symbols

    Raises
    ------
    DefinitionError : beginning with ``where``: there is no membrane potential or no gate, or a gate has no steady state
    """
    if voltage is None:
        raise DefinitionError(f"{where}: {KEY}: there is no membrane potential that they could follow; give each a value")
    gates = [state.name for state in states if not state.unit.powers]
    if not gates:
        raise DefinitionError(f"{where}: {KEY}: there is none, which is a variable without a unit")
    found: dict[str, Expression] = {}
    for name in gates:
        if name in given:
            continue
        value = steady(linear[name], name, definitions)
        if value is None:
            raise DefinitionError(
                f"{where}: {KEY}: d{name}/dt is not linear in {name}, or does not depend on it, which leaves its steady state open; "
                f"give {name} a value, too"
            )
        found[name] = value
    return found
