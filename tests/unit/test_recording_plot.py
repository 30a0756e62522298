"""Figures of a recording: what shares axes, the spikes, the stimulus, and a notebook that shows them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import spikebridge as sb
from spikebridge.reference.recording import RecordingError


def drawn(name: str, *variables: str, duration: str = "20 ms") -> Figure:
    """The figure of its own experiment, shortened."""
    return sb.run(name, scheme="rk4", duration=duration, dt="0.05 ms").plot(*variables)


def test_what_has_one_unit_shares_axes() -> None:
    """Voltage, gates between 0 and 1, a pure number beyond them, and the stimulus on its own axes below."""
    labels = [axes.get_ylabel() for axes in drawn("pinsky_rinzel", duration="60 ms").axes]
    assert labels == ["v, v_d\n(mV)", "Ca", "h, n, s, c, ...", "I_stim\n(uA/cm2)"]
    assert drawn("pinsky_rinzel").axes[-1].get_xlabel() == "time (ms)"


def test_spikes_are_marked_where_they_are() -> None:
    """Above the first axes."""
    recording = sb.run("hodgkin_huxley", duration="20 ms", dt="0.05 ms")
    marks = next(line for line in recording.plot().axes[0].lines if line.get_marker() == "v")
    assert np.array_equal(marks.get_xdata(), recording.spike_times_ms) and len(recording.spike_times_ms) == 1


def test_some_variables_are_drawn_alone() -> None:
    """In the order in which they are named; one that was not recorded is refused."""
    assert [axes.get_ylabel() for axes in drawn("hodgkin_huxley", "n", "v").axes][:2] == ["n", "v\n(mV)"]
    with pytest.raises(RecordingError, match="'I_K' was not recorded"):
        drawn("hodgkin_huxley", "I_K")


def test_a_notebook_shows_a_figure_without_pyplot() -> None:
    """As a picture."""
    assert drawn("passive_membrane")._repr_png_().startswith(b"\x89PNG")
