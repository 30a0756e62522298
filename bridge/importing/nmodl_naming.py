"""What the symbols of an imported mechanism are called: as in the file, where that is free."""

from __future__ import annotations

from collections.abc import Iterable

from spikebridge.bridge.expressions.expression import FUNCTIONS, GRAMMAR
from spikebridge.bridge.expressions.units import is_unit_atom
from spikebridge.bridge.importing.nmodl_meaning import Meaning
from spikebridge.bridge.importing.nmodl_values import reached, shown_name

# words of our language, of the patch that a mechanism runs in, and of what Python's grammar takes for something else
_TAKEN = {
    *GRAMMAR,
    *FUNCTIONS,
    "t",
    "dt",
    "I_stim",
    "int",
    "min",
    "max",
    "C_patch",
    "g_patch",
    "E_patch",
    "I_patch",
    "True",
    "False",
    "None",
    "degC",
}


def names_of(meaning: Meaning, needed: Iterable[str]) -> dict[str, str]:
    """By inner name; ``needed`` are those that the definition mentions, definitions in their order."""
    needed = list(needed)
    fixed = [n for n in needed if n not in meaning.definitions]
    own = {n: _free(shown_name(n), set()) for n in fixed}
    taken = set(own.values()) | set(meaning.currents) | set(meaning.written)
    found = dict(own)
    by_name: dict[str, list[str]] = {}
    for inner in (n for n in needed if n in meaning.definitions):
        by_name.setdefault(meaning.definitions[inner].name, []).append(inner)
    only = _states_that_need(meaning)
    for name, inners in by_name.items():
        for k, inner in enumerate(inners):
            wanted = (
                name if len(inners) == 1 else f"{name}_{only[inner]}" if inner in only else name if k == 0 else f"{name}_{k + 1}"
            )
            found[inner] = _free(wanted, taken)
            taken.add(found[inner])
    return found


def _states_that_need(meaning: Meaning) -> dict[str, str]:
    """Of definitions that the equation of one state needs and no other does: that state."""
    users: dict[str, set[str]] = {}
    for state, rate in meaning.rates.items():
        for name in reached([rate, meaning.initial[state]], meaning.definitions):
            users.setdefault(name, set()).add(shown_name(state))
    for current in meaning.currents.values():
        for name in reached([current], meaning.definitions):
            users.setdefault(name, set()).add("")
    return {name: next(iter(states)) for name, states in users.items() if len(states) == 1 and "" not in states}


def _free(name: str, taken: set[str]) -> str:
    """The name, or one like it: a letter in front, no word of the language and no unit."""
    name = name.lstrip("_") or "x"
    if name in _TAKEN or name == "K" or (is_unit_atom(name) and len(name.rstrip("23")) > 1) or not name[0].isalpha():
        name = f"{name}_" if name[0].isalpha() else f"x_{name}"
    found, k = name, 2
    while found in taken:
        found, k = f"{name}_{k}", k + 1
    return found
