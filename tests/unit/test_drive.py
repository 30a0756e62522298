"""Stimuli from text: every kind against its formula, every fault by name."""

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import KINDS, SPIKES, part_of, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reference.stimulus import Samples, ornstein_uhlenbeck, white_noise

T = np.array([0.0, 3.0, 10.0, 12.5, 19.999, 20.0, 40.0])
IN = (T >= 10) & (T < 20)
WINDOW = {"start": "10 ms", "stop": "20 ms"}


def values(kind: str, **given) -> np.ndarray:
    return Experiment("hodgkin_huxley", stimulus(kind, **given)).drive.at(T)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("step", {"amplitude": "0.01 mA/cm2", **WINDOW}, 10.0 * IN),
        ("ramp", {"first": "0 uA/cm2", "last": "5 uA/cm2", **WINDOW}, (T - 10) / 2 * IN),
        ("sine", {"amplitude": "2 uA/cm2", "frequency": "50 Hz", "offset": "1 uA/cm2", "phase": 0.5, **WINDOW}, (1 + 2 * np.sin(0.1 * np.pi * (T - 10) + 0.5)) * IN),
        ("chirp", {"amplitude": "2 uA/cm2", "first": "0 Hz", "last": "0.1 kHz", **WINDOW}, 2 * np.sin(2 * np.pi * 0.005 * (T - 10) ** 2) * IN),
        ("decay", {"amplitude": "3 uA/cm2", "tau": "5 ms", **WINDOW}, 3 * np.exp(-(T - 10) / 5) * IN),
        ("alpha", {"amplitude": "3 uA/cm2", "tau": "2.5 ms", **WINDOW}, 3 * (T - 10) / 2.5 * np.exp(1 - (T - 10) / 2.5) * IN),
        ("staircase", {"first": "1 uA/cm2", "increment": "2 uA/cm2", "dwell": "5 ms", "count": 2, "start": "10 ms"}, np.select([IN & (T < 15), IN], [1.0, 3.0], 0.0)),
        ("samples", {"values": [1, 5], "interval": "5 ms", "start": "10 ms"}, np.select([IN & (T < 15), IN], [1.0, 5.0], 0.0)),
        ("samples", {"values": [0, 5], "interval": "10 ms", "start": "10 ms", "interpolation": "linear"}, (T - 10) / 2 * IN),
    ],
)  # fmt: skip
def test_each_kind_follows_its_formula(kind, given, expected) -> None:
    """In the model's coherent unit, on its window, zero elsewhere."""
    assert values(kind, **given) == pytest.approx(expected, abs=1e-12)


def test_every_kind_has_words_and_a_builder() -> None:
    """A kind that is declared can be built and described."""
    from spikebridge.bridge.definition.drive import _BUILDERS

    assert {*_BUILDERS, SPIKES} == set(KINDS)


def test_noise_is_the_same_for_a_seed_on_every_machine() -> None:
    """The first values of seed 1, written down once; another seed differs."""
    found = white_noise(1.0, 0.1, 1.0, seed=1).values
    assert found[:4] == pytest.approx(FROZEN, abs=1e-12)
    assert white_noise(1.0, 0.1, 1.0, seed=2).values[0] != found[0]


# PCG64's first bits through Box and Muller's formula, computed once with math.log and math.cos
FROZEN = [1.10178335955459, 1.86660656483211, -1.35287023990621, -0.517581678826844]


def test_noise_has_its_mean_deviation_and_correlation_time() -> None:
    """100,000 values: 1 per cent of sigma, 3 per cent of exp(-1) at lag tau."""
    x = ornstein_uhlenbeck(2.0, tau_ms=1.0, interval_ms=0.1, stop_ms=20_000.0, seed=7, mean=5.0).values
    assert x.mean() == pytest.approx(5.0, abs=0.05)
    assert x.std() == pytest.approx(2.0, rel=0.02)
    assert np.corrcoef(x[:-10], x[10:])[0, 1] == pytest.approx(np.exp(-1), rel=0.03)


def test_samples_from_a_file_by_column(tmp_path) -> None:
    """A CSV file beside the experiment; the column named, in its unit."""
    (tmp_path / "i.csv").write_text("t,a,b\n0,1,10\n1,2,20\n2,3,30\n")
    part = stimulus("samples", file="i.csv", column="b", unit="nA/cm2", interval="1 ms")
    experiment = Experiment("hodgkin_huxley", part, folder=tmp_path)
    assert experiment.drive.at([0.5, 1.5, 2.5, 3.5]) == pytest.approx([0.01, 0.02, 0.03, 0.0])


def test_held_samples_are_constant_between_edges_and_lines_are_not() -> None:
    """What an exact solver may rely on."""
    held, line = Samples(np.array([1.0, 2.0, 4.0]), 1.0), Samples(np.array([1.0, 2.0, 4.0]), 1.0, 0.0, "linear")
    assert held.constant_between_edges and not line.constant_between_edges
    assert held.edges_ms == (0.0, 1.0, 2.0, 3.0)
    assert line.edges_ms == (0.0, 1.0, 2.0)
    assert held.within(1.0, 2.0)(2.0) == 2.0
    assert line.within(1.0, 2.0)(1.5) == 3.0


def test_edges_between_grid_points_are_known() -> None:
    """5.004 ms acts at 5.00, 7.006 at 7.01; edges on the grid are not moved."""
    experiment = Experiment(load("hodgkin_huxley"), stimulus("step", amplitude="1 uA/cm2", start="5.004 ms", stop="7.006 ms"))
    assert [pytest.approx(pair) for pair in experiment.moved_edges] == [(5.004, 5.0), (7.006, 7.01)]
    assert Experiment("hodgkin_huxley", stimulus("step", amplitude="1 uA/cm2", start="5 ms", stop="7 ms")).moved_edges == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "s: kind: is missing. One of step, pulses, staircase, ramp, sine, chirp, decay, alpha, noise, spikes, samples."),
        ({"kind": "stap"}, "s: kind: there is no 'stap'. Did you mean 'step'?"),
        ({"kind": "ramp", "first": "1 uA/cm2"}, "s: the key 'last' is missing"),
        ({"kind": "step", "amplitude": "1 uA/cm2", "tau": "1 ms"}, "s: unknown key 'tau'. Known: amplitude, kind, start, stop."),
    ],
)
def test_a_table_that_cannot_be_says_which_key(table, message) -> None:
    """Word for word."""
    with pytest.raises(DefinitionError) as error:
        part_of(table, "s")
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("sine", {"amplitude": "1 uA/cm2", "frequency": "3 ms"}, "stimulus: frequency is measured in Hz, but '3 ms' is not"),
        ("decay", {"amplitude": "1 uA/cm2", "tau": "0 ms"}, "hodgkin_huxley: stimulus 1: a decay needs a time constant above 0 ms, not 0 ms"),
        ("ramp", {"first": "1 uA/cm2", "last": "2 mV", **WINDOW}, "hodgkin_huxley: stimulus 1: last: hodgkin_huxley is driven in uA/cm2, but '2 mV' is not"),
        ("samples", {"values": [1, "x"], "interval": "1 ms"}, "hodgkin_huxley: stimulus 1: values: expected a list of numbers"),
        ("samples", {"interval": "1 ms"}, "hodgkin_huxley: stimulus 1: samples need either values or a file"),
        ("samples", {"values": [1, 2], "interval": "1 ms", "interpolation": "cubic"}, "hodgkin_huxley: stimulus 1: samples are joined by 'hold' or 'linear', not 'cubic'"),
        ("noise", {"sigma": "1 uA/cm2", "interval": "0.1 ms", "seed": 1.5}, "hodgkin_huxley: stimulus 1: seed: expected a whole number, found 1.5"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_say_which_and_why(kind, given, message) -> None:
    """Word for word."""
    with pytest.raises(DefinitionError) as error:
        Experiment("hodgkin_huxley", stimulus(kind, **given))
    assert str(error.value) == message
