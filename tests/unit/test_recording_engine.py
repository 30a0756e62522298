"""Recordings from elsewhere: reading, resampling, and recognising what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from runs import recording_of

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.recording_engine import Samples, interpolation_error, read_samples, resampled
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

EXPERIMENT = Experiment("hodgkin_huxley", step("20 uA/cm2", "1 ms"), "20 ms", "0.025 ms")
T = np.arange(0, 20.0, 0.1)


def sampled(scheme: str = "rk4", dt: str = "0.025 ms", experiment: Experiment = EXPERIMENT, digits: int = 17) -> Samples:
    run = recording_of(Experiment(experiment.model, experiment.stimulus, experiment.duration, dt), scheme)
    return Samples(run.t_ms, np.round(run["v"], digits), "mV", "v", "a test")


def judged(samples: Samples):
    return compare(EXPERIMENT, ["reference"], quick=True, recordings={"lab": samples})["lab"]


def test_resampling_is_exact_on_samples_and_of_fourth_order_between() -> None:
    """Halving the interval divides the error by sixteen; its bound holds."""
    for f in (np.sin, lambda t: np.exp(-t / 7)):
        errors, bounds = [], []
        for h in (0.4, 0.2):
            t = np.arange(0, 20.0, h)
            middle = t[2:-3] + h / 2
            errors.append(np.max(np.abs(resampled(t, f(t), middle) - f(middle))))
            bounds.append(interpolation_error(t, f(t)))
            assert np.array_equal(resampled(t, f(t), t), f(t))
        assert errors[0] / errors[1] == pytest.approx(16, rel=0.15)
        assert all(e <= b for e, b in zip(errors, bounds, strict=True))


@pytest.mark.parametrize("scheme", ["forward_euler", "exponential_euler", "rk2", "backward_euler", "crank_nicolson"])
@pytest.mark.parametrize("digits", [17, 4])
def test_the_scheme_of_a_recording_is_recognised(scheme, digits) -> None:
    """By its own error, down to the last digit of the file; a recording that is exact to a step simply agrees."""
    entry = judged(sampled(scheme, digits=digits))
    if scheme == "rk2":
        assert entry.verdict == Verdict.AGREE
    else:
        assert entry.verdict == Verdict.DISCRETISATION and f"it is {scheme} at dt = 0.025 ms" in entry.because


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
    samples = sampled("backward_euler")
    wrong = Samples(samples.t_ms, samples.values + (samples.t_ms > 10), "mV", "v", "a test")
    entry = judged(wrong)
    assert (
        entry.verdict == Verdict.OTHER_LIMIT
        and "the one that follows longest, backward_euler, differs from t = 10 ms on by up to 1 mV" in entry.because
    )


def test_a_flat_line_is_no_neuron_that_fires() -> None:
    """Samples at resets are excused only where they have reached the threshold, as values before a reset have."""
    experiment = Experiment("leaky_integrate_and_fire", step("2 nA", "0 ms"), "300 ms", "0.1 ms")
    t_ms = np.arange(0.0, 300.1, 5.0)
    flat = Samples(t_ms, np.full(len(t_ms), -65.0), "mV", "v", "a test")
    entry = compare(experiment, ["reference"], quick=True, recordings={"lab": flat})["lab"]
    assert entry.verdict == Verdict.OTHER_LIMIT, entry.because


def test_the_scheme_that_follows_longest_is_named() -> None:
    """Of an Euler run that goes wrong from 10 ms on, Euler, however near others come in the end."""
    samples = sampled("forward_euler")
    entry = judged(Samples(samples.t_ms, samples.values - 40.0 * (samples.t_ms > 10), "mV", "v", "a test"))
    assert "the one that follows longest, forward_euler, differs from t = 10 ms on" in entry.because


def test_times_in_another_unit_are_asked_about() -> None:
    """Milliseconds under a header of seconds last a thousand times too long."""
    long = Samples(1000.0 * T, np.full(len(T), -65.0), "mV", "v", "a test")
    with pytest.raises(
        DefinitionError, match="lasts 19900 ms, the experiment 20 ms; are its times in the unit that its header says"
    ):
        judged(long)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "t (ms),v (mV)\n0,-65\n1,-64\n", None),
        ("a.csv", "time [s],v_mV,m\n0,-65,0\n0.001,-64,0\n", None),
        ("a.csv", "t (ms),v (V)\n0,-0.065\n1,-0.064\n", None),
        ("a.csv", "x,v\n0,-65\n1,-64\n", "there is no column of times; call one t (ms)"),
        ("a.csv", "t,w\n0,-65\n1,x\n", "times and values must be numbers in every row"),
        ("a.csv", "t,a,b\n0,-65,1\n1,-64,1\n", "there is no column 'v'. Known: a, b."),
        ("a.csv", "t,v (nA)\n0,-65\n1,-64\n", "expected mV, found nA"),
        ("a.csv", "t,v (apples)\n0,-65\n1,-64\n", "'apples' is not a unit"),
        ("a.csv", "t,v\n1,-65\n0,-64\n", "the times must increase"),
        ("a.csv", "t,v\n1,-65\n", "expected at least two samples"),
        ("a.dat", "t,v\n1,-65\n", "expected a .csv, .parquet or .npz file"),
    ],
)
def test_files_are_read_or_their_fault_is_named(tmp_path, name, text, message) -> None:
    """Units from the head of a column; one line for what cannot be."""
    path = tmp_path / name
    path.write_text(text)
    if message is None:
        samples = read_samples(str(path), EXPERIMENT, "lab")
        assert samples.t_ms.tolist() == [0.0, 1.0] and samples.values[0] in (-65.0, -0.065)
        return
    with pytest.raises(DefinitionError) as error:
        read_samples(str(path), EXPERIMENT, "lab")
    assert message in str(error.value) and "\n" not in str(error.value)


def test_arrays_come_from_npz_by_name(tmp_path) -> None:
    """And a column can be asked for behind a colon."""
    np.savez(tmp_path / "a.npz", t_ms=T, v=np.sin(T), w=np.cos(T))
    assert np.array_equal(read_samples(f"{tmp_path}/a.npz", EXPERIMENT, "lab").values, np.sin(T))
    assert np.array_equal(read_samples(f"{tmp_path}/a.npz:w", EXPERIMENT, "lab").values, np.cos(T))
    with pytest.raises(DefinitionError, match=r"no such file$"):
        read_samples(str(tmp_path / "b.npz"), EXPERIMENT, "lab")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            slice(0, 400),
            r"^recording lab: a test ends at 9.975 ms, the experiment at 20 ms; a shorter one is had with --duration",
        ),
        (slice(200, None), r"^recording lab: a test starts at 5 ms, the experiment at 0 ms$"),
    ],
)
def test_a_recording_that_does_not_cover_the_experiment_is_refused(part, message) -> None:
    """Before anything runs."""
    samples = sampled()
    with pytest.raises(DefinitionError, match=message):
        judged(Samples(samples.t_ms[part], samples.values[part], "mV", "v", "a test"))


def test_a_bump_between_spikes_is_no_agreement() -> None:
    """Half a millivolt for two milliseconds, with all spikes in place: no scheme gives such samples."""
    samples = sampled()
    bump = 0.5 * ((samples.t_ms > 5) & (samples.t_ms < 7))
    entry = judged(Samples(samples.t_ms, samples.values + bump, "mV", "v", "a test"))
    assert entry.verdict == Verdict.OTHER_LIMIT and "no scheme at dt = 0.025 ms gives these samples" in entry.because


def test_the_name_of_an_engine_is_taken() -> None:
    """A recording called neuron would be mistaken for NEURON."""
    with pytest.raises(UsageError, match="must be a word, and not exact or the name of an engine"):
        compare(EXPERIMENT, ["reference"], recordings={"neuron": sampled()})
