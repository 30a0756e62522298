"""Stimuli: a current as a function of time that knows its edges.

A stimulus is a sum of pieces, each a smooth function on a window. Solvers stop where windows begin and
end, so that inside a step everything is smooth. Amplitudes carry the unit of the model they drive; this
floor only needs numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Amplitude = Any  # a float, or an array that broadcasts against a state (*copies, units)
Shape = Callable[[Any], Any]

FOREVER = float("inf")


class StimulusError(ValueError):
    """A stimulus that cannot be: a pulse that ends before it starts, a width that is not positive."""


@dataclass(frozen=True)
class Constant:
    """A current that does not vary, as a function of the time."""

    value: Amplitude

    def __call__(self, t: Any) -> Amplitude:
        return self.value


@dataclass(frozen=True)
class Piece:
    """A smooth current for ``start_ms <= t < stop_ms``, zero elsewhere.

    ``shape`` gives its value at times of any shape; ``constant`` says that it does not vary.
    """

    start_ms: float
    stop_ms: float
    shape: Shape
    constant: bool = False
    kinks_ms: tuple[float, ...] = field(default=())  # inner edges, where the shape is not smooth

    def within(self, start_ms: float, stop_ms: float) -> Shape:
        """The smooth function between two neighbouring edges, valid at both of them."""
        return self.shape


@dataclass(frozen=True)
class Rectangle(Piece):
    """A constant ``amplitude`` on its window."""

    amplitude: Amplitude = 0.0


def rectangle(amplitude: Amplitude, start_ms: float, stop_ms: float) -> Rectangle:
    """Constant amplitude from start to stop."""

    def shape(t: Any) -> Any:
        return np.multiply.outer(np.ones(np.shape(t)), amplitude) if np.ndim(t) or np.ndim(amplitude) else amplitude

    return Rectangle(start_ms, stop_ms, shape, True, (), amplitude)


@dataclass(frozen=True)
class _Held(Piece):
    """Samples that hold their value until the next."""

    def within(self, start_ms: float, stop_ms: float) -> Shape:
        return Constant(self.shape(0.5 * (start_ms + stop_ms)))


class Stimulus:
    """A finite sum of pieces. Right-continuous: on at a start, off at a stop."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What this stimulus is the sum of."""
        raise NotImplementedError

    @property
    def rectangles(self) -> tuple[Rectangle, ...] | None:
        """The pieces where all are rectangles, else None."""
        rectangles = tuple(p for p in self.pieces if isinstance(p, Rectangle))
        return rectangles if len(rectangles) == len(self.pieces) else None

    @property
    def constant_between_edges(self) -> bool:
        """Whether nothing varies but at the edges."""
        return all(p.constant for p in self.pieces)

    @property
    def edges_ms(self) -> tuple[float, ...]:
        """Every time at which the stimulus is not smooth, sorted, each once; solvers must stop there."""
        edges = {edge for p in self.pieces for edge in (p.start_ms, p.stop_ms, *p.kinks_ms)}
        return tuple(sorted(edge for edge in edges if np.isfinite(edge)))

    def at(self, t_ms: Any, tolerance_ms: float = 0.0) -> np.ndarray:
        """Value at each time; a time less than ``tolerance_ms`` before an edge counts as past it.

        Parameters
        ----------
        t_ms : times, any shape T
        tolerance_ms : the round-off a computed grid time may carry

        Returns
        -------
        float64 array of shape T, or (*T, *A) where an amplitude is an array of shape A
        """
        t = np.asarray(t_ms, dtype=float) + tolerance_ms
        total = np.zeros(t.shape)
        for p in self.pieces:
            value = np.asarray(p.shape(t), dtype=float)
            axes = max(value.ndim, total.ndim) - t.ndim
            on = _widened((t >= p.start_ms) & (t < p.stop_ms), t.ndim, axes)
            total = _widened(total, t.ndim, axes) + np.where(on, _widened(value, t.ndim, axes), 0.0)
        return np.asarray(total)

    def within(self, start_ms: float, stop_ms: float) -> Shape:
        """The stimulus between two neighbouring edges as one smooth function, valid at both of them; ``Constant`` if it is so."""
        middle = 0.5 * (start_ms + stop_ms)
        on = [p for p in self.pieces if p.start_ms <= middle < p.stop_ms]
        shapes = [p.within(start_ms, stop_ms) for p in on]
        if all(p.constant for p in on):
            return Constant(sum((shape(middle) for shape in shapes), 0.0))
        if len(shapes) == 1:  # an exact solution asks for it at every stage of every step
            return lambda t: 0.0 + shapes[0](t)
        return lambda t: sum((shape(t) for shape in shapes), 0.0)

    def __add__(self, other: Stimulus) -> Stimulus:
        return Sum((self, other))


def _widened(values: np.ndarray, times: int, axes: int) -> np.ndarray:
    """Values whose first ``times`` axes are times, with ``axes`` behind those: the axes of amplitudes line up at the end."""
    missing = axes - (values.ndim - times)
    return values.reshape((*values.shape[:times], *(1,) * missing, *values.shape[times:]))


def _window(what: str, start_ms: float, stop_ms: float) -> None:
    if not stop_ms > start_ms:
        raise StimulusError(f"{what} from {start_ms:g} ms must stop later than it starts, not at {stop_ms:g} ms")


@dataclass(frozen=True)
class Step(Stimulus):
    """One rectangle."""

    amplitude: Amplitude
    start_ms: float = 0.0
    stop_ms: float = FOREVER

    def __post_init__(self) -> None:
        _window("a step", self.start_ms, self.stop_ms)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (rectangle(self.amplitude, self.start_ms, self.stop_ms),)


@dataclass(frozen=True)
class Pulses(Stimulus):
    """``count`` equal pulses, the onsets ``period_ms`` apart."""

    amplitude: Amplitude
    start_ms: float
    width_ms: float
    period_ms: float
    count: int

    def __post_init__(self) -> None:
        if self.count < 1:
            raise StimulusError(f"a pulse train needs at least one pulse, not {self.count}")
        if not 0 < self.width_ms <= self.period_ms:
            raise StimulusError(f"pulses {self.width_ms:g} ms wide do not fit a period of {self.period_ms:g} ms")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        onsets = (self.start_ms + k * self.period_ms for k in range(self.count))
        return tuple(rectangle(self.amplitude, onset, onset + self.width_ms) for onset in onsets)


@dataclass(frozen=True)
class Staircase(Stimulus):
    """Equal dwells at ``first``, ``first + increment``, ...; ``count`` of them."""

    first: Amplitude
    increment: Amplitude
    start_ms: float
    dwell_ms: float
    count: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.dwell_ms <= 0:
            raise StimulusError(
                f"a staircase needs at least one stair longer than 0 ms, not {self.count} of {self.dwell_ms:g} ms"
            )

    @property
    def pieces(self) -> tuple[Piece, ...]:
        starts = [self.start_ms + k * self.dwell_ms for k in range(self.count + 1)]
        return tuple(rectangle(self.first + k * self.increment, starts[k], starts[k + 1]) for k in range(self.count))


@dataclass(frozen=True)
class Ramp(Stimulus):
    """A straight line from ``first`` at the start to ``last`` at the stop."""

    first: float
    last: float
    start_ms: float
    stop_ms: float

    def __post_init__(self) -> None:
        _window("a ramp", self.start_ms, self.stop_ms)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        slope = (self.last - self.first) / (self.stop_ms - self.start_ms)
        return (Piece(self.start_ms, self.stop_ms, lambda t: self.first + slope * (t - self.start_ms)),)


@dataclass(frozen=True)
class Sine(Stimulus):
    """``offset + amplitude sin(2 pi frequency (t - start) + phase)``."""

    amplitude: float
    frequency_hz: float
    start_ms: float = 0.0
    stop_ms: float = FOREVER
    phase: float = 0.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        _window("a sine", self.start_ms, self.stop_ms)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        omega = 2e-3 * np.pi * self.frequency_hz
        return (
            Piece(
                self.start_ms,
                self.stop_ms,
                lambda t: self.offset + self.amplitude * np.sin(omega * (t - self.start_ms) + self.phase),
            ),
        )


@dataclass(frozen=True)
class Chirp(Stimulus):
    """A sine whose frequency rises linearly from the start to the stop (a ZAP current)."""

    amplitude: float
    first_hz: float
    last_hz: float
    start_ms: float
    stop_ms: float

    def __post_init__(self) -> None:
        _window("a chirp", self.start_ms, self.stop_ms)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        rate = (self.last_hz - self.first_hz) / (self.stop_ms - self.start_ms)

        def shape(t: Any) -> Any:
            s = t - self.start_ms
            return self.amplitude * np.sin(2e-3 * np.pi * (self.first_hz + 0.5 * rate * s) * s)

        return (Piece(self.start_ms, self.stop_ms, shape),)


@dataclass(frozen=True)
class Decay(Stimulus):
    """``amplitude exp(-(t - start)/tau)``."""

    amplitude: float
    tau_ms: float
    start_ms: float = 0.0
    stop_ms: float = FOREVER

    def __post_init__(self) -> None:
        _window("a decay", self.start_ms, self.stop_ms)
        if self.tau_ms <= 0:
            raise StimulusError(f"a decay needs a time constant above 0 ms, not {self.tau_ms:g} ms")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return (Piece(self.start_ms, self.stop_ms, lambda t: self.amplitude * np.exp(-(t - self.start_ms) / self.tau_ms)),)


@dataclass(frozen=True)
class Alpha(Stimulus):
    """The alpha function ``amplitude s exp(1 - s)`` with s = (t - start)/tau: its peak is the amplitude, at tau."""

    amplitude: float
    tau_ms: float
    start_ms: float = 0.0
    stop_ms: float = FOREVER

    def __post_init__(self) -> None:
        _window("an alpha function", self.start_ms, self.stop_ms)
        if self.tau_ms <= 0:
            raise StimulusError(f"an alpha function needs a time constant above 0 ms, not {self.tau_ms:g} ms")

    @property
    def pieces(self) -> tuple[Piece, ...]:
        def shape(t: Any) -> Any:
            s = (t - self.start_ms) / self.tau_ms
            return self.amplitude * s * np.exp(1.0 - s)

        return (Piece(self.start_ms, self.stop_ms, shape),)


@dataclass(frozen=True)
class Samples(Stimulus):
    """Given values ``interval_ms`` apart, each held until the next, or joined by straight lines."""

    values: np.ndarray
    interval_ms: float
    start_ms: float = 0.0
    interpolation: str = "hold"

    def __post_init__(self) -> None:
        if self.interval_ms <= 0 or len(self.values) < 2:
            raise StimulusError(
                f"samples need an interval above 0 ms and at least two values, not {self.interval_ms:g} ms and {len(self.values)}"
            )
        if self.interpolation not in ("hold", "linear"):
            raise StimulusError(f"samples are joined by 'hold' or 'linear', not {self.interpolation!r}")

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        held = self.interpolation == "hold"
        count = len(self.values) - (0 if held else 1)
        edges = self.start_ms + self.interval_ms * np.arange(count + 1)
        kind = _Held if held else Piece
        return (kind(self.start_ms, float(edges[-1]), self._hold if held else self._line, held, tuple(edges[1:-1].tolist())),)

    def _hold(self, t: Any) -> Any:
        # a time that round-off leaves just short of its sample belongs to it
        k = np.floor((np.asarray(t) - self.start_ms) / self.interval_ms + 1e-9).astype(int)
        return np.asarray(self.values)[np.clip(k, 0, len(self.values) - 1)]

    def _line(self, t: Any) -> Any:
        return np.interp(t, self.start_ms + self.interval_ms * np.arange(len(self.values)), self.values)


def white_noise(sigma: float, interval_ms: float, stop_ms: float, seed: int, mean: float = 0.0, start_ms: float = 0.0) -> Samples:
    """Frozen Gaussian noise, a new independent value every ``interval_ms``."""
    count = max(2, int(np.ceil((stop_ms - start_ms) / interval_ms - 1e-9)))
    return Samples(mean + sigma * _normal(seed, count), interval_ms, start_ms)


def ornstein_uhlenbeck(
    sigma: float, tau_ms: float, interval_ms: float, stop_ms: float, seed: int, mean: float = 0.0, start_ms: float = 0.0
) -> Samples:
    """Frozen Ornstein-Uhlenbeck noise with stationary deviation ``sigma``, updated exactly every ``interval_ms``.

    Gillespie 1996, Phys Rev E 54:2084, eq. 3.2.
    """
    kick = _normal(seed, max(2, int(np.ceil((stop_ms - start_ms) / interval_ms - 1e-9))))
    keep = np.exp(-interval_ms / tau_ms)
    x = np.empty(len(kick))
    x[0] = sigma * kick[0]
    for k in range(1, len(x)):
        x[k] = keep * x[k - 1] + sigma * np.sqrt(1 - keep**2) * kick[k]
    return Samples(mean + x, interval_ms, start_ms)


def _normal(seed: int, count: int) -> np.ndarray:
    """Standard normal numbers that are the same on every machine and numpy: Box & Muller on PCG64's bits."""
    bits = np.random.PCG64(seed).random_raw(2 * count)
    u, v = ((bits >> np.uint64(11)).astype(float) + 0.5).reshape(count, 2).T * 2.0**-53
    numbers: np.ndarray = np.sqrt(-2 * np.log(u)) * np.cos(2 * np.pi * v)
    return numbers


@dataclass(frozen=True)
class Sum(Stimulus):
    """Several stimuli at once; the empty sum is silence."""

    parts: Sequence[Stimulus] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(p for part in self.parts for p in part.pieces)


SILENCE = Sum(())
