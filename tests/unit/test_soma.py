"""A current into a soma: a density, rounded once; refused where there is no density to make of it."""

from __future__ import annotations

from decimal import Decimal, getcontext

import brian2
import numpy as np
import pytest

from spikebridge.bridge.definition.drive import KINDS, step, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.definition.soma import Soma
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses.sweep import Vary

HH = "hodgkin_huxley"
ROUND = {"area": "100000 um2"}  # on which 1 nA is 1 uA/cm2
T = np.linspace(0.0, 30.0, 301)
PUBLISHED = {"diam": "96 um", "L": "96 um"}


def refusal(*given, **more) -> str:
    with pytest.raises(DefinitionError) as error:
        Experiment(*given, **more)
    return str(error.value)


def test_the_current_of_a_paper_is_its_density_to_the_last_bit() -> None:
    """0.75 nA into 96 x 96 um (Pospischil et al. 2008): against pi to 30 digits; the ends of the cylinder do not count."""
    getcontext().prec = 40
    exact = Decimal("0.75e-3") / (Decimal("3.14159265358979323846264338328") * 96 * 96 * Decimal("1e-8"))
    found = Experiment("pospischil", step("0.75 nA"), "1 ms", soma=PUBLISHED).drive.at(0.0)
    assert found == float(exact) and f"{found:.5f}" == "2.59041"


CURRENTS = {
    "step": {"amplitude": "2 {}", "start": "5 ms"},
    "pulses": {"amplitude": "2 {}", "start": "1 ms", "width": "1 ms", "period": "5 ms", "count": 3},
    "staircase": {"first": "1 {}", "increment": "0.5 {}", "dwell": "5 ms", "count": 3},
    "ramp": {"first": "0 {}", "last": "3 {}", "start": "5 ms", "stop": "20 ms"},
    "sine": {"amplitude": "2 {}", "frequency": "50 Hz", "offset": "1 {}"},
    "chirp": {"amplitude": "2 {}", "first": "1 Hz", "last": "100 Hz", "start": "0 ms", "stop": "20 ms"},
    "decay": {"amplitude": "2 {}", "tau": "5 ms"},
    "alpha": {"amplitude": "2 {}", "tau": "5 ms"},
    "noise": {"sigma": "2 {}", "interval": "0.1 ms", "seed": 1, "tau": "2 ms", "mean": "1 {}"},
    "samples": {"values": [1, 5], "interval": "5 ms", "unit": "{}"},
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "spikes"])
def test_every_kind_of_stimulus_is_spread(kind) -> None:
    """All its currents; times, frequencies and seeds stay."""
    current, density = (
        {key: value.format(unit) if isinstance(value, str) else value for key, value in CURRENTS[kind].items()}
        for unit in ("nA", "uA/cm2")
    )
    spread = Experiment(HH, stimulus(kind, **current), "30 ms", soma=ROUND)
    assert spread.drive.at(T) == pytest.approx(Experiment(HH, stimulus(kind, **density), "30 ms").drive.at(T), rel=1e-15)


def test_a_density_stays_one_beside_a_current() -> None:
    """Both may be given, and pA or Brian2's units too."""
    experiment = Experiment(HH, step("500 pA") + step("2 uA/cm2") + step(0.75 * brian2.namp), "1 ms", soma=ROUND)
    assert experiment.drive.at(0.0) == pytest.approx(3.25, rel=1e-15)


def test_a_file_says_it_and_a_reader_is_told(tmp_path) -> None:
    """In the text of the experiment, its page and its JSON, and in the scripts it becomes."""
    path = tmp_path / "cell.toml"
    head = f'model = "{HH}"\nduration = "10 ms"\n'
    path.write_text(
        head + '[soma]\ndiam = "96 um"\nL = "96 um"\n[[stimulus]]\nkind = "step"\namplitude = "0.75 nA"\nstart = "0 ms"\n'
    )
    experiment = load_experiment(path)
    assert experiment == Experiment(HH, step("0.75 nA"), "10 ms", soma=PUBLISHED, name="cell", folder=tmp_path)
    assert "step of 0.75 nA from 0 ms to the end, into a soma of diam = 96 um, L = 96 um: 28952.92 um2" in repr(experiment)
    told = dict(experiment.described())
    assert told["stimulus"] == "step of 0.75 nA from 0 ms to the end"
    assert told["soma"] == "diam = 96 um, L = 96 um: 28952.92 um2"
    for engine in ("reference", "brian2", "neuron"):
        chosen = find_engine(engine)
        files = script_files(experiment, chosen, find_scheme(chosen, None, experiment.model))
        script = next(text for name, text in files.items() if name.endswith(".py"))
        assert "soma of diam = 96 um, L = 96 um: 28952.92 um2" in script and "2.590412485219651" in script


def test_a_sweep_reaches_the_current() -> None:
    """Its values are in nA, too."""
    experiment = Experiment(HH, step("1 nA"), "10 ms", soma=ROUND)
    assert Vary.parse("amplitude=0:2:3nA").applied(experiment, 2.0).drive.at(0.0) == pytest.approx(2.0, rel=1e-15)


def test_without_a_soma_the_message_says_what_to_write() -> None:
    """For a density model; a model driven in nA is told its unit alone."""
    assert refusal(HH, step("0.75 nA")) == (
        "hodgkin_huxley: stimulus 1: amplitude: hodgkin_huxley is driven in uA/cm2, but '0.75 nA' is not; a current needs the membrane "
        'it flows into: [soma] with diam = "96 um" and L = "96 um", or area = "20000 um2", '
        "in an experiment file; in Python soma={...}"
    )
    assert "soma" not in refusal("leaky_integrate_and_fire", step("1 uA/cm2"))


@pytest.mark.parametrize(
    ("model", "given", "more", "message"),
    [
        ("leaky_integrate_and_fire", ROUND, {}, "leaky_integrate_and_fire is driven in nA, not by a current per area, so no area is asked for; leave it out"),
        ("fitzhugh_nagumo", ROUND, {}, "fitzhugh_nagumo is driven by a pure number, not by a current per area, so no area is asked for; leave it out"),
        (HH, ROUND, {"clamp": "v"}, "the stimulus of a clamp is a voltage, which no area divides; leave it out"),
        (HH, {"diam": "96 um"}, {}, 'expected diam = "96 um" and L = "96 um", or area = "20000 um2", found diam'),
        (HH, {}, {}, 'expected diam = "96 um" and L = "96 um", or area = "20000 um2", found neither'),
        (HH, {**ROUND, **PUBLISHED}, {}, 'expected diam = "96 um" and L = "96 um", or area = "20000 um2", found area and diam and L'),
        (HH, {"area": "100 um"}, {}, "area is measured in um2, but '100 um' is not"),
        (HH, {"area": 100}, {}, 'area=100: a plain number has no unit; write area="100 um2"'),
        (HH, {"area": "0 um2"}, {}, "area: expected more than 0, found '0 um2'"),
        (HH, {"area": "1e-300 um2"}, {}, "expected a membrane of 1e-06 to 1e+12 um2, found 1e-300 um2"),
        (HH, {"length": "3 um"}, {}, "unknown key 'length'. Known: L, area, diam."),
        (HH, "96 um", {}, 'expected diam = "96 um" and L = "96 um", or area = "20000 um2", found \'96 um\''),
    ],
)  # fmt: skip
def test_a_soma_that_cannot_be_is_refused(model, given, more, message) -> None:
    """With the reason, when the experiment is made."""
    assert refusal(model, (), soma=given, **more) == f"{model}: soma: {message}"


def test_a_soma_is_one_noun_in_every_unit() -> None:
    """A quantity or a text."""
    assert Soma(area="1 mm2").area_um2 == Soma(area="1e6 um2").area_um2 == 1e6
    assert str(Soma(diam="0.01 cm", L=100 * brian2.um)) == "diam = 0.01 cm, L = 100 um: 31415.93 um2"
    assert load(HH).stimulus_unit == Experiment(HH, (), soma=ROUND).model.stimulus_unit
