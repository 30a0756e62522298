"""What a run gives back: what was recorded, by name, as a table and for Neo; how and of what it was made."""

import pickle

import numpy as np
import pytest

import spikebridge as sb
from spikebridge.reference.recording import Recording, RecordingError

EXPERIMENT = sb.Experiment("hodgkin_huxley", sb.step("10 uA/cm2", "2 ms"), "10 ms", "0.05 ms", ("v", "m", "I_Na"))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return EXPERIMENT.run(scheme="rk4")


def test_it_knows_how_and_of_what_it_was_made(recording) -> None:
    """Engine, version, scheme, step, units, the experiment, and how long it took."""
    assert (recording.engine, recording.version, recording.scheme) == ("reference", sb.__version__, "rk4")
    assert recording.dt_ms == 0.05 and recording.experiment is EXPERIMENT and recording.wall_s > 0
    assert recording.units == {"v": "mV", "m": "1", "h": "1", "n": "1", "I_Na": "uA/cm2"}


def test_what_was_recorded_is_found_by_name(recording) -> None:
    """Arrays as long as the times; another name, or a number, says what there is."""
    assert recording["v"].shape == recording.t_ms.shape == (201,)
    for unknown in ("I_K", 0, []):
        with pytest.raises(RecordingError, match=r"was not recorded; there are v, m, h, n, I_Na$"):
            recording[unknown]


def test_its_table_is_that_of_the_files(recording) -> None:
    """Indexed by the time in ms, units in the heads."""
    frame = recording.to_frame()
    assert frame.index.name == "t_ms" and list(frame.columns) == ["v (mV)", "m", "h", "n", "I_Na (uA/cm2)"]
    assert np.array_equal(frame["v (mV)"], recording["v"]) and np.array_equal(frame.index, recording.t_ms)


def test_neo_takes_it_and_gives_it_back(recording) -> None:
    """Signals in their units and the spikes; the comparison that reads Neo's blocks finds the same samples."""
    pytest.importorskip("neo")
    block = recording.to_neo()
    (segment,) = block.segments
    signal = next(each for each in segment.analogsignals if each.name == "I_Na")
    assert np.array_equal(np.ravel(signal.magnitude), recording["I_Na"])
    assert str(signal.units.dimensionality) == "uA/cm**2" and float(signal.sampling_period) == 0.05
    assert np.array_equal(segment.spiketrains[0].magnitude, recording.spike_times_ms) and len(recording.spike_times_ms)
    assert segment.annotations["scheme"] == "rk4"
    comparison = sb.compare(EXPERIMENT, ["reference"], quick=True, recordings={"neo": block})
    assert np.allclose(comparison["neo"].recording["v"], recording["v"], atol=1e-9)


def test_it_is_pickled_with_its_experiment(recording) -> None:
    """What the experiment has worked out, functions among it, stays behind."""
    back = pickle.loads(pickle.dumps(recording))
    assert back.experiment == EXPERIMENT and np.array_equal(back["v"], recording["v"])


def test_its_description_is_short(recording) -> None:
    """Two lines: of what, by whom, how many spikes, and what was recorded."""
    assert repr(recording) == (
        f"<Recording of hodgkin_huxley: reference {sb.__version__}, rk4, dt = 0.05 ms; 1 spike\n"
        " 201 samples of v (mV), m, h, n, I_Na (uA/cm2)>"
    )
