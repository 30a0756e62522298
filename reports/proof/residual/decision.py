"""What is made of the evidence: the same equations, others, with what differs by name, or undecided.

The same: the equations leave no more than a scheme at that step does. Others: a change is named, or what is left is beyond any scheme
in more than a few samples of a fixed step. Nothing is named on no evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.system import Family, build_family, build_system
from spikebridge.reference.integrate import integrate
from spikebridge.reports.metrics.numbers import short
from spikebridge.reports.proof.culprit import Culprit
from spikebridge.reports.proof.residual.at_resets import differences_at_resets
from spikebridge.reports.proof.residual.candidates import Candidate, candidates
from spikebridge.reports.proof.residual.envelope import Envelope, envelope
from spikebridge.reports.proof.residual.literals import lifted
from spikebridge.reports.proof.residual.naming import EXPLAINED, Fit, Named, Search
from spikebridge.reports.proof.residual.propagation import Equations
from spikebridge.reports.proof.residual.trace import NoEvidence, Trace, trace_of

SCHEMES = ("forward_euler", "exponential_euler", "backward_euler")  # that tell how much is left of the model itself
_MARGIN = 2.0  # by which another scheme may leave more than these
_UNSURE = 2e-4  # of a factor, or of a potential in mV: what a fit is off by beside what the samples leave open
_COARSE = 0.25  # a share by which every constant that matters should show where equations are called the same
_FURTHER = 1e5  # what no integrator leaves, adaptive or not
_FAR, _BEYOND, _SHARE, _COHERENT = 3.0, 1.5, 0.01, 0.8


class Decision(StrEnum):
    """What the equations say of a recording."""

    SAME = "same"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Finding:
    """What was found out from a recording and the equations it should follow.

    Attributes
    ----------
    left : what the equations leave over, in units of what schemes do; None where there is no evidence
    because : half a sentence
    """

    decision: Decision
    because: str
    culprits: tuple[Culprit, ...] = ()
    left: float | None = None


def find_out(experiment: Experiment, t_ms: np.ndarray, recorded: Mapping[str, np.ndarray]) -> Finding:
    """Hold samples of states, by name, in the model's units, each of the shape of the times, (samples,), against the experiment's
    equations."""
    if experiment.model.discrete or not recorded:
        return Finding(Decision.UNDECIDED, "there are no samples of states in time to hold against its equations")
    model = lifted(experiment.model)
    family = build_family(model.model)
    try:
        trace = trace_of(experiment, family, t_ms, recorded)
    except (NoEvidence, ArithmeticError, ValueError, BridgeError) as error:
        return Finding(Decision.UNDECIDED, str(error))
    equations = Equations(family, trace)
    base = envelope(equations)
    if not np.isfinite(base.left):
        return Finding(Decision.UNDECIDED, "its equations cannot be followed under these samples")
    seen = _seen_at_resets(experiment, family, trace, recorded)
    slack, beyond = (1.0, 1.0) if base.left <= EXPLAINED else left_by_schemes(experiment, trace, family)
    search, every = Search(equations, base, slack), candidates(experiment, model, equations.hidden)
    named = search.named(every)
    found = _decided(trace, base, slack, beyond, named, seen)
    return found if found.decision is not Decision.SAME else _as_far_as_seen(found, search, every)


def _as_far_as_seen(found: Finding, search: Search, every: Sequence[Candidate]) -> Finding:
    """The same equations, with what would have shown; undecided where some constant might be another one unseen."""
    limits = search.limits([c for c in every if c.kind in ("constant", "rate", "stimulus") and c.factor])
    if not limits:
        return replace(found, decision=Decision.UNDECIDED, because="no constant could be told from another by these samples")
    best, worst = (pick(limits, key=lambda name: limits[name]) for pick in (min, max))
    if limits[worst] > _COARSE:
        said = f"{found.because}, but samples this coarse would not show {worst} off by a factor of {short(1 + limits[worst])}"
        return replace(found, decision=Decision.UNDECIDED, because=said)
    others = "" if best == worst else f", {worst} from {short(100 * limits[worst])} % on"
    return replace(found, because=f"{found.because}, and {best} off by {short(100 * limits[best])} % would show{others}")


def _seen_at_resets(experiment: Experiment, family: Family, trace: Trace, recorded: Mapping[str, np.ndarray]) -> list[Culprit]:
    if not trace.uniform or experiment.observed not in recorded:
        return []
    return differences_at_resets(experiment, family, np.asarray(recorded[experiment.observed]), trace.dt_ms)


def left_by_schemes(experiment: Experiment, trace: Trace, family: Family) -> tuple[float, float]:
    """How much known schemes at the recording's step leave of the very model, with a margin; and how far beyond the envelope one
    in a hundred intervals lies; each at least 1, and infinite where none of them can be run.

    What is of second order in the step is bounded loosely: where it adds up over a run, this sees it.
    """
    model, found = experiment.model, []
    steps = max(1, round(float(trace.start_ms[-1] + trace.length_ms[-1] - trace.start_ms[0]) / trace.dt_ms))
    names = [model.state_names[i] for i in trace.places]
    for scheme in SCHEMES:
        try:
            run = integrate(
                build_system(model), scheme, steps * trace.dt_ms, trace.dt_ms, experiment.drive, arrivals=experiment.arrivals
            )
            states = {n: run.states[i] / model.factor(n) for i, n in zip(trace.places, names, strict=True)}
            own = envelope(Equations(family, trace_of(experiment, family, run.t_ms, states)))
        except (NoEvidence, ArithmeticError, ValueError):
            continue
        if np.isfinite(own.left):
            found.append((own.left, float(np.quantile(own.beyond, 1 - _SHARE))))
    if not found:
        return np.inf, np.inf
    left, beyond = (max(column) for column in zip(*found, strict=True))
    return max(1.0, _MARGIN * left), max(1.0, beyond)


def _decided(trace: Trace, base: Envelope, slack: float, beyond: float, named: Named | None, seen: list[Culprit]) -> Finding:
    left = base.left / slack
    culprits = [*seen, *(culprit_of(fit, named) for fit in named.fits)] if named else seen
    if culprits:
        return Finding(Decision.DIFFERENT, _named_words(left, named, seen), tuple(culprits), left)
    if left <= EXPLAINED:
        return Finding(
            Decision.SAME, f"the equations leave {short(left)} of what the error of a scheme at that step may", (), left
        )
    astray = np.any((base.beyond > _BEYOND * beyond) & (base.loose > 1.0), axis=0)
    share = float(np.mean(astray)) if astray.size else 0.0
    said = f"the equations leave {short(left)} times what the error of a scheme at that step may"
    if left > _FAR and share > _SHARE and trace.uniform and (base.coherent > _COHERENT or left > _FURTHER):
        return Finding(Decision.DIFFERENT, f"{said}, and no single change explains it", (), left)
    return Finding(Decision.UNDECIDED, f"{said}, which a scheme of another kind could", (), left)


# in words ---------------------------------------------------------------------------------------------------------


def culprit_of(fit: Fit, named: Named) -> Culprit:
    """A fit as a culprit."""
    return Culprit(fit.candidate.kind, fit.candidate.name, fit.candidate.expected, found_of(fit), named.explains)


def found_of(fit: Fit) -> str:
    """What the samples follow, with the digits that they tell."""
    candidate = fit.candidate
    if candidate.is_fixed:
        return candidate.found
    value = candidate.value(fit.x)
    unsure = max(2 * fit.sure, _UNSURE) * abs(value if candidate.factor else candidate.scale / candidate.one)
    return f"{_rounded(value, min(unsure, 0.05 * abs(value - candidate.value(0.0))))} {candidate.unit}".removesuffix(" 1")


def _rounded(value: float, unsure: float) -> str:
    """The fewest of six digits that are within what is not known."""
    rounded = (float(f"{value:.{n}g}") for n in range(1, 7))
    return f"{next((x for x in rounded if abs(x - value) <= unsure), value):.6g}"


def words_of(culprit: Culprit) -> str:
    """A culprit in a sentence."""
    match culprit.kind:
        case "swap":
            return f"{culprit.name} in each other's place"
        case "table":
            return f"{culprit.found} for the {culprit.name}"
        case "literal":
            return f"{culprit.found} instead of {culprit.name}"
        case "stimulus" | "weight" | "temperature" | "rate":
            return f"{culprit.name} times {culprit.found}"
    return f"{culprit.name} = {culprit.found} instead of {culprit.expected}"


def _named_words(left: float, named: Named | None, seen: list[Culprit]) -> str:
    shown = " and ".join(words_of(culprit) for culprit in seen)
    if named is None:
        return f"it has {shown}"
    first, *others = (words_of(culprit_of(fit, named)) for fit in named.fits)
    ties = f"; so does {' or '.join(others[:3])}" if others else ""
    more = f"; and it has {shown}" if shown else ""
    return (
        f"the equations leave {short(left)} times what the error of a scheme at that step may, and {first} explains it to "
        f"{short(named.left)} of that{ties}{more}"
    )
