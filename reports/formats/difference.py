"""How two definitions differ: in words, for the terminal, as JSON, and side by side as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from spikebridge.bridge.translate.mathml import equations as typeset
from spikebridge.reports.formats.difference_words import cause_words, pair_words, run_words, sentence
from spikebridge.reports.formats.html import environment, style_of, trusted
from spikebridge.reports.proof.equivalence.difference import Difference, EquationPair
from spikebridge.reports.proof.equivalence.explanation import Cause
from spikebridge.reports.proof.equivalence.sampling import CELSIUS, KELVIN
from spikebridge.reports.proof.equivalence.sides import Side
from spikebridge.reports.proof.equivalence.whole_run import BothRuns
from spikebridge.reports.proof.import_proof import ImportProof

PAGE = "difference.html"
NO_PROOFS: Mapping[str, ImportProof] = MappingProxyType({})


def _asides(found: Difference) -> Iterator[tuple[str, str]]:
    """What was matched and how, what is in doubt, what is left."""
    a, b = found.a.label, found.b.label
    for constant in found.constants:
        called = constant.name if constant.name == constant.other else f"{constant.name}, {constant.other} in B"
        unit = ", the same number in another unit" if constant.of_unit else ""
        yield "another value", f"{called}: {constant.values[0]} in A, {constant.values[1]} in B{unit}"
    for start in found.starts:
        yield "another start", f"{start.name}: {start.values[0]} in A, {start.values[1]} in B"
    matched = [f"{n} = {found.pairing.names[n]} (by {why})" for n, why in found.pairing.told.items() if why != "told"]
    if matched:
        yield "taken for the same", ", ".join(matched)
    for name, candidates in found.pairing.doubts.items():
        yield "in doubt", f"{name} of A may be {' or '.join(candidates)} of B; say which with --map {name}={candidates[0]}"
    for name in _read_by_one(found):
        yield (
            "perhaps",
            f"a temperature factor: {name} is read on one side only; hold it where the factor is 1 with --at {name}=VALUE",
        )
    for label, names in ((f"only in {a} (A)", found.unmatched[0]), (f"only in {b} (B)", found.unmatched[1])):
        if names:
            yield label, ", ".join(names)


def _read_by_one(found: Difference) -> list[str]:
    """Temperatures that only one side reads, where something is left unexplained."""
    if all(e.same or (e.causes and not e.unexplained) for e in found.equations):
        return []
    a, b = found.a, found.b
    both = [(n, a, b) for n in a.reads] + [(n, b, a) for n in b.reads]
    return [n for n, side, other in both if n not in other.inputs and (n == CELSIUS or side.unit(n).dimension == KELVIN)]


# terminal -------------------------------------------------------------------------------------------


def render_difference(
    found: Difference, runs: BothRuns | None = None, originals: Mapping[str, ImportProof] = NO_PROOFS
) -> RenderableType:
    """Each equation in a line, what differs with both its texts, the asides, a sentence, and what it does to a run."""
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(overflow="fold", max_width=30)
    table.add_column(overflow="fold")
    for pair in found.equations:
        name = pair.name if pair.name == pair.other else f"{pair.name} ({pair.other})"
        table.add_row(Text(name, "bold"), Text(pair_words(pair), "green" if pair.same else "red"))
    texts = [
        Text.assemble(("  A  ", "dim"), found.a.line(here), "\n", ("  B  ", "dim"), found.b.line(there))
        for here, there in _differing(found)
    ]
    texts += [Text.assemble((f"  {label}  ", "dim"), line) for label, line in _unexplained(found)]
    asides = [Text.assemble((f"{label}: ", "bold"), text) for label, text in _asides(found)]
    head = Text.assemble(("A  ", "dim"), found.a.label, "\n", ("B  ", "dim"), found.b.label, "\n")
    said = Text(f"\n{sentence(found)}", "bold green" if found.same else "bold red" if found.decided else "bold magenta")
    gap = [Text("")] if texts else []
    ran = [Text(words) for words in _ran(runs, originals)]
    return Group(head, table, *gap, *texts, *([Text("")] if asides else []), *asides, said, *ran)


def _differing(found: Difference) -> list[tuple[str, str]]:
    """The lines that differ, by what A and B call them, once each."""
    return list(dict.fromkeys(line for pair in found.equations for line in pair.lines))


def _ran(runs: BothRuns | None, originals: Mapping[str, ImportProof]) -> list[str]:
    """What was found by running: each original beside what was read from it, then both."""
    said = [f"{label} in NEURON beside its definition: {proof.because}." for label, proof in originals.items()]
    return [*said, run_words(runs)] if runs else said


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _unexplained(found: Difference) -> Iterator[tuple[str, str]]:
    """The definitions beneath equations that differ for no simple reason, of A and of B: one has to look oneself."""
    open_pairs = [pair for pair in found.equations if not pair.same and not pair.causes]
    for label, side, called in (("A", found.a, [p.name for p in open_pairs]), ("B", found.b, [p.other for p in open_pairs])):
        beneath = dict.fromkeys(
            n for name in called if name in side.states or name in side.definitions for n in side.uses(name)[:-1]
        )
        yield from ((label, side.line(n)) for n in beneath)


# JSON -----------------------------------------------------------------------------------------------


def difference_json(found: Difference, runs: BothRuns | None = None, originals: Mapping[str, ImportProof] = NO_PROOFS) -> str:
    """One document; see the docs for its keys."""
    document: dict[str, Any] = {
        "schema": 1, "a": found.a.label, "b": found.b.label, "same": found.same,
        "map": {n: m for n, m in found.pairing.names.items() if n != m},
        "equations": {pair.name: _pair_json(pair) for pair in found.equations},
        "constants": {c.name: {"a": c.values[0], "b": c.values[1]} for c in found.constants},
        "starts": {c.name: {"a": c.values[0], "b": c.values[1]} for c in found.starts},
        "in_doubt": {name: list(candidates) for name, candidates in found.pairing.doubts.items()},
        "unmatched": {"a": list(found.unmatched[0]), "b": list(found.unmatched[1])},
    }  # fmt: skip
    if runs:
        document["run"] = {
            "verdict": str(runs.verdict), "because": run_words(runs), "parted_ms": runs.parted_ms, "max_abs": runs.apart,
            "unit": runs.unit, "uncertainty": runs.error, "spike_times_ms": {"a": runs.spikes[0].tolist(), "b": runs.spikes[1].tolist()},
        }  # fmt: skip
    if originals:
        document["originals"] = {
            label.lower(): {
                "proven": proof.proven,
                "because": proof.because,
                "step": _number(proof.step),
                "run": _number(proof.run),
            }
            for label, proof in originals.items()
        }
    return json.dumps(document, indent=2, allow_nan=False)


def _pair_json(pair: EquationPair) -> dict[str, Any]:
    apart = pair.max_relative if np.isfinite(pair.max_relative) else None
    if pair.same:
        return {"same": True, "max_relative": apart}
    found: dict[str, Any] = {"same": False, "relation": str(pair.relation), "max_relative": apart}
    if pair.causes and pair.causes[0].by:
        found["by"] = pair.causes[0].by
    if pair.causes:
        found["causes"] = [_cause_json(cause) for cause in pair.causes]
    if pair.unexplained:
        found["unexplained"] = list(pair.unexplained)
    return found


def _cause_json(cause: Cause) -> dict[str, Any]:
    values = {"a": cause.values[0], "b": cause.values[1]} if cause.values else None
    keys = {"relation": str(cause.relation), "where": cause.where, "by": cause.by, "values": values, "words": cause_words(cause)}
    return {key: value for key, value in keys.items() if value}


# page -----------------------------------------------------------------------------------------------


def difference_page(found: Difference, runs: BothRuns | None = None, originals: Mapping[str, ImportProof] = NO_PROOFS) -> str:
    """A complete HTML document: each equation of both side by side, what differs first."""
    rows = [
        {"name": pair.name, "same": pair.same, "words": pair_words(pair), "a": _typeset(found.a, [a for a, _ in _of(pair)]),
         "b": _typeset(found.b, [b for _, b in _of(pair)])}
        for pair in sorted(found.equations, key=lambda pair: pair.same)
    ]  # fmt: skip
    return environment().get_template("difference.html.j2").render(
        a=found.a.label, b=found.b.label, rows=rows, asides=list(_asides(found)), sentence=sentence(found), ran=_ran(runs, originals),
        tone="agree" if found.same else "limits" if found.decided else "undecided", css=style_of("common.css", "scroll.css", "difference.css"),
    )  # fmt: skip


def _of(pair: EquationPair) -> tuple[tuple[str, str], ...]:
    """The lines that differ, or the equation itself."""
    return pair.lines or ((pair.name, pair.other),)


def _typeset(side: Side, names: list[str]) -> list[Any]:
    order = [e.name for e in side.model.equations]
    lines = typeset(side.model)
    return [trusted(lines[order.index(name)]) if name in order else side.line(name) for name in names]
