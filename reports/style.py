"""Colours and dashes of everything that is drawn."""

from __future__ import annotations

from typing import Any

# Okabe & Ito's colours, distinct for colour-blind readers, and a dash pattern each
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":")


def style(index: int) -> dict[str, Any]:
    """Colour and dashes of the engine at that place."""
    return {"color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(DASHES)]}
