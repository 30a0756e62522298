"""The top floor: comparison, verdict, figures, report formats, command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reports.comparison import Comparison, compare

__all__ = ["Comparison", "compare"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line's help stays light."""
    if name in __all__:
        from reports import comparison

        return getattr(comparison, name)
    raise AttributeError(f"module 'reports' has no attribute {name!r}")
