"""The words and numbers of a comparison as people read them, the same in every format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spikebridge.reports.metrics.numbers import quantity, short
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.foreign_recording import common
from spikebridge.reports.proof.verdict import Verdict

COLUMNS = ("translation", "step defect", "spikes", "max spike shift", "max error", "rms", "observed order", "limit gap")
SHORT = {
    Verdict.AGREE: "agree",
    Verdict.DISCRETISATION: "by step",
    Verdict.OTHER_LIMIT: "other limit",
    Verdict.NO_CONVERGENCE: "unsettled",
    Verdict.UNDECIDED: "undecided",
    Verdict.NOT_RUN: "not run",
}
_MOST_NAMED = 4  # in one sentence


def sentence(comparison: Comparison) -> str:
    """The verdict on the whole, in one sentence."""
    counts = Counter(entry.verdict for entry in comparison.entries)
    total = len(comparison.entries)
    ran = total - counts[Verdict.NOT_RUN]
    missing = "" if ran == total else f" {_some(comparison, Verdict.NOT_RUN)} did not run."
    if ran == 0:
        return "No engine ran."
    for bad, words in (
        (Verdict.OTHER_LIMIT, ("computes another neuron", "compute other neurons")),
        (Verdict.NO_CONVERGENCE, ("does not settle as the step shrinks", "do not settle as the step shrinks")),
        (Verdict.UNDECIDED, ("may or may not be the same neuron", "may or may not be the same neuron")),
    ):
        if counts[bad]:
            return f"{_some(comparison, bad)} {words[counts[bad] > 1]}.{missing}"
    subject = (
        f"{'Both' if ran == 2 else f'All {ran}'} engines compute"
        if ran > 1 and ran == total
        else f"The {ran} engines that ran compute"
        if ran > 1
        else "The engine computes"
    )
    missing += _silence(comparison)
    if counts[Verdict.DISCRETISATION]:
        some = _some(comparison, Verdict.DISCRETISATION)
        return f"{subject} the same neuron; at dt = {comparison.experiment.dt} {some} still show{'s' if counts[Verdict.DISCRETISATION] == 1 else ''} integration error.{missing}"
    return f"{subject} the same neuron, to within one step.{missing}"


def _silence(comparison: Comparison) -> str:
    """Said of a neuron that could spike: who expects spikes must not take agreement for them."""
    experiment = comparison.experiment
    if experiment.model.spike is None or len(comparison.exact.spike_times_ms):
        return ""
    return f" There is no spike in {experiment.duration}."


def _some(comparison: Comparison, verdict: Verdict) -> str:
    names = [e.key for e in comparison.entries if e.verdict is verdict]
    if len(names) > _MOST_NAMED:
        return f"{len(names)} of them"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def cells(comparison: Comparison, entry: Entry) -> dict[str, str]:
    """The entry's measures as text, by column; empty where the engine did not run."""
    if not entry.accuracy or entry.recording is None:
        return {}
    texts = {
        "spikes": f"{len(entry.recording.spike_times_ms)} of {len(common(comparison.exact, entry.recording)[0].spike_times_ms)}",
        "max spike shift": _score(entry.accuracy["spike_shift"]) if len(comparison.exact.spike_times_ms) else "-",
        "max error": _score(entry.accuracy["max_abs"]),
        "rms": _score(entry.accuracy["rms"]),
    }
    if entry.translation is not None:
        name = comparison.experiment.observed
        unit = entry.recording.units[name]
        parted = entry.translation.horizon_ms
        since = "" if parted is None else f" from {short(parted)} ms"
        texts["translation"] = quantity(entry.translation.max_abs[name], unit) + since
        texts["step defect"] = quantity(entry.translation.step_defect[name], unit)
    if entry.convergence is not None:
        order, gap = entry.convergence.order, entry.convergence.difference
        own = f" of {entry.scheme.order}" if entry.scheme.order else ""
        texts["observed order"] = "-" if order is None else f"{order:.2f}{own}"
        texts["limit gap"] = "-" if gap is None else quantity(gap, entry.convergence.ladder.unit)
    return {column: texts.get(column, "-") for column in COLUMNS}


def _score(score: Score) -> str:
    return "-" if score.value is None else quantity(score.value, score.unit)


def listed(names: Sequence[str]) -> str:
    """``a, b and c``; empty of none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
