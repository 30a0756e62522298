"""Sub-threshold impedance: what a small sinusoidal current does to the voltage, from the linearisation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.field import Field
from spikebridge.reports.analyses.fixed_point import FixedPoint, steady_state
from spikebridge.reports.analyses.response import Bench, Pulse, starting_at
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.root import root
from spikebridge.reports.analyses.subject import Subject, model_of, step_ms
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SMALL = 1e-4  # of the scale of the voltage: what a pulse moves it by
_DECAYED = 25.0  # time constants of the slowest variable


@dataclass(frozen=True)
class Impedance(Result):
    """Z(f) = dv/dI at each frequency.

    Attributes
    ----------
    frequency_hz : shape (frequencies,)
    impedance : complex, in ``unit``; kohm cm2 for mV per uA/cm2
    resting : at 0 Hz
    peak_hz, peak : where its modulus is greatest, and that; 0 Hz where it only falls
    """

    frequency_hz: np.ndarray
    impedance: np.ndarray
    unit: str
    resting: float
    peak_hz: float
    peak: float

    @property
    def resonance(self) -> float:
        """The peak as a multiple of the value at 0 Hz; 1 without a resonance."""
        return self.peak / abs(self.resting)

    def to_frame(self) -> pd.DataFrame:
        """One row a frequency: modulus and phase."""
        return frame(
            {
                "frequency_Hz": self.frequency_hz, with_unit("modulus", self.unit): np.abs(self.impedance),
                "phase_degrees": np.degrees(np.angle(self.impedance)),
            }
        )  # fmt: skip

    def plot(self, axes: Axes | None = None) -> Figure:
        """Modulus against frequency."""
        return plot_impedance(self, axes)


def impedance(
    subject: Subject, frequencies_hz: Sequence[float] | np.ndarray | None = None, stimulus: float = 0.0, up_to_hz: float = 1e4
) -> Impedance:
    """The impedance at the steady state under a constant current.

    Z(f) is the voltage's entry of (2 pi i f - J)^-1 b, with the Jacobian J and b = d(rates)/dI there (Koch 1984, Biol
    Cybern 50:15).

    Parameters
    ----------
    frequencies_hz : shape (frequencies,); by default a hundred, from a tenth of the slowest rate of the linearisation to the fastest
    stimulus : in the unit in which the model is driven
    up_to_hz : how far the peak is sought

    Raises
    ------
    DefinitionError : the model is a map, or comes to no rest

    Examples
    --------
    >>> found = sb.analyses.impedance("hodgkin_huxley")
    >>> f"{found.peak:.3f} {found.unit} at {found.peak_hz:.1f} Hz"
    '2.423 kohm cm2 at 66.7 Hz'
    """
    model = model_of(subject)
    field, rest = Field(model), steady_state(model, stimulus)
    y = np.array([rest.state[name] for name in model.state_names]) * field.units
    _, jacobian, drive = field.linearised(y, stimulus * field.unit, field.unit)
    to_own = field.unit / field.units[field.scanned]

    def z(frequency_hz: float) -> complex:
        matrix = 2j * np.pi * 1e-3 * frequency_hz * np.eye(field.size) - jacobian
        return complex(np.linalg.solve(matrix, drive.astype(complex))[field.scanned] * to_own)

    peak_hz = _peak_hz(z, up_to_hz)
    frequencies = frequencies_of(rest) if frequencies_hz is None else np.asarray(frequencies_hz, dtype=float)
    voltage, current = (str(model.unit_of(s)) for s in (model.state_names[field.scanned], field.parameter))
    values = np.array([z(f) for f in frequencies])
    return Impedance(frequencies, values, ratio_unit(voltage, current), z(0.0).real, peak_hz, abs(z(peak_hz)))


def impedance_on_engine(
    subject: Subject,
    frequencies_hz: Sequence[float] | np.ndarray | None = None,
    stimulus: float = 0.0,
    engine: str = "reference",
    scheme: str | None = None,
    dt_ms: float | None = None,
) -> Impedance:
    """The impedance that an engine has under its scheme at its step: as ``impedance`` gives it, where the step is short.

    The response to a current of one step is what any small current's is made of. A sine is seen in the middle of each step, so
    that Z(f) is the sum of h[k] exp(-2 pi i f (k - 1/2) dt), h being the voltage after k steps per current. Half the difference of
    a pulse and its negative has neither the drift of the rest nor the even part of what is not linear.

    Parameters
    ----------
    frequencies_hz : shape (frequencies,), by default as for ``impedance``; the peak is sought among them
    stimulus : constant, in the unit in which the model is driven
    engine, scheme, dt_ms : as of ``Bench``

    Raises
    ------
    DefinitionError : the model is a map, or comes to no rest
    NotRun : the engine did not run

    Examples
    --------
    >>> found = sb.analyses.impedance_on_engine("passive_membrane", [5.0, 50.0], scheme="euler", dt_ms=0.05)
    >>> found.to_frame().columns.tolist()
    ['frequency_Hz', 'modulus (Gohm)', 'phase_degrees']
    """
    field, dt_ms = Field(model_of(subject)), step_ms(subject, dt_ms)
    if frequencies_hz is None:
        frequencies_hz = frequencies_of(steady_state(field.model, stimulus))
    with Bench(engine, scheme, dt_ms) as bench:
        h = _to_one_step(field, stimulus, bench)
    frequencies, middles = np.asarray(frequencies_hz, dtype=float), (np.arange(len(h)) + 0.5) * dt_ms
    values = np.array([h @ np.exp(-2j * np.pi * 1e-3 * f * middles) for f in frequencies])
    resting, highest = float(np.sum(h)), int(np.argmax(np.abs(values)))
    peak = (float(frequencies[highest]), float(np.abs(values[highest])))
    unit = ratio_unit(*(str(field.model.unit_of(name)) for name in (field.model.state_names[field.scanned], field.parameter)))
    return Impedance(frequencies, values, unit, resting, *(peak if peak[1] > abs(resting) else (0.0, abs(resting))))


def frequencies_of(rest: FixedPoint, count: int = 100) -> np.ndarray:
    """Frequencies in Hz from a tenth of the slowest rate at a fixed point to the fastest, a thousandfold at most, shape (count,)."""
    rates = np.abs(rest.eigenvalues)
    rates = rates[rates > 0] * 1000.0 / (2.0 * np.pi)
    low = 0.1 * float(np.min(rates))
    return np.geomspace(low, min(10.0 * float(np.max(rates)), 1000.0 * low), count)


def _to_one_step(field: Field, stimulus: float, bench: Bench) -> np.ndarray:
    """The voltage after 1, 2, ... steps by a current that the first of them sees, divided by it."""
    model, rest = field.model, steady_state(field.model, stimulus)
    y = np.array([rest.state[name] for name in model.state_names]) * field.units
    drive = field.linearised(y, stimulus * field.unit, field.unit)[2][field.scanned]
    size = _SMALL * field.scale[field.scanned] / (bench.dt_ms * abs(drive)) / field.unit
    duration_ms = bench.dt_ms * np.ceil(_DECAYED / abs(rest.eigenvalues[0].real) / bench.dt_ms)
    pulses = [[Pulse(stimulus), Pulse(sign * size, 0.0, bench.dt_ms)] for sign in (1.0, -1.0)]
    up, down = (found.states for found in bench.responses(starting_at(model, rest.state), pulses, duration_ms))
    name = model.state_names[field.scanned]
    return np.asarray(up[name] - down[name])[1:] / (2.0 * size)


def ratio_unit(voltage: str, current: str) -> str:
    """The unit of a voltage by a current, under its own name where it has one."""
    known = {("mV", "uA/cm2"): "kohm cm2", ("mV", "nA"): "Mohm", ("mV", "pA"): "Gohm", ("mV", "uA"): "kohm"}
    plain = voltage if current == "1" else f"{voltage}/({current})"
    return known.get((voltage, current), plain)


def _peak_hz(z: Callable[[float], complex], up_to_hz: float) -> float:
    """Where the modulus stops rising, by the change of sign of its slope; the highest of its peaks."""

    def slope(f: float) -> float:
        step = 1e-4 * f
        return float(abs(z(f + step)) - abs(z(f - step)))

    grid = np.geomspace(1e-3, up_to_hz, 400)
    slopes = [slope(f) for f in grid]
    peaks = [root(slope, grid[k], grid[k + 1]) for k in range(len(grid) - 1) if slopes[k] > 0 >= slopes[k + 1]]
    best = max(peaks, key=lambda f: abs(z(f)), default=0.0)
    return best if abs(z(best)) > abs(z(0.0)) else 0.0


def plot_impedance(found: Impedance, axes: Axes | None = None) -> Figure:
    """Modulus against frequency, the peak marked."""
    axes, style = axes_of(axes, "frequency (Hz)", with_unit("|Z|", found.unit))
    axes.plot(found.frequency_hz, np.abs(found.impedance), linewidth=1.2, **style(0))
    axes.plot([found.peak_hz], [found.peak], "o", color=style(1)["color"], markersize=5)
    return axes.figure  # type: ignore[return-value]
