"""The verdict on one engine, and the sentence that goes with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from spikebridge.bridge.definition.precision import Precision
from spikebridge.reference.upstairs import Shown
from spikebridge.reports.metrics.numbers import counted, quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.convergence import ORDER_TOLERANCE, Convergence
from spikebridge.reports.proof.halving import Halving
from spikebridge.reports.proof.sensitivity import Sensitivity
from spikebridge.reports.proof.translation_proof import TranslationProof


class Verdict(Shown, StrEnum):
    """The six words; from best to worst. Undecided and not run never count as agreement, and never hide a disagreement."""

    AGREE = "agree"
    DISCRETISATION = "differ only by discretisation"
    UNDECIDED = "undecided"
    NOT_RUN = "not run"
    NO_CONVERGENCE = "do not converge"
    OTHER_LIMIT = "converge to different limits"


FINE = (Verdict.AGREE, Verdict.DISCRETISATION)  # it is the same neuron
# of how the words are chosen: raised where the same evidence is given another one, so that a baseline tells it from a change
RULES = 2
_SEVERITY = list(Verdict)
_CLEARLY = 2.0  # times what it is known to, the waveform's limit lies away


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict on all of them."""
    return max(verdicts, key=_SEVERITY.index)


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on.

    Attributes
    ----------
    step : the step or tolerance asked for, as text
    order : in which the error falls with the step; None for an adaptive integrator
    error : the error found, None where the number of spikes differs; its limit is what one step hides
    spikes : spikes found minus spikes of the exact solution, and of the exact solution
    sensitivity : where runs can only be followed for a while: why
    suspicion : what is known to be wrong with this engine, told where it computes another neuron
    precision : in which the engine computed
    halving : what the reference errs by under this scheme, where there is neither proof nor ladder
    """

    dt_ms: float
    step: str
    order: int | None
    translation: TranslationProof | None
    error: Score
    spikes: tuple[int, int]
    convergence: Convergence | None
    sensitivity: Sensitivity | None = None
    suspicion: str = ""
    precision: Precision = Precision.DOUBLE
    halving: Halving | None = None

    @property
    def round_off(self) -> str:
        """As it is called in a sentence."""
        return "round-off" if self.precision is Precision.DOUBLE else f"{self.precision.words}'s round-off"


def judge(evidence: Evidence) -> tuple[Verdict, str]:
    """The verdict and one sentence a person can act on."""
    verdict, because = _judged(evidence)
    if evidence.suspicion and verdict in (Verdict.OTHER_LIMIT, Verdict.NO_CONVERGENCE):
        because = f"{because}: {evidence.suspicion}"
    return verdict, because


def _judged(evidence: Evidence) -> tuple[Verdict, str]:
    proof, convergence = evidence.translation, evidence.convergence
    if convergence is not None and not convergence.reaches_exact:
        if convergence.drowned and (proof is None or proof.passed):
            return Verdict.DISCRETISATION, _drowned(evidence)
        return _no_common_limit(evidence, convergence)
    if convergence is not None and _bends_away(convergence) and (proof is None or not proof.passed):
        return Verdict.OTHER_LIMIT, _another_waveform(convergence)
    if proof is not None and not proof.passed:
        return _other_arithmetic(evidence, proof)
    if convergence is not None and convergence.until_ms is not None:
        return Verdict.DISCRETISATION, _followed(evidence, convergence)
    if _invisible(evidence.error):
        return Verdict.AGREE, _agreement(evidence)
    if proof is None and convergence is None:
        return _by_halving(evidence)
    return Verdict.DISCRETISATION, _discretisation(evidence)


def _by_halving(evidence: Evidence) -> tuple[Verdict, str]:
    """For one run by itself: its error is the scheme's where the reference errs as much, and less at half the step."""
    found, (difference, expected) = evidence.halving, evidence.spikes
    if found is None:
        return Verdict.UNDECIDED, f"{_off(evidence)}, and nothing here shows that its step is why: run without --quick"
    if found.explains(evidence.error, difference):
        return Verdict.DISCRETISATION, f"{_off(evidence)}, as its scheme leaves it: {found.words(expected)}"
    return Verdict.UNDECIDED, f"{_off(evidence)}, which its scheme does not explain: {found.words(expected)}; run without --quick"


def _bends_away(convergence: Convergence) -> bool:
    """Whether the waveform between the spikes has another limit: a spike says nothing of what comes after it."""
    between = convergence.between_spikes
    if convergence.until_ms is not None or between is None or not between.settled:
        return False
    return between.difference is not None and between.difference > _CLEARLY * (between.uncertainty or 0.0)


def _another_waveform(convergence: Convergence) -> str:
    between = convergence.between_spikes
    assert between is not None
    unit = between.ladder.unit
    return (
        f"the spikes converge to those of the exact solution, but the waveform between them to {quantity(between.difference or 0.0, unit)} from "
        f"it, known to {quantity(between.uncertainty or 0.0, unit)}: look at what a spike resets, and for how long"
    )


def _followed(evidence: Evidence, convergence: Convergence) -> str:
    """For a neuron that can be followed for a while: what is proven until then, and why no longer."""
    known = quantity(convergence.uncertainty or 0.0, convergence.ladder.unit)
    difference, expected = evidence.spikes
    found = counted(expected + difference, "spike") + (f" instead of {expected}" if difference else "")
    why = evidence.sensitivity.sentence if evidence.sensitivity else ""
    return (
        f"{found} at {evidence.step}; the first {counted(convergence.spikes or 0, 'spike')}, until {short(convergence.until_ms)} ms, "
        f"converge to the exact solution, to {known}, and no such step follows it further{': ' if why else ''}{why}"
        f"{_proved(evidence)}"
    )


def _drowned(evidence: Evidence) -> str:
    """For a neuron that round-off alone takes elsewhere before any step shows where it leads."""
    difference, expected = evidence.spikes
    found = counted(expected + difference, "spike") + (f" instead of {expected}" if difference else "")
    return f"{found} at {evidence.step}{_proved(evidence)}, which alone may explain it: smaller steps tell nothing"


def _invisible(error: Score) -> bool:
    return error.value is not None and error.limit is not None and error.value <= error.limit


def _agreement(evidence: Evidence) -> str:
    error = evidence.error
    count = evidence.spikes[1]
    spikes = counted(count, "spike") + (", each" if count > 1 else "")
    what = spikes if error.unit == "ms" else "the waveform is"
    within = quantity(error.value or 0.0, error.unit)
    return f"{what} within {within} of the exact solution at {evidence.step}{_proved(evidence)}"


def _proved(evidence: Evidence) -> str:
    proof = evidence.translation
    if proof is None:
        return ""
    said = f"; the translation is exact to {evidence.round_off}"
    if proof.horizon_ms is None:
        return said
    return f"{said} in every step, though whole runs part from t = {short(proof.horizon_ms)} ms on, as round-off alone would have them"


def _discretisation(evidence: Evidence) -> str:
    return _off(evidence) + _proved(evidence) + _advice(evidence)


def _off(evidence: Evidence) -> str:
    """What is found at this step."""
    difference, expected = evidence.spikes
    if difference:
        return f"{counted(expected + difference, 'spike')} instead of {expected} at {evidence.step}"
    error = evidence.error
    what = "spikes are off by up to" if error.unit == "ms" else "the waveform is off by up to"
    return f"{what} {quantity(error.value or 0.0, error.unit)} at {evidence.step}"


def _advice(evidence: Evidence) -> str:
    """How the error falls, or which step would hide it, by the order of the scheme."""
    error, order = evidence.error, evidence.order
    if error.value is None or not error.limit or not order or evidence.convergence is None:
        return ""
    rounded = evidence.convergence.ladder.round_off
    if rounded and error.value <= rounded[0]:
        return f", which alone may take them as far as {quantity(rounded[0], error.unit)}: no smaller dt would do better"
    observed = evidence.convergence.order
    if observed is not None and abs(observed - order) >= ORDER_TOLERANCE:
        return f"; the observed order is {observed:.2f} instead of {order}: try a smaller dt"
    if order > 1:
        # the error falls as dt**order, what one step hides falls as dt
        enough = evidence.dt_ms * (error.limit / error.value) ** (1 / (order - 1))
        return f"; dt = {short(enough)} ms would hide it"
    if observed is None:
        return "; the error shrinks with dt"
    return f"; the error falls in proportion to dt (observed order {observed:.2f})"


def _other_arithmetic(evidence: Evidence, proof: TranslationProof) -> tuple[Verdict, str]:
    name = proof.worst
    defect = f"one step of {name} misses {proof.against} by {_defect(proof)}, where {evidence.round_off} allows {short(proof.limit[name])}"
    found = evidence.convergence
    if found is not None:
        known = quantity(found.uncertainty or 0.0, found.ladder.unit)
        return (
            Verdict.DISCRETISATION,
            f"{defect}; the limit is nevertheless the exact solution, to {known}: a convention differs, or the model by less than that",
        )
    return Verdict.OTHER_LIMIT, f"{defect}: look at the equation of {name}; run without --quick to see the limit"


def _no_common_limit(evidence: Evidence, convergence: Convergence) -> tuple[Verdict, str]:
    proof = evidence.translation
    suspect = ""
    if proof is not None and not proof.passed:
        suspect = f"; look at the equation of {proof.worst}, whose step defect of {_defect(proof)} is beyond round-off ({short(proof.limit[proof.worst])})"
    if not convergence.settled or convergence.difference is None:
        advice = suspect or "; start from a smaller dt"
        return Verdict.NO_CONVERGENCE, f"smaller steps do not settle: {_rungs(convergence)}{advice}"
    unit = convergence.ladder.unit
    of = f" of the first {counted(convergence.spikes, 'spike')}" if convergence.spikes else ""
    return Verdict.OTHER_LIMIT, (
        f"the limit{of} of small steps is {quantity(convergence.difference, unit)} from the exact solution, "
        f"known to {quantity(convergence.uncertainty or 0.0, unit)}{suspect}"
    )


def _defect(proof: TranslationProof) -> str:
    return quantity(proof.step_defect[proof.worst], proof.units.get(proof.worst, "1"))


def _rungs(convergence: Convergence) -> str:
    unit = convergence.ladder.unit
    return ", ".join("another number of spikes" if w is None else quantity(w, unit) for w in convergence.worst)
