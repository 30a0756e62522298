"""The stimulus as code: the printed function gives the values that every engine sees."""

import numpy as np
import pytest

from spikebridge.bridge.definition.drive import KINDS, SPIKES, stimulus
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.export.stimulus_text import StimulusText
from spikebridge.reference.time_grid import TimeGrid

UNIT = "uA/cm2"
PARTS = {
    "step": stimulus("step", amplitude=f"10 {UNIT}", start="2 ms", stop="7.003 ms"),
    "pulses": stimulus("pulses", amplitude=f"-20 {UNIT}", start="1 ms", width="0.5 ms", period="5 ms", count=3),
    "staircase": stimulus("staircase", first=f"2 {UNIT}", increment=f"-1 {UNIT}", start="1 ms", dwell="4 ms", count=4),
    "ramp": stimulus("ramp", first=f"1 {UNIT}", last=f"-12 {UNIT}", start="2 ms", stop="18 ms"),
    "sine": stimulus("sine", amplitude=f"-5 {UNIT}", frequency="100 Hz", start="2 ms", phase=-0.3, offset=f"4 {UNIT}"),
    "chirp": stimulus("chirp", amplitude=f"9 {UNIT}", first="200 Hz", last="10 Hz", start="1 ms", stop="19 ms"),
    "decay": stimulus("decay", amplitude=f"30 {UNIT}", tau="3 ms", start="4 ms"),
    "alpha": stimulus("alpha", amplitude=f"30 {UNIT}", tau="1.5 ms", start="4 ms"),
    "noise": stimulus("noise", sigma=f"20 {UNIT}", interval="0.1 ms", seed=3, tau="2 ms", start="2.005 ms", stop="9 ms"),
    "samples": stimulus("samples", values=[1, 2, 30, 4, 5], interval="3 ms", start="1 ms"),
}
OTHERS = {
    "nothing": (),
    "always on": (stimulus("step", amplitude=f"10 {UNIT}"),),
    "in another unit": (stimulus("step", amplitude="10 nA/cm2", start="1 ms"),),
    "lines": (stimulus("samples", values=[1, 2, 30, 4, 5], interval="3 ms", start="-1 ms", interpolation="linear"),),
    "two files": (PARTS["noise"], PARTS["samples"]),
    "everything": tuple(PARTS.values()),
}
CASES = {**{kind: (part,) for kind, part in PARTS.items()}, **OTHERS}


def text_of(*parts) -> StimulusText:
    return StimulusText(Experiment(load("hodgkin_huxley"), parts, "20 ms", "0.01 ms", name="cell"))


def run(text: StimulusText, folder, times: np.ndarray) -> np.ndarray:
    for name, content in text.files.items():
        (folder / name).write_text(content)
    code = f"import numpy as np\nfrom pathlib import Path\n{text.loading}\n{text.function}"
    scope: dict = {"__file__": str(folder / "cell_numpy.py")}
    exec(compile(code, "listing", "exec"), scope)
    return scope["stimulus_at"](times)


def test_every_kind_is_tried() -> None:
    """A kind that is added needs its text."""
    assert {*PARTS, SPIKES} == set(KINDS)


@pytest.mark.parametrize("parts", CASES.values(), ids=CASES)
def test_the_function_gives_the_values_every_step_sees(parts, tmp_path) -> None:
    """In the middle of every step; data come from files beside the script."""
    text = text_of(*parts)
    times = TimeGrid(2000, 0.01).middles_ms
    expected = text.experiment.drive.at(times)
    assert np.max(np.abs(run(text, tmp_path, times) - expected)) <= 1e-12 * max(1.0, np.max(np.abs(expected)))


@pytest.mark.parametrize("kinds", [["step"], ["pulses"], ["staircase"], ["step", "pulses", "staircase"]])
def test_rectangles_are_listed_as_they_are(kinds) -> None:
    """Amplitude, start and stop of each, as an IClamp takes them."""
    text = text_of(*(PARTS[kind] for kind in kinds))
    listed = eval("[\n" + "\n".join(text.rectangles) + "\n]")
    expected = [(r.amplitude, r.start_ms, r.stop_ms) for r in text.experiment.drive.rectangles]
    assert np.array(listed) == pytest.approx(np.array(expected), rel=1e-15)


def test_each_file_has_a_name_of_its_own() -> None:
    """And a heading with units."""
    files = text_of(PARTS["step"], PARTS["noise"], PARTS["samples"]).files
    assert list(files) == ["cell_stimulus.csv", "cell_stimulus_2.csv"]
    assert files["cell_stimulus_2.csv"].splitlines()[:2] == ["t_ms,I_stim (uA/cm2)", "1,1.0"]
