"""How two definitions differ, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spikebridge.reports.formats.wording import listed
from spikebridge.reports.metrics.numbers import counted, short
from spikebridge.reports.proof.equivalence.difference import Difference, EquationPair
from spikebridge.reports.proof.equivalence.edits import Relation
from spikebridge.reports.proof.equivalence.explanation import Cause
from spikebridge.reports.proof.equivalence.whole_run import BothRuns

SAME = "same to round-off"


def cause_words(cause: Cause) -> str:
    """What makes one side of the other, in a sentence a person can act on."""
    values = cause.values or ("", "")
    written = f": {values[0]} in A, {values[1]} in B" if cause.values else ""
    match cause.relation:
        case Relation.SHIFTED if cause.term:
            return f"one term is shifted along v by {cause.by}{written}"
        case Relation.SHIFTED:
            return f"shifted along v by {cause.by}{written}, so B(v) = A(v {_signed(cause.by)})"
        case Relation.SIGN:
            return "the opposite sign" if cause.what == cause.where else "one term has the opposite sign"
        case Relation.SWAPPED:
            return f"{values[0]} and {values[1]} are in each other's place"
        case Relation.OTHER_SYMBOL:
            return f"{values[1]} in B where A has {values[0]}"
        case Relation.WITHOUT:
            return f"only {cause.on.upper()} has the part {cause.what}"
        case Relation.TEMPERATURE:
            return (
                f"a temperature factor{written}"
                if cause.values
                else f"only {cause.on.upper()} has the temperature factor {cause.what}"
            )
        case Relation.FACTOR:
            return f"B is {cause.by} times A{written}"
        case Relation.INSTANTANEOUS:
            return f"instantaneous on one side; {cause.what}"
    return f"{cause.relation}{written}"


def _signed(amount: str) -> str:
    return f"- {amount[1:]}" if amount.startswith("-") else f"+ {amount}"


def pair_words(pair: EquationPair) -> str:
    """One equation in a line."""
    if pair.same:
        return SAME
    if not pair.compared:
        return "not compared: neither side is a number at any of the random states"
    if not pair.causes:
        return f"differs, up to {short(pair.max_relative)} relative; no simple relation was found"
    rest = [f"{listed(pair.unexplained)}: no simple relation was found"] if pair.unexplained else []
    return "; ".join([*_grouped_words(pair), *rest])


def _grouped_words(pair: EquationPair) -> Iterator[str]:
    """Causes that are alike in one breath: both rates of a gate, shifted by the same."""
    alike: dict[tuple[str, str], list[Cause]] = {}
    for cause in pair.causes:
        alike.setdefault((cause.relation, cause.by or str(cause.values)), []).append(cause)
    for causes in alike.values():
        first = causes[0] if len(causes) == 1 else replace(causes[0], values=causes[0].values if not causes[0].by else None)
        places = [c.where for c in causes if c.where not in ("", pair.name, pair.other)]
        yield f"{listed(places)}: {cause_words(first)}" if places else cause_words(first)


def sentence(found: Difference) -> str:
    """The whole in a sentence."""
    if not found.comparable:
        return "They have no equation in common; say with --map which state of one is which of the other."
    different = [e.name for e in found.equations if not e.same and e.compared]
    unseen = [e.name for e in found.equations if not e.compared]
    parts = []
    if shift := _shift_of_all(found):
        parts.append(f"B is A shifted along v by {shift}")
    if different:
        parts.append(f"{listed(different)} {'differ' if len(different) > 1 else 'differs'}")
    if found.constants:
        parts.append(f"{len(found.constants)} {'parameters have' if len(found.constants) > 1 else 'parameter has'} another value")
    if found.starts:
        parts.append(f"{listed([c.name for c in found.starts])} {'begin' if len(found.starts) > 1 else 'begins'} elsewhere")
    if found.apart:
        parts.append(f"{listed(found.apart)} {'are' if len(found.apart) > 1 else 'is'} only in one of them")
    if unseen:
        parts.append(f"{listed(unseen)} could not be compared: neither side is a number at any of the random states")
    if parts:
        return "; ".join(parts) + "."
    return f"All {len(found.equations)} equations that both have are the same to round-off, and so are the parameters that both have."


def _shift_of_all(found: Difference) -> str:
    """By how much the whole of B is shifted along v; empty unless that, and nothing else, explains every state's equation."""
    states = [e for e in found.equations if e.name in found.a.states]
    shifts = {(c.relation, c.by) for e in states for c in e.causes}
    whole = len(states) > 1 and all(e.causes and not e.unexplained for e in states)
    [(relation, by)] = shifts if whole and len(shifts) == 1 else [(Relation.NONE, "")]
    return by if relation is Relation.SHIFTED else ""


def run_words(runs: BothRuns) -> str:
    """What the difference does to a run, in a sentence."""
    first, second = (len(s) for s in runs.spikes)
    under = "; ".join(value for key, value in runs.experiment.described() if key == "stimulus") or "no stimulus"
    under += "".join(f", {name} = {value}" for name, value in runs.given.items())
    if runs.parted_ms is None:
        return f"Run exactly ({under}), both are the same to {short(runs.error)} {runs.unit}, {first} spikes each."
    spikes = f"{first} spikes in A, {second} in B"
    if first == second and first:
        spikes = f"{counted(first, 'spike')} each, up to {short(float(np.max(np.abs(runs.spikes[0] - runs.spikes[1]))))} ms apart"
    return (
        f"Run exactly ({under}), they part at {short(runs.parted_ms)} ms and are up to {short(runs.apart)} {runs.unit} apart, known to "
        f"{short(runs.error)}; {spikes}."
    )
