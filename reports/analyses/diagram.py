"""A bifurcation diagram: branches of fixed points, the points where they change, and both drawn against the parameter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spikebridge.reports.analyses.axes import axes_of, with_unit
from spikebridge.reports.analyses.result import frame
from spikebridge.reports.result import Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class SpecialPoint(Result):
    """Where a branch changes: ``saddle-node`` or ``Hopf``.

    Attributes
    ----------
    parameter : its value there, in its own unit
    state : by name, in the units of the model
    frequency_hz : of the oscillation born at a Hopf point; 0 at a saddle-node
    """

    kind: str
    parameter: float
    state: Mapping[str, float]
    frequency_hz: float


@dataclass(frozen=True)
class Branch(Result):
    """Fixed points along one curve, in its order.

    Attributes
    ----------
    name, unit : of the parameter
    parameter : shape (points,)
    states : by name, each of shape (points,)
    eigenvalues : per ms, shape (points, variables)
    special : saddle-nodes and Hopf points on the way
    units : of the states, by name
    """

    name: str
    unit: str
    parameter: np.ndarray
    states: Mapping[str, np.ndarray]
    eigenvalues: np.ndarray
    special: tuple[SpecialPoint, ...]
    units: Mapping[str, str]

    @property
    def stable(self) -> np.ndarray:
        """Whether each point attracts, shape (points,)."""
        return np.all(self.eigenvalues.real < 0, axis=1)

    def of_kind(self, kind: str) -> tuple[SpecialPoint, ...]:
        """The special points of one kind, by rising parameter."""
        return tuple(sorted((s for s in self.special if s.kind == kind), key=lambda s: s.parameter))

    def to_frame(self) -> pd.DataFrame:
        """One row a point: parameter, states, stability, greatest real part."""
        states = {with_unit(name, self.units[name]): values for name, values in self.states.items()}
        columns = {with_unit(self.name, self.unit): self.parameter, **states}
        return frame({**columns, "stable": self.stable, "growth_per_ms": self.eigenvalues[:, 0].real})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The first variable against the parameter."""
        return plot_branches((self,), axes=axes)


class Branches(tuple[Branch, ...]):
    """All branches of fixed points in a range of a parameter."""

    def to_frame(self) -> pd.DataFrame:
        """One row a point, with the number of its branch."""
        import pandas as pd

        return pd.concat([branch.to_frame().assign(branch=i) for i, branch in enumerate(self, 1)], ignore_index=True)

    def plot(self, axes: Axes | None = None) -> Figure:
        """The first variable against the parameter."""
        return plot_branches(self, axes=axes)


class SpecialPoints(tuple[SpecialPoint, ...]):
    """The points at which branches change, by rising parameter."""

    branches: Branches

    @classmethod
    def of(cls, branches: Sequence[Branch]) -> SpecialPoints:
        """Those of all branches."""
        found = cls(sorted((s for b in branches for s in b.special), key=lambda s: s.parameter))
        found.branches = Branches(branches)
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a point: kind, parameter, states, frequency."""
        first = self.branches[0]
        states = {with_unit(name, unit): [s.state[name] for s in self] for name, unit in first.units.items()}
        columns = {"kind": [s.kind for s in self], with_unit(first.name, first.unit): [s.parameter for s in self]}
        return frame({**columns, **states, "frequency_Hz": [s.frequency_hz for s in self]})

    def plot(self, axes: Axes | None = None) -> Figure:
        """The branches that they lie on."""
        return plot_branches(self.branches, axes=axes)


def _stretches(branch: Branch, variable: str) -> Iterator[tuple[np.ndarray, np.ndarray, bool]]:
    """The branch in pieces of one stability, each up to the special point where the next begins."""
    x, y, stable = branch.parameter, branch.states[variable], branch.stable
    first, start = 0, None
    for k in [*np.flatnonzero(stable[1:] != stable[:-1]), len(x) - 1]:
        near = min(branch.special, key=lambda s: abs(s.parameter - x[k]) + abs(s.state[variable] - y[k]), default=None)
        end = [(near.parameter, near.state[variable])] if near is not None and k < len(x) - 1 else []
        points = np.array([*([start] if start else []), *zip(x[first : k + 1], y[first : k + 1], strict=True), *end])
        yield points[:, 0], points[:, 1], bool(stable[k])
        first, start = int(k) + 1, end[0] if end else None


def plot_branches(branches: Sequence[Branch], variable: str | None = None, axes: Axes | None = None) -> Figure:
    """A variable against the parameter: lines where stable, dashes where not, Hopf points and saddle-nodes marked."""
    first = branches[0]
    variable = variable or next(iter(first.states))
    axes, style = axes_of(axes, with_unit(first.name, first.unit), with_unit(variable, first.units[variable]))
    names = {True: "stable rest", False: "unstable rest"}
    for branch in branches:
        for along, shown, stable in _stretches(branch, variable):
            line, width = ("-", 1.6) if stable else ("--", 0.9)
            axes.plot(along, shown, line, color=style(0)["color"], linewidth=width, label=names.pop(stable, None))
    for kind, marker in (("Hopf", "o"), ("saddle-node", "s")):
        points = [s for b in branches for s in b.of_kind(kind)]
        if points:
            x, y = [s.parameter for s in points], [s.state[variable] for s in points]
            axes.plot(x, y, marker, color=style(1)["color"], markersize=5, label=kind)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize="small")
    return axes.figure  # type: ignore[return-value]
