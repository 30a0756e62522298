"""What a program hands over by name: ``sb.record(t=..., v=...)``; within a comparison its run is judged by that."""

from __future__ import annotations

from typing import Any

_held: dict[str, Any] = {}


def record(**arrays: Any) -> None:
    """Say what a program has recorded, for ``spikebridge compare --program``; outside of a comparison nothing comes of it.

    Called again, arrays of the same names replace those of before.

    Parameters
    ----------
    arrays : by name, shape (samples,): ``t`` and quantities of the model, as numbers or with units (``t_ms``, ``v_mV`` say one, too)

    Examples
    --------
    >>> sb.record(t_ms=[0.0, 0.1, 0.2], v_mV=[-65.0, -64.9, -64.8])
    """
    _held.update(arrays)


def handed_over() -> dict[str, Any]:
    """All that was recorded so far."""
    return dict(_held)
