"""How far single precision takes a run; and that nothing is made of it: neither another limit nor a ladder without one."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from runs import REFERENCE, as_neuron, recording_of, spiking

from spikebridge.bridge.definition.drive import step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engines import registry
from spikebridge.bridge.expressions.quantity import Parameter
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import BRIAN2, NEURON, integrate
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.convergence import climb
from spikebridge.reports.proof.drift import Drift, drift
from spikebridge.reports.proof.translation_proof import prove_translation, run_twin
from spikebridge.reports.proof.verdict import FINE, Verdict
from spikebridge.reports.regression.baseline import kept_of
from spikebridge.reports.regression.change import Status, judge_change

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
MOTIONLESS = """
name = "motionless"
equations = '''
dx/dt = (I_stim - 0.01*x)/ms : 1
I_stim : 1
'''
[initial]
x = "1000"
"""


def single(name: str, duration: str = "40 ms", dt: str = "0.025 ms") -> Experiment:
    return replace(spiking(name, duration, dt), precision=Precision.SINGLE)


@cache
def compared(name: str, *schemes: str) -> Comparison:
    return compare(single(name), ["reference"], {"reference": schemes})


# what is measured -------------------------------------------------------------------------------------------


def test_of_every_spike_and_sample_so_many_times_what_was_seen() -> None:
    """Never falling: what has been lost is not found again."""
    experiment = single(HH)
    runs = [
        integrate(build_system(experiment.model, dtype=kind), "rk4", experiment.duration_ms, experiment.dt_ms, experiment.drive)
        for kind in (np.float32, np.float64)
    ]
    found = drift(experiment, "rk4", NEURON)
    assert np.array_equal(found.expected_ms, runs[1].spike_times_ms) and len(found.expected_ms) > 2
    assert np.array_equal(found.spikes_ms, 4 * np.maximum.accumulate(np.abs(runs[0].spike_times_ms - runs[1].spike_times_ms)))
    assert np.array_equal(found.states, 4 * np.maximum.accumulate(np.abs(runs[0].states - runs[1].states), axis=1))
    assert np.all(np.diff(found.states) >= 0) and found.of_first(2) == found.spikes_ms[1] and found.of_first(0) == 0.0
    assert found.of_first(len(found.spikes_ms) + 1) == np.inf


@pytest.mark.parametrize("scheme", ["rk4", "exponential_euler", "forward_euler"])
@pytest.mark.parametrize("name", [HH, LIF])
def test_other_roundings_stay_within_it(name, scheme) -> None:
    """Of runs that start some roundings away: the whole of each within what one run showed, each spike within what seven did."""
    experiment = single(name)
    one, seven = (drift(experiment, scheme, NEURON, starts) for starts in ((0,), (-10, -3, -1, 0, 1, 3, 10)))
    system = build_system(experiment.model, dtype=np.float32)
    for roundings in (-7, -2, 2, 5, 9):
        start = tuple(np.float32(x * (1 + roundings * np.finfo(np.float32).eps)) for x in system.initial)
        run = integrate(replace(system, initial=start), scheme, experiment.duration_ms, experiment.dt_ms, experiment.drive)
        shifts = np.abs(run.spike_times_ms - one.expected_ms)
        assert np.max(shifts) <= one.of_first(len(shifts)) and np.all(shifts <= seven.spikes_ms)


def test_a_neuron_that_does_not_get_to_the_end_has_none() -> None:
    """Then nothing bounds its round-off."""
    assert drift(replace(single(HH), dt="0.2 ms"), "forward_euler", NEURON) is None


def test_spikes_that_are_no_longer_the_same_have_no_bound() -> None:
    """Rulkov's neuron bursts irregularly: a rounding decides which spike comes next."""
    experiment = replace(load_experiment("rulkov", "irregular_bursting"), precision=Precision.SINGLE)
    found = drift(experiment, "iteration", NEURON)
    assert np.isinf(found.spikes_ms[-1]) and np.isfinite(found.spikes_ms[0])


# what is made of it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "schemes"), [(HH, ("rk4", "rk6", "rk2", "exponential_euler")), (LIF, ("rk4", "exponential_euler", "forward_euler"))]
)
def test_single_precision_alone_is_no_disagreement(name, schemes) -> None:
    """Every translation proven, every limit the exact solution as far as round-off lets it be known."""
    for entry in compared(name, *schemes).entries:
        assert entry.translation.passed and entry.verdict in FINE, entry.because
        assert entry.because.endswith("round-off") or "single precision's round-off" in entry.because
        found = entry.convergence
        assert found.reaches_exact and len(found.ladder.round_off) == 4 and found.uncertainty >= found.ladder.round_off[-1]


def test_without_it_there_would_be_one() -> None:
    """A variable that moves by less than half a rounding in a step stands still, which is the limit of no step."""
    model = parse_model(MOTIONLESS, "motionless.toml")
    experiment = Experiment(model, step("10.0002"), "4 ms", "0.1 ms", precision="float32")
    entry = compare(experiment, ["reference"], {"reference": "forward_euler"})["reference"]
    found = entry.convergence
    assert np.ptp(entry.recording["x"]) == 0.0 and found.worst == (found.worst[0],) * 4
    assert entry.verdict in FINE and found.reaches_exact
    assert not climb(replace(found.ladder, round_off=()), 1).reaches_exact


def test_the_share_of_single_precision_is_told() -> None:
    """Of a gap of rk6, at whose order nothing else is left, all; of Euler's nothing."""
    high = compare(single(HH, dt="0.01 ms"), ["reference"], {"reference": ["rk6", "forward_euler"]}, quick=True)
    shares = {s.name: s.share for s in high["reference/forward_euler"].where.suspects}
    assert shares["single precision"] < 0.01 < 0.99 < shares["the scheme at dt = 0.01 ms"]


# what is still found ----------------------------------------------------------------------------------------


def proof_of(name: str, scheme: str, parameter: str = "", change: float = 0.0):
    experiment = single(name, "20 ms", "0.01 ms")
    given = experiment.model.parameters
    wrong = experiment.model
    if parameter:
        wrong = wrong.with_parameters({parameter: Parameter(given[parameter].value * (1 + change), given[parameter].unit)})
    chosen = REFERENCE.schemes[scheme]
    recording = recording_of(replace(experiment, model=wrong), scheme)
    return prove_translation(experiment, REFERENCE, chosen, recording, run_twin(experiment, REFERENCE, chosen))


@pytest.mark.parametrize("scheme", ["rk4", "rk6", "exponential_euler", "forward_euler"])
@pytest.mark.parametrize("name", [HH, LIF, "hodgkin_huxley_relative"])
def test_the_right_model_passes_in_single_precision(name, scheme) -> None:
    """Within four times the rounding that is seen, and no more than a hundred of the variable's own roundings."""
    found = proof_of(name, scheme)
    assert found.passed
    assert found.limit["v"] < 100 * np.finfo(np.float32).eps * 120


# the smallest change of each that shows in one step at dt = 0.01 ms, by powers of ten
SMALLEST = {
    (HH, "g_Na"): 1e-5, (HH, "g_K"): 1e-5, (HH, "E_Na"): 1e-5, (HH, "E_K"): 1e-5, (HH, "C_m"): 1e-5, (HH, "g_L"): 1e-4,
    (HH, "E_L"): 1e-4, (LIF, "R_m"): 1e-3, (LIF, "tau_m"): 1e-3, (LIF, "theta"): 1e-3, (LIF, "v_reset"): 1e-6,
}  # fmt: skip


@pytest.mark.parametrize(("name", "parameter"), SMALLEST)
def test_a_wrong_parameter_is_found_in_single_precision(name, parameter) -> None:
    """A thousandth always, most to a hundred thousandth; a hundredth of the smallest is lost in rounding."""
    smallest = SMALLEST[name, parameter]
    found = [proof_of(name, "rk4", parameter, change) for change in sorted({1e-3, smallest})]
    assert not any(proof.passed for proof in found)
    assert proof_of(name, "rk4", parameter, smallest / 100).passed


def test_a_wrong_parameter_is_another_limit_in_single_precision_too(monkeypatch) -> None:
    """Far beyond round-off, and the sentence says which constant it is."""
    right = single(HH, dt="0.01 ms")
    wrong = right.model.with_parameters(g_K="36.36 mS/cm2")
    monkeypatch.setitem(registry.ENGINES, "reference", as_neuron(REFERENCE, wrong))
    entry = compare(right, ["reference"], {"reference": "rk4"})["reference"]
    assert entry.verdict is Verdict.OTHER_LIMIT
    assert "g_K = 36.36 instead of 36 mS/cm2 explains 100 % of its step defects" in entry.because


# a baseline -------------------------------------------------------------------------------------------------


def test_a_baseline_in_single_precision_allows_other_roundings_and_no_other_parameter() -> None:
    """Of the same neuron with its first rate multiplied and divided again; and with a thousandth more sodium conductance."""
    experiment = single(HH)

    def made(model):
        comparison = compare(replace(experiment, model=model), ["reference"], {"reference": "rk4"}, quick=True)
        return comparison, comparison["reference"], kept_of(comparison, comparison["reference"])

    kept = made(experiment.model)[2]
    text = experiment.model.text.replace("(I_stim - I_Na - I_K - I_L)/C_m", "(I_stim - I_Na - I_K - I_L)/C_m*0.7/0.7")
    for model, status in (
        (parse_model(text, "reordered"), Status.UNCHANGED),
        (experiment.model.with_parameters(g_Na="120.12 mS/cm2"), Status.CHANGED),
    ):
        comparison, entry, now = made(model)
        change = judge_change(kept, now, comparison.experiment, entry)
        assert change.status is status, change.because
    assert now.spike_times_ms != kept.spike_times_ms


def test_conventions_do_not_mix() -> None:
    """Brian2 counts a refractory period otherwise: what is measured is of its run."""
    ours, theirs = (drift(single(LIF), "rk4", convention) for convention in (NEURON, BRIAN2))
    assert isinstance(ours, Drift) and not np.array_equal(ours.expected_ms, theirs.expected_ms)
    assert load(LIF).spike.refractory is not None
