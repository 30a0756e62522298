"""Recordings from elsewhere take part: what they are is recognised, and nothing is run for them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from runs import recording_of

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import BRIAN2, NEURON, integrate
from spikebridge.reports.formats.output import write_report
from spikebridge.reports.formats.registry import FORMATS
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.recording_participant import RecordingParticipant
from spikebridge.reports.proof.samples import Samples
from spikebridge.reports.proof.verdict import FINE, Verdict

EXPERIMENT = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "20 ms", "0.025 ms")

PASSIVE = Experiment("passive_membrane", step("100 pA", "1 ms"), "20 ms", "0.025 ms")


def sampled(scheme: str = "rk4", dt: str = "0.025 ms", experiment: Experiment = EXPERIMENT, digits: int = 17) -> Samples:
    run = recording_of(Experiment(experiment.model, experiment.stimulus, experiment.duration, dt), scheme)
    return Samples(run.t_ms, np.round(run["v"], digits), "mV", "v", "a test")


def judged(samples: Samples, experiment: Experiment = EXPERIMENT):
    return compare(experiment, ["reference"], quick=True, recordings={"lab": samples})["lab"]


@pytest.mark.parametrize("scheme", ["forward_euler", "exponential_euler", "rk2", "backward_euler", "crank_nicolson"])
@pytest.mark.parametrize("digits", [17, 4])
def test_the_scheme_of_a_recording_is_recognised(scheme, digits) -> None:
    """By its own error, down to the last digit of the file; a recording that is exact to a step agrees."""
    entry = judged(sampled(scheme, digits=digits))
    assert entry.verdict == (Verdict.AGREE if scheme in ("rk2", "crank_nicolson") else Verdict.DISCRETISATION)
    assert f"it is {scheme} at dt = 0.025 ms of this very model" in entry.because


def test_a_recording_of_a_gate_is_judged_by_the_gate() -> None:
    """It shows no spikes, so none are missing from it."""
    experiment = replace(EXPERIMENT, observed="n")
    run = recording_of(experiment, "forward_euler")
    entry = compare(experiment, ["reference"], quick=True, recordings={"lab": Samples(run.t_ms, run["n"], "1", "n", "a test")})[
        "lab"
    ]
    assert entry.verdict == Verdict.DISCRETISATION and "it is forward_euler at dt = 0.025 ms of this very model" in entry.because
    assert list(entry.recording.values) == ["n"]


def test_a_coarser_recording_is_recognised_on_its_own_samples() -> None:
    """No interpolation comes between."""
    entry = judged(sampled("forward_euler", "0.05 ms"))
    assert "it is forward_euler at dt = 0.05 ms of this very model" in entry.because
    assert entry.recording.dt_ms == pytest.approx(0.05)


def test_a_recording_of_another_regime_says_which() -> None:
    """E_L = -54.4 mV at a step where the difference shows."""
    other = Experiment(load("hodgkin_huxley").with_regime("rounded"), EXPERIMENT.stimulus, EXPERIMENT.duration, EXPERIMENT.dt)
    entry = judged(sampled("backward_euler", experiment=other))
    assert entry.verdict == Verdict.OTHER_LIMIT and "it is backward_euler at dt = 0.025 ms in the regime rounded" in entry.because


@pytest.mark.parametrize(("late", "word"), [(1, "late"), (-1, "early")])
def test_labels_one_step_off_are_named(late, word) -> None:
    """Samples on time but under the time of the step before or after, as one simulator labels its spikes."""
    samples = sampled("backward_euler")
    shifted = samples.values[: len(samples.values) - 1] if late > 0 else samples.values[1:]
    values = np.concatenate([samples.values[:1], shifted] if late > 0 else [shifted, samples.values[-1:]])
    entry = judged(Samples(samples.t_ms, values, "mV", "v", "a test"))
    assert entry.verdict == Verdict.DISCRETISATION
    assert f"it is backward_euler at dt = 0.025 ms of this very model, its samples labelled one step {word}" in entry.because


def test_samples_before_the_reset_are_named() -> None:
    """Where the value before the reset is kept, the rest is still recognised; where another sample is off, it is not."""
    experiment = Experiment("leaky_integrate_and_fire", step("2 nA", "0 ms"), "60 ms", "0.1 ms")
    run = recording_of(experiment, "backward_euler")
    at = np.rint(np.asarray(run.raw_spike_times_ms) / 0.1).astype(int)
    assert len(at) > 1
    for where, expected in ((at, True), (at[:1] + 3, False)):
        values = run["v"].copy()
        values[where] = -49.0
        samples = Samples(run.t_ms, values, "mV", "v", "a test")
        entry = compare(experiment, ["reference"], quick=True, recordings={"lab": samples})["lab"]
        said = "of this very model, with the value before the reset at each spike" in entry.because
        assert said == expected, entry.because


def test_what_no_scheme_gives_is_said_with_its_time() -> None:
    """A millivolt too much from 10 ms on."""
    samples = sampled("backward_euler", experiment=PASSIVE)
    wrong = Samples(samples.t_ms, samples.values + (samples.t_ms > 10), "mV", "v", "a test")
    entry = judged(wrong, PASSIVE)
    assert entry.verdict not in FINE
    assert "the one that follows longest, backward_euler, differs from t = 10.025 ms on by up to 1 mV" in entry.because


def test_a_flat_line_is_no_neuron_that_fires() -> None:
    """Samples at resets are excused only where they have reached the threshold, as values before a reset have."""
    experiment = Experiment("leaky_integrate_and_fire", step("2 nA", "0 ms"), "300 ms", "0.1 ms")
    t_ms = np.arange(0.0, 300.1, 5.0)
    flat = Samples(t_ms, np.full(len(t_ms), -65.0), "mV", "v", "a test")
    entry = compare(experiment, ["reference"], quick=True, recordings={"lab": flat})["lab"]
    assert entry.verdict == Verdict.OTHER_LIMIT, entry.because


def test_the_scheme_that_follows_longest_is_named() -> None:
    """Of an Euler run that goes wrong from 10 ms on, Euler, however near others come in the end."""
    samples = sampled("forward_euler", experiment=PASSIVE)
    entry = judged(Samples(samples.t_ms, samples.values - 40.0 * (samples.t_ms > 10), "mV", "v", "a test"), PASSIVE)
    assert "the one that follows longest, forward_euler, differs from t = 10.025 ms on" in entry.because


def test_a_bump_between_spikes_is_no_agreement() -> None:
    """Half a millivolt for two milliseconds, with all spikes in place: no scheme gives such samples."""
    samples = sampled()
    bump = 0.5 * ((samples.t_ms > 5) & (samples.t_ms < 7))
    entry = judged(Samples(samples.t_ms, samples.values + bump, "mV", "v", "a test"))
    assert entry.verdict not in FINE and "no scheme at dt = 0.025 ms gives these samples" in entry.because


def test_nothing_is_run_for_a_recording() -> None:
    """It takes part without an engine; the experiment's own runs are the same beside it."""
    participant = RecordingParticipant("lab", sampled())
    assert participant.runs(EXPERIMENT, quick=False) == [] and participant.engine is None
    comparison = compare(EXPERIMENT, ["reference"], quick=True, recordings={"lab": sampled()})
    alone = compare(EXPERIMENT, ["reference"], quick=True)
    assert [entry.key for entry in comparison.entries] == ["reference", "lab"]
    assert comparison["reference"].accuracy == alone["reference"].accuracy


def test_samples_are_used_as_they_were_given() -> None:
    """A comparison leaves them alone, so that they can take part in another, of another experiment."""
    samples = sampled()
    before = (samples.t_ms.copy(), samples.values.copy())
    shorter = replace(EXPERIMENT, duration="10 ms")
    entries = [compare(e, ["reference"], quick=True, recordings={"lab": samples})["lab"] for e in (EXPERIMENT, shorter)]
    assert [len(entry.recording.t_ms) for entry in entries] == [801, 401]
    assert np.array_equal(samples.t_ms, before[0]) and np.array_equal(samples.values, before[1])


def test_recordings_with_other_refractory_rules_get_other_sentences() -> None:
    """A simulator that counts a period from the start of the step that crossed rests a step less."""
    model = load("leaky_integrate_and_fire").with_parameters(tau_refrac="2 ms")
    experiment = Experiment(model, step("3 nA", "0 ms"), "30 ms", "0.1 ms")
    because = []
    for convention in (NEURON, BRIAN2):
        run = integrate(build_system(model), "forward_euler", 30.0, 0.1, experiment.drive, convention)
        samples = Samples(run.t_ms, run.states[0] / model.factor("v"), "mV", "v", "a test")
        because.append(compare(experiment, ["reference"], quick=True, recordings={"lab": samples})["lab"].because)
    assert "at rest for 20 steps after a spike" in because[0] and "at rest for 19 steps after a spike" in because[1]


# what people's files look like -------------------------------------------------------------------------


SHORT = replace(EXPERIMENT, duration="8 ms", dt="0.05 ms", record=("v", "I_K"))


def recorded(scheme: str, experiment: Experiment = SHORT, *beside: str) -> Samples:
    """A run of the short experiment, with what is asked for beside the voltage."""
    run = recording_of(experiment, scheme)
    return Samples(run.t_ms, run["v"], "mV", "v", "a test", others={n: (run[n], run.units[n]) for n in beside})


def part(samples: Samples, places: slice) -> Samples:
    """Some of the samples, with what stands beside them."""
    others = {n: (x[places], unit) for n, (x, unit) in samples.others.items()}
    return replace(samples, t_ms=samples.t_ms[places], values=samples.values[places], others=others)


@pytest.mark.parametrize(
    ("scheme", "places", "said"),
    [
        ("backward_euler", slice(0, 160), "judged from 0 to 7.95 ms, where it has samples, of the experiment's 8 ms"),
        ("rk4", slice(0, 100), "judged from 0 to 4.95 ms"),
        ("backward_euler", slice(40, None), "judged from 2 to 8 ms"),
    ],
)
def test_a_recording_of_a_part_is_judged_where_it_has_samples(scheme, places, said) -> None:
    """One step short, as every StateMonitor of Brian2, or much shorter, or late: the same verdict, and the span is said."""
    entry = judged(part(recorded(scheme), places), SHORT)
    assert said in entry.because and entry.accuracy["spike_count"].value == 0 and np.isfinite(entry.accuracy["rms"].value)
    if scheme == "rk4":
        assert entry.verdict == Verdict.AGREE
    else:
        assert (
            entry.verdict == Verdict.DISCRETISATION and "it is backward_euler at dt = 0.05 ms of this very model" in entry.because
        )


def test_a_part_of_another_neuron_is_not_excused() -> None:
    """A leak reversal 0.013 mV off, seen in the half that is there."""
    other = replace(SHORT, model=load("hodgkin_huxley").with_regime("rounded"))
    entry = judged(part(recorded("backward_euler", other), slice(0, 100)), SHORT)
    assert entry.verdict == Verdict.OTHER_LIMIT and "in the regime rounded, to" in entry.because


def test_what_is_said_of_a_part_fits_on_every_page(tmp_path) -> None:
    """Report, table and JSON, with gaps where nothing was recorded; states and currents beside it are shown as recorded."""
    given = part(recorded("backward_euler", SHORT, "m", "h", "n", "I_K"), slice(0, 100))
    comparison = compare(SHORT, ["reference"], quick=True, recordings={"lab": given})
    assert "; its m, h, n and I_K fit too; judged from 0 to 4.95 ms" in comparison["lab"].because
    document = json.loads(FORMATS["json"].made(comparison))["engines"]["lab"]
    shifts = document["accuracy"]["spike_shifts_ms"]
    assert document["accuracy"]["spike_count_difference"] == 0 and len(shifts) == len(document["spike_times_ms"]) == 1
    assert "judged from 0 to 4.95 ms" in write_report(comparison, tmp_path).read_text()
    assert "lab" in FORMATS["table"].made(comparison)["engine"].values


def test_a_recording_of_a_current_alone_is_judged() -> None:
    """By that, and the sentence says so."""
    run = recording_of(SHORT, "forward_euler")
    entry = judged(Samples(run.t_ms, run["I_K"], "uA/cm2", "I_K", "a test", "I_K"), SHORT)
    assert entry.verdict == Verdict.DISCRETISATION
    assert entry.because.startswith("by its I_K: it is forward_euler at dt = 0.05 ms of this very model")


def test_what_stands_beside_the_voltage_is_compared_too() -> None:
    """Another conductance in I_K, m in the column of h: named. A current noted from before the gates have moved, as NEURON notes
    its own, is the same."""
    right = recorded("backward_euler", SHORT, "m", "h", "I_K")
    (m, _), (h, _), (current, unit) = right.others.values()
    wrong = judged(replace(right, others={"I_K": (current * 30 / 36, unit), "h": (m, "1"), "m": (m, "1")}), SHORT)
    assert wrong.verdict == Verdict.OTHER_LIMIT and wrong.because.startswith("it is backward_euler")
    assert "; but its I_K is another, off by up to " in wrong.because and "; its h is another" in wrong.because
    assert "its m is another" not in wrong.because and not np.array_equal(m, h)
    before = judged(replace(right, others={"I_K": (np.concatenate([current[:1], current[:-1]]), unit)}), SHORT)
    assert before.verdict == Verdict.DISCRETISATION and before.because.endswith("its I_K fits too")


def test_samples_in_steps_of_an_amplifier_are_recognised() -> None:
    """Sixteen bits over 200 mV: what rounding leaves is allowed for."""
    samples, bits = recorded("backward_euler"), 200 / 2**16
    entry = judged(replace(samples, values=np.round(samples.values / bits) * bits), SHORT)
    assert entry.verdict == Verdict.DISCRETISATION and "it is backward_euler at dt = 0.05 ms" in entry.because
