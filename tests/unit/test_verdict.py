"""From evidence to one of six words and one sentence, word for word."""

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.precision import Precision
from spikebridge.reports.commands.compare import STATUS
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.convergence import Convergence, Ladder
from spikebridge.reports.proof.halving import Halving
from spikebridge.reports.proof.translation_proof import TranslationProof
from spikebridge.reports.proof.verdict import Evidence, Verdict, judge, worst

DT = 0.01
EXACT = TranslationProof({"v": 2e-11}, {"v": 3e-13}, {"v": 4e-12}, True, "the reference's backward_euler", units={"v": "mV"})
WRONG = TranslationProof(
    {"v": 9.0, "m": 0.1, "h": 0.2},
    {"v": 1e-13, "m": 2.31e-4, "h": 1e-17},
    {"v": 4e-12, "m": 3.3e-15, "h": 2e-15},
    False,
    "the reference's backward_euler",
    units={"v": "mV", "m": "1", "h": "1"},
)
WRONG_V = TranslationProof({"v": 9.0}, {"v": 0.0567}, {"v": 4e-12}, False, "the reference's rk4", units={"v": "mV"})


def convergence(
    order=1.01, difference=5e-5, uncertainty=1e-4, settled=True, worst=(0.17, 0.08, 0.04, 0.02), unit="ms", round_off=()
):
    steps = tuple(DT / 2**k for k in range(4))
    ladder = Ladder(steps, (np.zeros(1),) * 4, unit, 1e-9, round_off=round_off)
    return Convergence(ladder, worst, order, difference, uncertainty, settled)


def evidence(error, limit=DT, unit="ms", order=1, translation=EXACT, spikes=(0, 7), found=None, step="dt = 0.01 ms", precision=Precision.DOUBLE) -> Evidence:  # fmt: skip
    return Evidence(DT, step, order, translation, Score(error, unit, limit), spikes, found, precision=precision)


UNSETTLED = convergence(order=None, difference=None, uncertainty=None, settled=False, worst=(None, 0.3, None, 2.0))
ELSEWHERE = convergence(difference=0.31, uncertainty=2e-4)
REACHED = convergence()
SINGLE = Precision.SINGLE
DROWNED = convergence(order=None, difference=None, uncertainty=None, settled=False, worst=(None,) * 4, round_off=(np.inf,) * 4)

APART = replace(EXACT, max_abs={"v": 2200.0}, straying=20.0, horizon_ms=53.0)
BETWEEN = replace(convergence(), between_spikes=convergence(difference=4.9, uncertainty=0.02, unit="mV"))

CASES = {
    "whole runs that round-off parts": (
        evidence(0.17, translation=APART),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.17 ms at dt = 0.01 ms; the translation is exact to round-off in every step, "
        "though whole runs part from t = 53 ms on, as round-off alone would have them",
    ),
    "off, without a proof or a ladder": (
        evidence(190.0, limit=0.05, unit="mV", translation=None, spikes=(0, 0)),
        Verdict.UNDECIDED,
        "the waveform is off by up to 190 mV at dt = 0.01 ms, and nothing here shows that its step is why: run without --quick",
    ),
    "off by as much as the scheme is, and no ladder": (
        replace(evidence(0.17, translation=None), halving=Halving("forward_euler", (0.16, 0.08), (0, 0), "ms")),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.17 ms at dt = 0.01 ms, as its scheme leaves it: "
        "under the reference's forward_euler 0.16 ms, and 0.08 ms at half the step",
    ),
    "off by more than the scheme is, and no ladder": (
        replace(
            evidence(190.0, limit=0.05, unit="mV", translation=None, spikes=(0, 0)),
            halving=Halving("forward_euler", (0.06, 0.03), (0, 0), "mV"),
        ),
        Verdict.UNDECIDED,
        "the waveform is off by up to 190 mV at dt = 0.01 ms, which its scheme does not explain: "
        "under the reference's forward_euler 0.06 mV, and 0.03 mV at half the step; run without --quick",
    ),
    "as many spikes too many as the scheme makes": (
        replace(evidence(None, translation=None, spikes=(1, 7)), halving=Halving("rk4", (None, 0.02), (1, 0), "ms")),
        Verdict.DISCRETISATION,
        "8 spikes instead of 7 at dt = 0.01 ms, as its scheme leaves it: under the reference's rk4 8 spikes, and 0.02 ms at half the step",
    ),
    "an error that halving does not make smaller": (
        replace(evidence(0.17, translation=None), halving=Halving("forward_euler", (0.16, 0.15), (0, 0), "ms")),
        Verdict.UNDECIDED,
        "spikes are off by up to 0.17 ms at dt = 0.01 ms, which its scheme does not explain: "
        "under the reference's forward_euler 0.16 ms, and 0.15 ms at half the step; run without --quick",
    ),
    "spikes in place, and another waveform after them": (
        evidence(0.0001, translation=None, order=None, spikes=(0, 1), found=BETWEEN, step="this tolerance"),
        Verdict.OTHER_LIMIT,
        "the spikes converge to those of the exact solution, but the waveform between them to 4.9 mV from it, known to 0.02 mV: "
        "look at what a spike resets, and for how long",
    ),
    "a waveform away from the spikes is no matter where every step is proven": (
        evidence(0.0001, spikes=(0, 1), found=BETWEEN),
        Verdict.AGREE,
        "1 spike within 0.0001 ms of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "a step hides the error": (
        evidence(0.0091, found=REACHED),
        Verdict.AGREE,
        "7 spikes, each within 0.0091 ms of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "exactly one step still agrees": (
        evidence(DT, found=REACHED),
        Verdict.AGREE,
        "7 spikes, each within 0.01 ms of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "one spike": (
        evidence(0.001, spikes=(0, 1)),
        Verdict.AGREE,
        "1 spike within 0.001 ms of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "an adaptive integrator has no twin": (
        evidence(0.0001, order=None, translation=None, step="this tolerance"),
        Verdict.AGREE,
        "7 spikes, each within 0.0001 ms of the exact solution at this tolerance",
    ),
    "a waveform without spikes": (
        evidence(0.03, limit=0.05, unit="mV", spikes=(0, 0)),
        Verdict.AGREE,
        "the waveform is within 0.03 mV of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "a waveform without unit": (
        evidence(1.6e-9, limit=0.05, unit="1", spikes=(0, 0)),
        Verdict.AGREE,
        "the waveform is within 1.6e-9 of the exact solution at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "first order": (
        evidence(0.17, found=REACHED),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.17 ms at dt = 0.01 ms; the translation is exact to round-off; "
        "the error falls in proportion to dt (observed order 1.01)",
    ),
    "second order, and the step that would do": (
        # the error must fall from 0.04 to what a step hides: 0.04 (dt/0.01)^2 = dt at dt = 0.0025
        evidence(0.04, order=2, found=convergence(order=1.98)),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.04 ms at dt = 0.01 ms; the translation is exact to round-off; dt = 0.0025 ms would hide it",
    ),
    "an order that is not the scheme's": (
        evidence(0.04, order=4, found=convergence(order=-0.32)),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.04 ms at dt = 0.01 ms; the translation is exact to round-off; "
        "the observed order is -0.32 instead of 4: try a smaller dt",
    ),
    "errors that jump with the grid": (
        evidence(0.04, found=convergence(order=None)),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.04 ms at dt = 0.01 ms; the translation is exact to round-off; the error shrinks with dt",
    ),
    "off, and no ladder": (
        evidence(0.17),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.17 ms at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "a spike too many": (
        evidence(None, spikes=(1, 7), found=REACHED),
        Verdict.DISCRETISATION,
        "8 spikes instead of 7 at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "all spikes but one missing": (
        evidence(None, spikes=(-6, 7), found=REACHED),
        Verdict.DISCRETISATION,
        "1 spike instead of 7 at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "a waveform that is off": (
        evidence(0.3, limit=0.05, unit="mV", spikes=(0, 0)),
        Verdict.DISCRETISATION,
        "the waveform is off by up to 0.3 mV at dt = 0.01 ms; the translation is exact to round-off",
    ),
    "another limit": (
        evidence(0.4, found=ELSEWHERE),
        Verdict.OTHER_LIMIT,
        "the limit of small steps is 0.31 ms from the exact solution, known to 0.0002 ms",
    ),
    "another limit, hidden by the step": (
        evidence(0.001, found=convergence(difference=0.001, uncertainty=1e-6)),
        Verdict.OTHER_LIMIT,
        "the limit of small steps is 0.001 ms from the exact solution, known to 1e-6 ms",
    ),
    "another limit, and the equation to blame": (
        evidence(0.4, translation=WRONG, found=ELSEWHERE),
        Verdict.OTHER_LIMIT,
        "the limit of small steps is 0.31 ms from the exact solution, known to 0.0002 ms; "
        "look at the equation of m, whose step defect of 0.00023 is beyond round-off (3.3e-15)",
    ),
    "no limit": (
        evidence(None, spikes=(-3, 7), found=UNSETTLED),
        Verdict.NO_CONVERGENCE,
        "smaller steps do not settle: another number of spikes, 0.3 ms, another number of spikes, 2 ms; start from a smaller dt",
    ),
    "no limit, and the equation to blame": (
        evidence(None, translation=WRONG_V, spikes=(-3, 7), found=UNSETTLED),
        Verdict.NO_CONVERGENCE,
        "smaller steps do not settle: another number of spikes, 0.3 ms, another number of spikes, 2 ms; "
        "look at the equation of v, whose step defect of 0.057 mV is beyond round-off (4e-12)",
    ),
    "other arithmetic, no ladder to clear it": (
        evidence(0.001, translation=WRONG_V),
        Verdict.OTHER_LIMIT,
        "one step of v misses the reference's rk4 by 0.057 mV, where round-off allows 4e-12: "
        "look at the equation of v; run without --quick to see the limit",
    ),
    "single precision": (
        evidence(0.0091, found=REACHED, precision=SINGLE),
        Verdict.AGREE,
        "7 spikes, each within 0.0091 ms of the exact solution at dt = 0.01 ms; "
        "the translation is exact to single precision's round-off",
    ),
    "single precision, whose round-off is all there is": (
        evidence(0.04, order=4, found=convergence(order=None, round_off=(0.05, 0.1, 0.2, 0.4)), precision=SINGLE),
        Verdict.DISCRETISATION,
        "spikes are off by up to 0.04 ms at dt = 0.01 ms; the translation is exact to single precision's round-off, "
        "which alone may take them as far as 0.05 ms: no smaller dt would do better",
    ),
    "single precision, which loses the spikes": (
        evidence(None, spikes=(1, 7), found=DROWNED, precision=SINGLE),
        Verdict.DISCRETISATION,
        "8 spikes instead of 7 at dt = 0.01 ms; the translation is exact to single precision's round-off, "
        "which alone may explain it: smaller steps tell nothing",
    ),
    "single precision, which loses the spikes of another neuron": (
        evidence(None, translation=WRONG_V, spikes=(1, 7), found=DROWNED, precision=SINGLE),
        Verdict.NO_CONVERGENCE,
        "smaller steps do not settle: another number of spikes, another number of spikes, another number of spikes, "
        "another number of spikes; look at the equation of v, whose step defect of 0.057 mV is beyond round-off (4e-12)",
    ),
    "other arithmetic in single precision": (
        evidence(0.001, translation=WRONG_V, precision=SINGLE),
        Verdict.OTHER_LIMIT,
        "one step of v misses the reference's rk4 by 0.057 mV, where single precision's round-off allows 4e-12: "
        "look at the equation of v; run without --quick to see the limit",
    ),
    "other arithmetic, same limit": (
        evidence(0.001, translation=WRONG, found=REACHED),
        Verdict.DISCRETISATION,
        "one step of m misses the reference's backward_euler by 0.00023, where round-off allows 3.3e-15; "
        "the limit is nevertheless the exact solution, to 0.0001 ms: a convention differs, or the model by less than that",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_evidence_gives_verdict_and_sentence(case) -> None:
    """Exactly this word and this sentence."""
    found, verdict, sentence = CASES[case]
    assert judge(found) == (verdict, sentence)


def test_the_words_are_these() -> None:
    """What scripts compare with."""
    assert [str(v) for v in Verdict] == [
        "agree",
        "differ only by discretisation",
        "undecided",
        "not run",
        "do not converge",
        "converge to different limits",
    ]


def test_the_table_reaches_every_verdict_that_can_be_judged() -> None:
    """All but not run, which needs no judge."""
    assert {verdict for _, verdict, _ in CASES.values()} == set(Verdict) - {Verdict.NOT_RUN}


@pytest.mark.parametrize(
    ("verdicts", "on_all"),
    [
        ([Verdict.AGREE, Verdict.AGREE], Verdict.AGREE),
        ([Verdict.DISCRETISATION, Verdict.AGREE], Verdict.DISCRETISATION),
        ([Verdict.AGREE, Verdict.NOT_RUN, Verdict.DISCRETISATION], Verdict.NOT_RUN),
        ([Verdict.AGREE, Verdict.UNDECIDED, Verdict.DISCRETISATION], Verdict.UNDECIDED),
        ([Verdict.UNDECIDED, Verdict.NOT_RUN], Verdict.NOT_RUN),
        ([Verdict.NO_CONVERGENCE, Verdict.NOT_RUN], Verdict.NO_CONVERGENCE),
        ([Verdict.OTHER_LIMIT, Verdict.NO_CONVERGENCE, Verdict.NOT_RUN, Verdict.AGREE], Verdict.OTHER_LIMIT),
    ],
)
def test_the_worst_verdict_is_the_verdict_on_all(verdicts, on_all) -> None:
    """An engine that did not run, or is undecided, is never agreement, and never hides a disagreement."""
    assert worst(verdicts) is on_all


def test_exit_statuses_are_worst_first() -> None:
    """The verdict on all has the exit status that is the worst of all: 1, then 3, then 4, then 0."""
    assert [STATUS[verdict] for verdict in reversed(Verdict)] == [1, 1, 3, 4, 0, 0]


def test_no_agreement_without_proof_and_limit() -> None:
    """However small the error found, a failed proof or another limit is not agreement."""
    for translation, found in ((WRONG, None), (WRONG, REACHED), (EXACT, ELSEWHERE), (None, UNSETTLED)):
        assert judge(evidence(0.0, translation=translation, found=found))[0] is not Verdict.AGREE
