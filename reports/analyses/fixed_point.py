"""Fixed points: where all rates vanish, and whether they attract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.system import build_system
from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.field import Field, held_steady
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.analyses.root import root
from spikebridge.reports.analyses.subject import Subject, model_of
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_REAL = 1e-9  # an imaginary part below this, of the eigenvalue, is round-off


@dataclass(frozen=True)
class FixedPoint(Result):
    """A state in which nothing changes.

    Attributes
    ----------
    state : by name, in ``units``
    stimulus : in the unit in which the model is driven
    eigenvalues : of the linearisation, per ms, the one with the greatest real part first
    units : of the variables, by name
    """

    state: Mapping[str, float]
    stimulus: float
    eigenvalues: np.ndarray
    units: Mapping[str, str]

    @property
    def kind(self) -> str:
        """``stable node``, ``stable focus``, ``unstable node``, ``unstable focus``, ``saddle``, or ``saddle-focus``."""
        return kind_of(self.eigenvalues)

    @property
    def stable(self) -> bool:
        """Whether small displacements die out."""
        return bool(np.all(self.eigenvalues.real < 0))

    @property
    def frequency_hz(self) -> float:
        """Of the slowest oscillation around it to die out, or first to grow; 0 where none oscillates."""
        return frequency_of(self.eigenvalues)

    def to_frame(self) -> pd.DataFrame:
        """One row: every variable, kind, greatest real part, frequency."""
        return FixedPoints((self,)).to_frame()

    def plot(self, axes: Axes | None = None) -> Figure:
        """Its eigenvalues in the complex plane."""
        return plot_eigenvalues(self, axes)


class FixedPoints(tuple[FixedPoint, ...]):
    """Fixed points by rising potential."""

    def to_frame(self) -> pd.DataFrame:
        """One row a fixed point: every variable, kind, greatest real part, frequency."""
        rows: dict[str, list[Any]] = {
            with_unit(s, unit): [f.state[s] for f in self] for f in self[:1] for s, unit in f.units.items()
        }
        rows["kind"] = [f.kind for f in self]
        rows["growth_per_ms"] = [float(f.eigenvalues[0].real) for f in self]
        return frame({**rows, "frequency_Hz": [f.frequency_hz for f in self]})

    def plot(self, axes: Axes | None = None) -> Figure:
        """Their eigenvalues in the complex plane, a colour each; ValueError where there is none."""
        return _plot_spectra(self, axes)


def kind_of(eigenvalues: np.ndarray) -> str:
    """The name of a fixed point with these eigenvalues, per ms, shape (variables,).

    A saddle has eigenvalues on both sides; it is a saddle-focus where those that leave oscillate. Stable points are
    named after the eigenvalue nearest to the axis, unstable ones after the one farthest to the right
    (Strogatz 2015, Nonlinear Dynamics and Chaos, sec. 5.2; Izhikevich 2007, sec. 4.2).

    Parameters
    ----------
    eigenvalues : per ms, shape (variables,)
    """
    leading = max(eigenvalues, key=lambda x: x.real)
    turns = abs(leading.imag) > _REAL * max(abs(leading), 1e-12)
    if leading.real < 0:
        return "stable focus" if turns else "stable node"
    if np.any(eigenvalues.real < 0) and not turns:
        return "saddle"
    if np.any(eigenvalues.real < 0) and len(eigenvalues) > 2:
        return "saddle-focus"
    return "unstable focus" if turns else "unstable node"


def frequency_of(eigenvalues: np.ndarray) -> float:
    """The frequency in Hz of the complex pair farthest to the right, of eigenvalues per ms, shape (variables,); 0 where all are
    real."""
    turning = [x for x in eigenvalues if x.imag > _REAL * abs(x)]
    return float(max(turning, key=lambda x: x.real).imag * 1000.0 / (2 * np.pi)) if turning else 0.0


def eigenvalues_at(field: Field, y: np.ndarray, p: float) -> np.ndarray:
    """Of the linearisation at one state, per ms, shape (variables,), falling real parts.

    Parameters
    ----------
    y, p : the state, shape (variables,), and the parameter of the field, coherent
    """
    found = np.linalg.eigvals(field.jacobian(y[:, None], p)[:, :, 0]).astype(complex)
    return found[np.lexsort((-found.imag, -found.real))]


def fixed_point_at(field: Field, y: np.ndarray, p: float) -> FixedPoint:
    """The fixed point whose state is known.

    Parameters
    ----------
    y, p : the state, shape (variables,), and the parameter of the field, coherent
    """
    stimulus = p / field.unit if field.parameter == STIMULUS else field.stimulus
    state = {name: float(x) for name, x in zip(field.model.state_names, y / field.units, strict=True)}
    units = {name: str(field.model.unit_of(name)) for name in state}
    return FixedPoint(state, float(stimulus), eigenvalues_at(field, y, p), units)


def steady_state(subject: Subject, stimulus: float = 0.0) -> FixedPoint:
    """The stable fixed point that the model's own initial values lead to under a constant stimulus.

    Where a spike, which resets, comes before it, it is the only stable one among ``fixed_points``.

    Raises
    ------
    DefinitionError : none is reached

    Examples
    --------
    >>> rest = sb.analyses.steady_state("hodgkin_huxley")
    >>> f"{rest.state['v']:.3f} {rest.units['v']}, a {rest.kind}"
    '-64.996 mV, a stable node'
    """
    model = model_of(subject)
    field = Field(model)
    p = stimulus * field.unit
    resting = replace(model, steady_state=True, stimulus_at_rest=p)
    try:
        reached = np.array([resting.initial_values[s] for s in model.state_names])
    except DefinitionError:
        stable = [found for found in fixed_points(model, stimulus) if found.stable] if model.resets else []
        if len(stable) != 1:
            raise
        return stable[0]
    return fixed_point_at(field, reached, p)


def fixed_points(
    subject: Subject, stimulus: float = 0.0, low: float | None = None, high: float | None = None, points: int = 1801
) -> FixedPoints:
    """All fixed points with the membrane potential between ``low`` and ``high``, in rising order.

    Every other variable is put where it rests at each potential, which leaves one equation in one unknown; its changes of
    sign on a grid of ``points`` are refined by Brent's method. Two fixed points within one interval of the grid are missed:
    use more points near a saddle-node. Where a spike resets the model, those beyond its threshold are left out.

    Parameters
    ----------
    low, high : in the unit of that variable: -120 to 60 for a voltage in mV, else -5 to 5, by default

    Raises
    ------
    DefinitionError : the model is a map

    Examples
    --------
    >>> found = sb.analyses.fixed_points("fitzhugh_nagumo")
    >>> [(round(point.state["v"], 4), round(point.state["w"], 4), point.kind) for point in found]
    [(-1.1994, -0.6243, 'stable focus')]
    """
    field = Field(model_of(subject))
    return FixedPoints(
        fixed_point_at(field, y, stimulus * field.unit) for y in resting_points(field, stimulus * field.unit, low, high, points)
    )


def scan_range(field: Field, low: float | None, high: float | None) -> tuple[float, float]:
    """The range given, or one wide enough, coherent."""
    scan, unit = field.scanned, field.units[field.scanned]
    wide = 12.0 if field.scale[scan] != unit else 5.0
    default = (-wide * field.scale[scan], 0.5 * wide * field.scale[scan]) if wide == 12.0 else (-5.0 * unit, 5.0 * unit)
    bounds = (default[0] if low is None else low * unit, default[1] if high is None else high * unit)
    if not bounds[1] > bounds[0]:
        raise ValueError(f"the range from {bounds[0] / unit:g} to {bounds[1] / unit:g} is empty")
    return bounds


def resting_points(field: Field, p: float, low: float | None, high: float | None, points: int) -> list[np.ndarray]:
    """Coherent states of the fixed points; see ``fixed_points``.

    Parameters
    ----------
    p : of the field, coherent
    low, high : range of the scanned variable, in its unit; see ``scan_range``
    points : how many values of it are looked between

    Returns
    -------
    arrays of shape (variables,)
    """
    held = np.linspace(*scan_range(field, low, high), points)
    states = held_steady(field, held, p)
    rate = field(states, p)[field.scanned]
    system, found = build_system(field.model), []
    for k in np.flatnonzero(np.isfinite(rate[:-1] + rate[1:]) & (np.sign(rate[:-1]) * np.sign(rate[1:]) <= 0) & (rate[1:] != 0)):
        guess = states[:, [k]]

        def leftover(x: float, guess: np.ndarray = guess) -> float:
            return float(field(held_steady(field, np.array([x]), p, guess), p)[field.scanned, 0])

        x = root(leftover, held[k], held[k + 1])
        y = held_steady(field, np.array([x]), p, guess)[:, 0]
        spiking = field.model.resets and system.event is not None and system.event.reset and system.event.level(tuple(y)) > 0
        if np.all(np.isfinite(y)) and not spiking:
            found.append(y)
    return found


def plot_eigenvalues(found: FixedPoint, axes: Axes | None = None) -> Figure:
    """Eigenvalues in the complex plane; left of the line they die out."""
    return _plot_spectra((found,), axes)


def _plot_spectra(points: Sequence[FixedPoint], axes: Axes | None) -> Figure:
    """Of each its eigenvalues, named by its kind and by where it is along the first variable."""
    if not points:
        raise ValueError("there is no fixed point to draw")
    axes, style = axes_of(axes, "real part (1/ms)", "imaginary part (1/ms)")
    axes.axvline(0.0, color="0.35", linewidth=0.8)
    for index, point in enumerate(points):
        name, value = next(iter(point.state.items()))
        label = f"{point.kind} at {name} = {value:.4g} {point.units[name].removeprefix('1')}".rstrip()
        axes.plot(point.eigenvalues.real, point.eigenvalues.imag, "o", color=style(index)["color"], label=label)
    axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]
