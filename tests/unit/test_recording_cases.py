"""Recordings that were once called another neuron, or the same, and what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.reference_engine import exact_solution
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.system import build_system
from spikebridge.reference.integrate import integrate
from spikebridge.reference.published_schemes import PUBLISHED
from spikebridge.reference.schemes import SCHEMES, Scheme, backward_euler, exponential_euler
from spikebridge.reports.formats.json_format import comparison_document
from spikebridge.reports.metrics.score import Score
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.foreign_recording import foreign_recording
from spikebridge.reports.proof.recorded_ladder import recorded_ladder, sources_of
from spikebridge.reports.proof.samples import Samples
from spikebridge.reports.proof.verdict import FINE, Verdict

HH = Experiment("hodgkin_huxley", step("20 uA/cm2", "0 ms"), "6 ms", "0.05 ms")
IZHIKEVICH = Experiment("izhikevich", step("10 mV/ms", "0 ms"), "60 ms", "0.5 ms")
PASSIVE = Experiment("passive_membrane", stimulus("sine", amplitude="100 pA", frequency="50 Hz"), "40 ms", "0.025 ms")


def a_mixture(system, y, current, dt_ms):
    """Of first order, and nobody's: half a step of Brian2's and half of NEURON's, as numbers."""
    parts = exponential_euler(system, y, current, dt_ms), backward_euler(system, y, current, dt_ms)
    return tuple((a + b) / 2 for a, b in zip(*parts, strict=True))


UNKNOWN = Scheme("a_mixture", 1, a_mixture, "known to this test alone")


def sampled(experiment: Experiment, scheme, dt_ms: float = 0.0, dtype=np.float64, times: float = 1.0, **changed: str) -> Samples:
    """By the reference, perhaps with other parameters, or with the stimulus so many times as large."""
    dt_ms = dt_ms or experiment.dt_ms
    system = build_system(experiment.model.with_parameters(changed), dtype=dtype)
    seen = experiment.at_dt(dt_ms).seen * times
    run = integrate(system, PUBLISHED.get(scheme, scheme), experiment.duration_ms, dt_ms, seen)
    unit = str(experiment.model.unit_of(experiment.observed))
    return Samples(run.t_ms, experiment.observed_of(run.states.astype(float)), unit, experiment.observed, f"{scheme} at {dt_ms}")


def compared(experiment: Experiment, samples) -> Comparison:
    return compare(experiment, ["reference"], quick=True, recordings={"lab": samples})


def judged(experiment: Experiment, samples):
    return compared(experiment, samples)["lab"]


# known arithmetic -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["gates_first_exponential", "exponential_gates", "exponential_gates_first"])
def test_schemes_of_published_scripts_are_recognised(scheme) -> None:
    """Whatever comes first, gates or voltage, and however each is solved, it is this very model."""
    entry = judged(HH, sampled(HH, scheme))
    assert entry.verdict in FINE and f"it is {scheme} at dt = 0.05 ms of this very model" in entry.because


SPLIT = {
    "half_steps": "half_steps",
    "voltage_first_implicit": "backward_euler",
    "implicit_one_by_one": "backward_euler with derivimplicit",
}


@pytest.mark.parametrize("scheme", SPLIT)
def test_a_membrane_that_has_no_capacitance_is_split_too(scheme) -> None:
    """Izhikevich's own script, which takes v in two halves; NEURON's default on his equation, with u in a FUNCTION or not."""
    entry = judged(IZHIKEVICH, sampled(IZHIKEVICH, scheme))
    assert entry.verdict is Verdict.DISCRETISATION and f"it is {SPLIT[scheme]} at dt = 0.5 ms of this very model" in entry.because


def test_single_precision_is_a_known_arithmetic() -> None:
    """Its samples part from those in double precision as far as rounding takes them, which is measured."""
    entry = judged(HH, sampled(HH, "backward_euler", dtype=np.float32))
    assert (
        entry.verdict in FINE and "it is backward_euler at dt = 0.05 ms in single precision of this very model" in entry.because
    )


def test_a_file_may_hold_every_few_steps() -> None:
    """The step of a script need not be that of its samples."""
    samples = sampled(HH, "forward_euler", 0.01)
    kept = replace(samples, t_ms=samples.t_ms[::5], values=samples.values[::5])
    assert "it is forward_euler at dt = 0.01 ms of this very model, one sample every 5 steps" in judged(HH, kept).because


def test_an_adaptive_integrator_that_is_near_agrees() -> None:
    """At a turning point the exact solution stands still, and a ten-thousandth of a millivolt off is no other neuron."""
    exact = PASSIVE.observed_of(exact_solution(PASSIVE).states)
    off = Samples(PASSIVE.t_ms, exact + 1.8e-4 * np.sin(PASSIVE.t_ms / 3), "mV", "v", "an adaptive integrator")
    assert judged(PASSIVE, off).verdict is Verdict.AGREE


@pytest.mark.parametrize("name", list(SCHEMES))
def test_recordings_of_known_schemes_are_never_undecided(name) -> None:
    """Nor is anything blamed on a constant: unchanged is unchanged."""
    try:
        SCHEMES[name].check(build_system(HH.model))
    except ValueError:
        return
    entry = judged(HH, sampled(HH, name))
    assert entry.verdict in FINE and f"it is {name} at dt = 0.05 ms" in entry.because.replace("voltage_first", "ordered")
    assert entry.culprits == ()


# unknown arithmetic ---------------------------------------------------------------------------------------


def test_a_scheme_that_nobody_knows_is_undecided() -> None:
    """The gap stands beside what a consistent scheme could leave, and what would decide it is said."""
    entry = judged(HH, sampled(HH, UNKNOWN))
    assert entry.verdict is Verdict.UNDECIDED and entry.culprits == ()
    assert "no scheme at dt = 0.05 ms gives these samples" in entry.because
    assert (
        "off the exact solution at" in entry.because
        and "where the error of a consistent scheme at that step could leave" in entry.because
    )
    assert entry.because.endswith("record at half the step, 0.025 ms, and give both: --recording lab=FILE,FILE")


def test_a_gap_beyond_any_scheme_is_another_neuron() -> None:
    """With hardly any potassium the axon does not come back, whatever the scheme; and that is named."""
    entry = judged(HH, sampled(HH, UNKNOWN, g_K="1 mS/cm2"))
    assert entry.verdict is Verdict.OTHER_LIMIT and "g_K = 1 mS/cm2 instead of 36 mS/cm2 explains it" in entry.because
    assert (entry.culprits[0].name, entry.culprits[0].found) == ("g_K", "1 mS/cm2")


def test_an_unknown_scheme_is_not_taken_for_another_speed() -> None:
    """u moves at one rate: the implicit midpoint rule at a is backward Euler at another a, and that is not said."""

    def midpoint(system, y, current, dt_ms):
        v, u = PUBLISHED["voltage_first_implicit"].step(system, y, current, dt_ms)[0], y[1]
        a = 0.02 * dt_ms
        return v, ((1 - a / 2) * u + a * 0.2 * v) / (1 + a / 2)

    entry = judged(IZHIKEVICH, sampled(IZHIKEVICH, Scheme("midpoint", 1, midpoint, "")))
    assert entry.verdict is Verdict.UNDECIDED and entry.culprits == ()


# one constant ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["forward_euler", "gates_first_exponential"])
def test_a_wrong_constant_under_a_known_scheme_is_named(scheme) -> None:
    """With both values, in words and in JSON."""
    comparison = compared(HH, sampled(HH, scheme, g_K="30 mS/cm2"))
    entry = comparison["lab"]
    assert entry.verdict is Verdict.OTHER_LIMIT
    assert "the same equations; `g_K` = 30 mS/cm2 instead of 36 mS/cm2 explains the gap to" in entry.because
    (culprit,) = comparison_document(comparison)["engines"]["lab"]["culprits"]
    assert culprit.pop("explains") > 0.999999
    assert culprit == {"kind": "constant", "name": "g_K", "expected": "36 mS/cm2", "found": "30 mS/cm2"}


def test_a_reset_that_is_a_little_off_is_named() -> None:
    """The parameters of a reset are constants too."""
    experiment = Experiment("leaky_integrate_and_fire", step("2 nA", "0 ms"), "30 ms", "0.1 ms")
    entry = judged(experiment, sampled(experiment, "rk4", v_reset="-64.8 mV"))
    assert entry.verdict is Verdict.OTHER_LIMIT and "`v_reset` = -64.8 mV instead of -65 mV" in entry.because


def test_a_stimulus_off_by_a_millionth_is_named_with_its_factor() -> None:
    """It is the same equations; where the digits that it was written with stand for both it is the same neuron."""
    written = replace(HH, stimulus=step("2.5904125 uA/cm2", "1 ms"))
    entry = judged(written, sampled(written, "forward_euler", times=1.00000096))
    assert entry.verdict is Verdict.OTHER_LIMIT
    assert "the same equations; `I_stim` times 1.00000096 explains the gap to" in entry.because
    rounded = replace(HH, stimulus=step("2.59041 uA/cm2", "1 ms"))
    entry = judged(rounded, sampled(written, "forward_euler"))
    assert entry.verdict in FINE and "2.59041 uA/cm2, as `I_stim` is written, stands for that too" in entry.because


# several steps --------------------------------------------------------------------------------------------


def test_several_steps_show_the_limit_of_an_unknown_scheme() -> None:
    """The verdict is that of the convergence, whatever the scheme."""
    comparison = compared(HH, [sampled(HH, UNKNOWN, dt) for dt in (0.025, 0.05, 0.0125)])
    entry = comparison["lab"]
    assert entry.verdict is Verdict.DISCRETISATION and entry.recording.dt_ms == pytest.approx(0.05)
    assert "its 3 steps lead to the exact solution, known to" in entry.because
    assert comparison_document(comparison)["engines"]["lab"]["convergence"]["order"] == pytest.approx(1, abs=0.2)


def led_to(*dts: float, **changed: str) -> tuple[Verdict, str]:
    """By recordings at these steps alone."""
    rungs = tuple(foreign_recording(sampled(HH, UNKNOWN, dt, **changed), HH, "lab") for dt in dts)
    verdict, because, _ = recorded_ladder(HH, exact_solution(HH), rungs).judged(Score(0.1, "ms", 0.05), (0, 1))
    return verdict, because


def test_several_steps_show_another_limit() -> None:
    """Of a conductance that is off by two in a hundred."""
    verdict, because = led_to(0.05, 0.025, 0.0125, g_Na="122.4 mS/cm2")
    assert verdict is Verdict.OTHER_LIMIT and because.startswith("the limit of small steps is 0.0")


@pytest.mark.parametrize(
    ("g_Na", "expected", "said"),
    [
        ("120 mS/cm2", Verdict.DISCRETISATION, "the gap falls as integration error does, and two steps tell no more"),
        ("115 mS/cm2", Verdict.UNDECIDED, "which falls more slowly than integration error does: record at 0.0125 ms too"),
        ("80 mS/cm2", Verdict.OTHER_LIMIT, "which hardly falls with the step: its limit is about"),
    ],
)
def test_two_steps_tell_whether_the_gap_falls(g_Na, expected, said) -> None:
    """Halved it is integration error, kept another limit, and between the two it is undecided."""
    verdict, because = led_to(0.05, 0.025, g_Na=g_Na)
    assert verdict is expected and said in because


def test_files_are_parted_at_commas_unless_a_name_has_them(tmp_path, monkeypatch) -> None:
    """A file whose whole name exists is never split; a column holds for all."""
    monkeypatch.chdir(tmp_path)
    assert sources_of("a.csv,b.csv:v") == ["a.csv:v", "b.csv:v"] and sources_of("a.csv:v") == ["a.csv:v"]
    for name in ("a,1.csv", "x,y.csv"):
        (tmp_path / name).touch()
    assert sources_of("a,1.csv") == ["a,1.csv"] and sources_of("b.csv,a,1.csv,x,y.csv") == ["b.csv", "a,1.csv", "x,y.csv"]
    assert sources_of(["b.csv,a,1.csv", "c.csv"]) == ["b.csv", "a,1.csv", "c.csv"]


def test_two_recordings_at_one_step_are_no_ladder() -> None:
    """They are of one experiment at different steps, or it is said which are not."""
    samples = sampled(HH, "forward_euler")
    with pytest.raises(DefinitionError, match=r"have the same step of 0\.05 ms; recordings that are given together"):
        compared(HH, [samples, samples])


def test_no_warning_of_numpy_is_heard(recwarn) -> None:
    """Of samples as large as floats are."""
    short = replace(PASSIVE, duration="2 ms")
    huge = Samples(short.t_ms, np.where(short.t_ms < 1, -65.0, 1e308), "mV", "v", "a run that blew up")
    assert judged(short, huge).verdict not in FINE
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


def test_samples_of_nothing_are_no_evidence() -> None:
    """Two samples, or a rest before the stimulus at one step or at several, agree with any neuron: undecided, with what to record."""
    later = Experiment("hodgkin_huxley", step("20 uA/cm2", "5 ms"), "8 ms", "0.05 ms")
    at_rest = np.arange(90) * 0.05
    found = compare(
        later, ["reference"], quick=True,
        recordings={
            "two": Samples(np.array([0.0, 0.05]), np.array([-65.0, -65.0]), "mV", "v", "two"),
            "rest": Samples(at_rest, np.full(90, -65.0), "mV", "v", "rest"),
            "ladder": [Samples(t, np.full(len(t), -65.0), "mV", "v", f"rest{len(t)}") for t in (at_rest, np.arange(180) * 0.025)],
        },
    )  # fmt: skip
    assert {found[name].verdict for name in ("two", "rest", "ladder")} == {Verdict.UNDECIDED}
    assert "2 samples are too few" in found["two"].because
    assert "nothing happens from 0 to 4.45 ms" in found["rest"].because
