"""The stimulus of an experiment as Python code: a formula for each part, or numbers in a file beside the script."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.export.listing import FOREVER_MS, prose, sensible, stem, stimulus_unit
from spikebridge.reference.stimulus import Alpha, Chirp, Decay, Pulses, Ramp, Samples, Sine, Staircase, Step, Stimulus

MIDDLE = (
    "middle = np.cumsum(np.full(2*steps, dt/2))[::2]  # of each step; the stimulus keeps its value there all through the step"
)


@dataclass(frozen=True)
class StimulusText:
    """The text of one experiment's stimulus, in the model's coherent unit."""

    experiment: Experiment

    @cached_property
    def parts(self) -> tuple[Stimulus, ...]:
        return tuple(self.experiment.drive.parts)  # type: ignore[attr-defined]

    @property
    def unit(self) -> str:
        return str(stimulus_unit(self.experiment))

    @property
    def files(self) -> dict[str, str]:
        """Names and contents of the data files."""
        return {self._file(i): self._csv(part) for i, part in enumerate(self.parts) if isinstance(part, Samples)}

    @property
    def loading(self) -> str:
        """The statements that read the data files."""
        lines = [
            f'{self._samples(i)} = np.loadtxt(Path(__file__).with_name("{self._file(i)}"), delimiter=",", skiprows=1)[:, 1]'
            for i, part in enumerate(self.parts)
            if isinstance(part, Samples)
        ]
        return "\n".join(lines)

    @property
    def function(self) -> str:
        """``stimulus_at(t)``: the values at an array of times."""
        what = "The command" if self.experiment.clamp else "The stimulus"
        unit = "" if self.unit == "1" else f", in {self.unit}"
        lines = [f'    """{what} at the times t in ms{unit}."""', "    I = np.zeros(len(t))"]
        for i, (given, part) in enumerate(zip(self.experiment.currents, self.parts, strict=True)):
            lines.append(f"    # {prose(str(given))}")
            lines += [f"    {line}" for line in self._lines(part, self._samples(i))]
        return "\n".join(["def stimulus_at(t):", *lines, "    return I"]) + "\n"

    @property
    def rectangles(self) -> list[str]:
        """Rows ``(amplitude, start, stop),`` of a list, where nothing but rectangles is injected."""
        return [
            f"{_RECTANGLES[type(part)](part)},  # {prose(str(given))}"
            for given, part in zip(self.experiment.currents, self.parts, strict=True)
        ]

    # data ---------------------------------------------------------------------------------------------

    def _samples(self, index: int) -> str:
        return f"samples{self._number(index)}"

    def _file(self, index: int) -> str:
        return f"{stem(self.experiment)}_stimulus{self._number(index)}.csv"

    def _number(self, index: int) -> str:
        """Nothing for the first part that has data, then _2, _3."""
        before = sum(isinstance(part, Samples) for part in self.parts[:index])
        return f"_{before + 1}" if before else ""

    def _csv(self, part: Samples) -> str:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["t_ms", STIMULUS if self.unit == "1" else f"{STIMULUS} ({self.unit})"])
        times = part.start_ms + part.interval_ms * np.arange(len(part.values))
        writer.writerows((f"{t:.12g}", repr(x)) for t, x in zip(times.tolist(), np.asarray(part.values).tolist(), strict=True))
        return text.getvalue()

    def _lines(self, part: Stimulus, samples: str) -> list[str]:
        return _samples_lines(part, samples) if isinstance(part, Samples) else _LINES[type(part)](part)


# formulas -------------------------------------------------------------------------------------------


def _time(value: float) -> str:
    return "1e9" if value >= FOREVER_MS else sensible(value)


def _since(start_ms: float) -> str:
    """``t - start`` as a factor or an argument."""
    return f"(t - {_signed(start_ms)})" if start_ms else "t"


def _signed(value: float) -> str:
    return f"({sensible(value)})" if value < 0 else sensible(value)


def _window(start_ms: float, stop_ms: float) -> str:
    begins, ends = f"({sensible(start_ms)} <= t)", f"(t < {sensible(stop_ms)})" if stop_ms < FOREVER_MS else ""
    if start_ms <= 0 and ends:
        return ends[1:-1]
    return f"{begins} & {ends}" if ends else begins[1:-1]


def _while_on(start_ms: float, stop_ms: float, value: str) -> str:
    """``I += value`` within a window."""
    if start_ms <= 0 and stop_ms >= FOREVER_MS:
        return f"I += {value}"
    return f"I += np.where({_window(start_ms, stop_ms)}, {value}, 0)"


def _plus(first: float, more: str) -> str:
    return f"{sensible(first)} + {more}" if first else more


def _step(p: Step) -> list[str]:
    return [_while_on(p.start_ms, p.stop_ms, sensible(p.amplitude))]


def _pulses(p: Pulses) -> list[str]:
    onset = _plus(p.start_ms, f"{sensible(p.period_ms)}*k")
    return [
        f"for k in range({p.count}):",
        f"    onset = {onset}",
        f"    I += np.where((onset <= t) & (t < onset + {sensible(p.width_ms)}), {sensible(p.amplitude)}, 0)",
    ]


def _stair(p: Staircase, k: str) -> str:
    return _plus(p.start_ms, f"{k}*{sensible(p.dwell_ms)}")


def _height(p: Staircase) -> str:
    return _plus(p.first, f"k*{_signed(p.increment)}")


def _staircase(p: Staircase) -> list[str]:
    window = f"({_stair(p, 'k')} <= t) & (t < {_stair(p, '(k + 1)')})"
    return [f"for k in range({p.count}):", f"    I += np.where({window}, {_height(p)}, 0)"]


def _ramp(p: Ramp) -> list[str]:
    rise, lasts = p.last - p.first, p.stop_ms - p.start_ms
    return [_while_on(p.start_ms, p.stop_ms, _plus(p.first, f"{_signed(rise)}/{sensible(lasts)}*{_since(p.start_ms)}"))]


def _sine(p: Sine) -> list[str]:
    angle = f"2e-3*np.pi*{sensible(p.frequency_hz)}*{_since(p.start_ms)}" + (f" + {_signed(p.phase)}" if p.phase else "")
    return [_while_on(p.start_ms, p.stop_ms, _plus(p.offset, f"{_signed(p.amplitude)}*np.sin({angle})"))]


def _chirp(p: Chirp) -> list[str]:
    rate = f"0.5*{_signed(p.last_hz - p.first_hz)}/{sensible(p.stop_ms - p.start_ms)}*s"
    value = f"{sensible(p.amplitude)}*np.sin(2e-3*np.pi*({_plus(p.first_hz, rate)})*s)"
    return [f"s = {_since(p.start_ms).strip('()')}", _while_on(p.start_ms, p.stop_ms, value)]


def _decay(p: Decay) -> list[str]:
    return [_elapsed(p.start_ms), _while_on(p.start_ms, p.stop_ms, f"{sensible(p.amplitude)}*np.exp(-s/{sensible(p.tau_ms)})")]


def _alpha(p: Alpha) -> list[str]:
    value = f"{sensible(p.amplitude)}*s*np.exp(1 - s)"
    return [_elapsed(p.start_ms) + (f"/{sensible(p.tau_ms)}" if p.tau_ms != 1 else ""), _while_on(p.start_ms, p.stop_ms, value)]


def _elapsed(start_ms: float) -> str:
    return f"s = np.maximum({_since(start_ms).strip('()')}, 0)" if start_ms else "s = t"


def _samples_lines(p: Samples, name: str) -> list[str]:
    stop = p.pieces[0].stop_ms
    if p.interpolation == "linear":
        times = _plus(p.start_ms, f"{sensible(p.interval_ms)}*np.arange(len({name}))")
        return [_while_on(p.start_ms, stop, f"np.interp(t, {times}, {name})")]
    return [
        f"k = np.floor({_since(p.start_ms)}/{sensible(p.interval_ms)} + 1e-9).astype(int)  # the sample that holds",
        _while_on(p.start_ms, stop, f"{name}[np.clip(k, 0, len({name}) - 1)]"),
    ]


_LINES: dict[type, Callable[..., list[str]]] = {
    Step: _step,
    Pulses: _pulses,
    Staircase: _staircase,
    Ramp: _ramp,
    Sine: _sine,
    Chirp: _chirp,
    Decay: _decay,
    Alpha: _alpha,
}


# rectangles -----------------------------------------------------------------------------------------


def _step_row(p: Step) -> str:
    return f"({sensible(p.amplitude)}, {sensible(p.start_ms)}, {_time(p.stop_ms)})"


def _pulse_rows(p: Pulses) -> str:
    onset = _plus(p.start_ms, f"{sensible(p.period_ms)}*k")
    return f"*(({sensible(p.amplitude)}, {onset}, {onset} + {sensible(p.width_ms)}) for k in range({p.count}))"


def _stair_rows(p: Staircase) -> str:
    return f"*(({_height(p)}, {_stair(p, 'k')}, {_stair(p, '(k + 1)')}) for k in range({p.count}))"


_RECTANGLES: dict[type, Callable[..., str]] = {Step: _step_row, Pulses: _pulse_rows, Staircase: _stair_rows}
