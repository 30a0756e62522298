"""A comparison: who takes part, what is measured, and that right models are never called wrong."""

from dataclasses import replace

import numpy as np
import pytest
from runs import as_neuron, compared, mutated, spiking

from spikebridge.bridge.definition.drive import pulses, step
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines import registry
from spikebridge.bridge.engines.reference_engine import ReferenceEngine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.reference.neurons.leaky_integrate_and_fire import spike_times
from spikebridge.reference.schemes import MEMBRANE_LESS
from spikebridge.reports.formats.comparison_plot import comparison_figure
from spikebridge.reports.formats.json_format import comparison_document
from spikebridge.reports.formats.tables import comparison_table
from spikebridge.reports.formats.traces import plots
from spikebridge.reports.formats.wording import sentence
from spikebridge.reports.proof.comparison import begin, compare
from spikebridge.reports.proof.taking_part import Choice
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("compared")

HH, LIF = "hodgkin_huxley", "leaky_integrate_and_fire"
SAME_NEURON = (Verdict.AGREE, Verdict.DISCRETISATION)


# who takes part ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schemes", "keys"),
    [
        ({}, ["reference"]),
        ({"reference": "rk2"}, ["reference"]),
        ({"reference": ["rk2", "rk4"]}, ["reference/rk2", "reference/rk4"]),
        ({"reference": ["euler", "forward_euler"]}, ["reference"]),
        (
            {"reference": "all"},
            [f"reference/{name}" for name in ReferenceEngine.schemes if name not in (*MEMBRANE_LESS, "iteration")],
        ),
    ],
)
def test_entries_are_called_by_engine_and_where_needed_by_scheme(schemes, keys) -> None:
    """An engine named once goes by its own name; aliases count once."""
    comparison = compare(spiking(LIF, "2 ms"), ["reference"], schemes, quick=True)
    assert [entry.key for entry in comparison.entries] == keys
    assert comparison[keys[0]] is comparison.entries[0]


def test_a_key_that_is_not_there_lists_those_that_are() -> None:
    """In the message."""
    with pytest.raises(KeyError, match="'neuron' does not take part; there are reference/rk4, reference/forward_euler"):
        compared(HH)["neuron"]


@pytest.mark.parametrize(
    ("engines", "schemes", "message"),
    [
        (["nest"], {}, r"^there is no engine 'nest'\. Known: .*neuron.*$"),
        (["reference"], {"reference": "rk5"}, r"^reference: there is no scheme 'rk5'\. "),
        (["reference"], {"neuron": "cvode"}, r"^a scheme is given for neuron, which does not take part; add --engine neuron$"),
        (["reference"], {"nest": "x"}, r"^there is no engine 'nest'\."),
    ],
)
def test_engines_and_schemes_that_are_not_there_are_refused(engines, schemes, message) -> None:
    """Before anything runs."""
    with pytest.raises(UsageError, match=message):
        compare(spiking(LIF, "2 ms"), engines, schemes)


def test_a_comparison_is_about_the_signal_that_is_observed() -> None:
    """Its waveform, its residuals, its pictures and tables; verdict and spikes are those of the neuron."""
    experiment = replace(spiking(HH, dt="0.025 ms"), observed="n")
    found, usual = compare(experiment, ["reference"], {"reference": "forward_euler"}), compared(HH)["reference/forward_euler"]
    (entry,) = found.entries
    gate = entry.recording["n"] - found.exact.states[3]
    assert np.array_equal(found.exact_trace(), found.exact.states[3])
    assert (entry.accuracy["max_abs"].value, entry.accuracy["max_abs"].unit) == (pytest.approx(np.abs(gate).max()), "1")
    assert entry.convergence.waveform.ladder.unit == "1" and entry.verdict == usual.verdict == Verdict.DISCRETISATION
    assert np.abs(entry.translation.residual).max() == entry.translation.max_abs["n"]
    assert comparison_table(found).loc["reference", "translation_max_abs"] == entry.translation.max_abs["n"]
    assert comparison_document(found)["experiment"]["observed"] == "n"
    assert comparison_document(compared(HH))["experiment"]["observed"] == "v"
    shown = {plot.id: plot.variables for plot in plots(found)}
    assert [shown[key] for key in ("voltage", "translation", "accuracy")] == [("n",)] * 3
    assert comparison_figure(found).axes[0].get_ylabel() == "n"


def test_the_experiment_may_be_a_name() -> None:
    """Of the catalogue; it runs the model's own experiment."""
    assert compare(LIF, ["reference"], quick=True).experiment.duration.value == 100


def test_a_comparison_can_be_begun_and_waited_for() -> None:
    """What else is to be done is done between; the engines' part comes with the wait."""
    experiment, choice = spiking(LIF, "2 ms"), Choice(("reference",), quick=True)
    with Runner(choice.named) as runner:
        wait = begin(experiment, choice, runner, "as it was typed")
        comparison = wait()
    assert comparison.command == "as it was typed" and comparison.experiment is experiment
    expected = compare(experiment, ["reference"], quick=True)
    assert comparison["reference"].accuracy == expected["reference"].accuracy and comparison.quick


def test_a_comparison_reads_as_one_line() -> None:
    """In a notebook nobody wants all arrays."""
    assert (
        repr(compared(HH))
        == "<Comparison of hodgkin_huxley: reference/rk4: agree; reference/forward_euler: differ only by discretisation>"
    )


# what is measured -------------------------------------------------------------------------------------


def test_the_exact_spikes_are_those_of_the_closed_form() -> None:
    """2 nA from 5 to 95 ms: 5 + 10 ln 4, and 2 + 10 ln 4 between spikes; 63.04 Hz (Dayan & Abbott 2001, eq. 5.11)."""
    comparison = compare(Experiment(LIF, step("2 nA", "5 ms", "95 ms"), "100 ms"), ["reference"], quick=True)
    assert comparison.exact.spike_times_ms == pytest.approx(np.array(spike_times(2.0, 5.0, 95.0, tau_ref=2.0)), abs=1e-8)
    assert np.diff(comparison.exact.spike_times_ms) == pytest.approx(2 + 10 * np.log(4), abs=1e-8)


def test_the_accuracy_of_the_exact_solution_is_perfect() -> None:
    """Against itself: nought everywhere, coincidence 1, agreement."""
    entry = compared(HH, schemes=("exact",))["reference"]
    assert entry.verdict is Verdict.AGREE
    assert {name: entry.accuracy[name].value for name in ("spike_count", "spike_shift", "max_abs", "rms")} == dict.fromkeys(
        ("spike_count", "spike_shift", "max_abs", "rms"), 0.0
    )
    assert entry.accuracy["coincidence"].value == pytest.approx(1.0)


@pytest.mark.parametrize(("scheme", "order"), [("forward_euler", 1), ("exponential_euler", 1), ("rk2", 2), ("crank_nicolson", 2)])
def test_the_ladder_shows_the_order_of_the_scheme(scheme, order) -> None:
    """To a tenth, on Hodgkin-Huxley's spikes; the limit is the exact solution."""
    entry = compared(HH, schemes=(scheme,))["reference"]
    assert entry.convergence.order == pytest.approx(order, abs=0.1)
    assert entry.convergence.reaches_exact


def test_without_spikes_the_waveform_is_judged() -> None:
    """2 uA/cm2 does not make the axon fire."""
    experiment = Experiment(HH, step("2 uA/cm2", "1 ms"), "10 ms", "0.05 ms")
    comparison = compare(experiment, ["reference"], {"reference": ["forward_euler", "rk4"]})
    assert len(comparison.exact.spike_times_ms) == 0
    for entry in comparison.entries:
        assert entry.because.startswith("the waveform is ")
        assert entry.convergence.ladder.unit == "mV"
    assert sentence(comparison).endswith(" There is no spike in 10 ms.")


def test_quick_leaves_out_the_ladder_only() -> None:
    """Accuracy and translation are the same numbers."""
    quick, slow = compared(HH, quick=True), compared(HH)
    for a, b in zip(quick.entries, slow.entries, strict=True):
        assert a.convergence is None
        assert b.convergence is not None
        assert a.accuracy == b.accuracy
        assert a.translation.step_defect == b.translation.step_defect


# no false alarm ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("amplitude", ["1.6", "2.1", "2.8", "3.2", "3.4", "3.6", "4.4", "4.7", "5.3", "6"])
def test_resets_on_the_grid_are_no_other_neuron(amplitude) -> None:
    """Currents at which the lags of neighbouring grids are equal by chance, or jump: the same neuron, whatever the scheme."""
    experiment = Experiment(LIF, step(f"{amplitude} nA", "5 ms"), "100 ms", "0.05 ms")
    comparison = compare(experiment, ["reference"], {"reference": ["rk4", "forward_euler", "crank_nicolson"]})
    for entry in comparison.entries:
        assert entry.verdict in SAME_NEURON, entry.because


@pytest.mark.parametrize("start", ["5.0002 ms", "5.0005 ms", "5.003 ms"])
def test_an_edge_between_grid_points_is_no_other_neuron(start) -> None:
    """Every rung of the ladder moves it to the same 5 ms."""
    experiment = Experiment(HH, step("10 uA/cm2", start), "20 ms", "0.01 ms")
    comparison = compare(experiment, ["reference"], {"reference": ["rk4", "crank_nicolson"]})
    assert len(comparison.exact.spike_times_ms) == 1
    for entry in comparison.entries:
        assert entry.verdict in SAME_NEURON, entry.because


def test_a_pulse_train_of_another_unit_is_the_same_neuron() -> None:
    """0.2 nA as pulses of 200 pA every 5 ms."""
    experiment = Experiment(LIF, pulses("6000 pA", "1 ms", "3 ms", "5 ms", 4), "20 ms", "0.02 ms")
    comparison = compare(experiment, ["reference"], {"reference": ["rk4", "crank_nicolson"]})
    assert len(comparison.exact.spike_times_ms) > 1
    assert {entry.verdict for entry in comparison.entries} <= set(SAME_NEURON)


# no false agreement -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "variable"),
    [
        (HH, 'g_Na = "120 mS/cm2"', 'g_Na = "120.12 mS/cm2"', "v"),
        (HH, 'E_L = "-54.387 mV"\n\n[initial]', 'E_L = "-54.3 mV"\n\n[initial]', "v"),
        (HH, "alpha_h = 0.07/ms", "alpha_h = 0.0701/ms", "h"),
        (LIF, 'v_reset = "-65 mV"', 'v_reset = "-64.9 mV"', "v"),
        (LIF, 'tau_m = "10 ms"', 'tau_m = "10.1 ms"', "v"),
    ],
)
@pytest.mark.parametrize("quick", [True, False])
def test_an_engine_that_computes_another_neuron_is_found_out(name, old, new, variable, quick, monkeypatch) -> None:
    """Another limit, with and without the ladder, and the sentence names the equation."""
    wrong = as_neuron(ReferenceEngine(), mutated(load(name), (old, new)))
    monkeypatch.setitem(registry.ENGINES, "reference", wrong)
    experiment = spiking(name, dt="0.025 ms")
    comparison = compare(experiment, ["reference"], {"reference": "backward_euler"}, quick)
    assert comparison.verdict is Verdict.OTHER_LIMIT
    assert f"look at the equation of {variable}" in comparison["reference"].because


class Unproven(ReferenceEngine):
    """Its schemes of fixed steps have no twin, as those of another package may not."""

    def twin(self, model, scheme):
        return None


@pytest.mark.parametrize(
    ("changes", "expected", "said"),
    [
        ([], Verdict.DISCRETISATION, "as its scheme leaves it: under the reference's backward_euler"),
        ([('E_Na = "50 mV"', 'E_Na = "500 mV"')], Verdict.UNDECIDED, "which its scheme does not explain: under the reference's"),
    ],
)
def test_one_run_without_proof_is_held_against_its_scheme(changes, expected, said, monkeypatch) -> None:
    """A gap is its step's where the reference has one as large under that scheme, and a smaller one at half the step; else undecided."""
    monkeypatch.setitem(registry.ENGINES, "reference", as_neuron(Unproven(), mutated(load(HH), *changes)))
    entry = compare(spiking(HH, dt="0.05 ms"), ["reference"], {"reference": "backward_euler"}, quick=True)["reference"]
    assert entry.verdict is expected and said in entry.because, entry.because


# what did not run -------------------------------------------------------------------------------------


class Fragile(ReferenceEngine):
    """Fails on steps finer than the one asked for, or on all."""

    def __init__(self, finest_ms: float) -> None:
        self.finest_ms = finest_ms

    def prepare(self, experiment, scheme, refinement=0):
        if experiment.dt_ms < self.finest_ms:
            raise NotRun("out of memory")
        return super().prepare(experiment, scheme, refinement)


def test_an_engine_that_fails_is_not_run_and_says_why(monkeypatch) -> None:
    """And the verdict on the whole is not agreement."""
    monkeypatch.setitem(registry.ENGINES, "reference", Fragile(1.0))
    comparison = compare(spiking(LIF, dt="0.02 ms"), ["reference"])
    entry = comparison["reference"]
    assert (entry.verdict, entry.recording, entry.reason, entry.because) == (
        Verdict.NOT_RUN,
        None,
        "out of memory",
        "out of memory",
    )
    assert comparison.verdict is Verdict.NOT_RUN


def test_an_engine_that_fails_on_a_finer_step_is_not_run_either(monkeypatch) -> None:
    """It says at which step; without a ladder it is judged as usual."""
    monkeypatch.setitem(registry.ENGINES, "reference", Fragile(0.015))
    comparison = compare(spiking(LIF, dt="0.02 ms"), ["reference"])
    assert comparison.verdict is Verdict.NOT_RUN
    assert comparison["reference"].because == "at the finer dt of 0.01 ms: out of memory"
    assert compare(spiking(LIF, dt="0.02 ms"), ["reference"], quick=True).verdict in SAME_NEURON


def test_a_step_too_coarse_for_the_scheme_is_not_run(monkeypatch) -> None:
    """The explicit scheme overflows, the implicit one does not; the worse one counts."""
    comparison = compare(spiking(HH, dt="0.2 ms"), ["reference"], {"reference": ["rk4", "backward_euler"]}, quick=True)
    assert comparison["reference/rk4"].reason.startswith("the solution left the numbers at t = ")
    assert comparison["reference/backward_euler"].verdict in SAME_NEURON
    assert comparison.verdict is Verdict.NOT_RUN


def test_a_scheme_that_cannot_integrate_the_model_is_not_run() -> None:
    """FitzHugh and Nagumo's cubic is not linear in v."""
    comparison = compare(compared("fitzhugh_nagumo").experiment, ["reference"], {"reference": "exponential_euler"}, quick=True)
    assert comparison["reference"].reason == "exponential_euler needs every equation to be linear in its own variable"


def test_a_spike_too_many_is_no_agreement() -> None:
    """Where the numbers of spikes differ, the verdict is not agree however alike the rest."""
    comparison = compare(spiking(LIF, "10.5 ms", "0.5 ms"), ["reference"], quick=True)
    assert comparison["reference"].because.startswith("1 spike instead of 2 at dt = 0.5 ms")
    assert comparison.verdict is Verdict.DISCRETISATION


def test_the_experiment_is_not_changed() -> None:
    """Finer rungs are copies."""
    experiment = spiking(LIF, dt="0.02 ms")
    before = replace(experiment)
    assert compare(experiment, ["reference"]).experiment is experiment
    assert experiment == before


def test_every_metric_comes_as_a_table_with_units_and_reasons() -> None:
    """And the spikes one by one; a recording of itself is at no distance."""
    comparison = compare(
        spiking("hodgkin_huxley", dt="0.025 ms"), ["reference"], {"reference": ["forward_euler", "exact"]}, quick=True
    )
    table = comparison.measures("reference/forward_euler")
    assert {
        "lag",
        "drift",
        "victor_purpura",
        "van_rossum",
        "isi_distance",
        "spike_distance",
        "aligned_max_abs",
        "spike_peak",
    } <= set(table.index)
    assert table["reason"].str.len().min() > 0 and table.loc["lag", "unit"] == "ms"
    assert table.loc["aligned_max_abs", "value"] < comparison["reference/forward_euler"].accuracy["max_abs"].value
    assert 0 < table.loc["label_lag", "value"] <= 0.025
    itself = comparison.measures("reference/exact")["value"].dropna()
    assert (itself.abs() < 1e-6).all()
    spikes = comparison.spikes("reference/forward_euler")
    assert list(spikes["status"].unique()) == ["matched"] and len(spikes) == len(comparison.exact.spike_times_ms)
    with pytest.raises(KeyError, match="does not take part"):
        comparison.spikes("neuron")
