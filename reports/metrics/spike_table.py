"""Two spike trains side by side as a DataFrame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from spikebridge.reports.metrics.matching import SpikeMatch, match_spikes


def spike_table(found: np.ndarray, expected: np.ndarray) -> pd.DataFrame:
    """Both trains as ``match_spikes`` pairs them, one row a spike in the order of time.

    Parameters
    ----------
    found, expected : spike times in ms, increasing, shapes (found,) and (expected,)

    Returns
    -------
    Columns ``expected_ms``, ``found_ms``, ``shift_ms`` (NaN where there is none) and ``status``: matched,
    missing (expected, not found) or extra (found, not expected)
    """
    return match_table(match_spikes(found, expected))


def match_table(match: SpikeMatch) -> pd.DataFrame:
    """Any matching of two trains in the columns of ``spike_table``."""
    status = np.repeat(["matched", "missing", "extra"], [len(match.found_ms), len(match.missing_ms), len(match.extra_ms)])
    expected = np.concatenate([match.expected_ms, match.missing_ms, np.full(len(match.extra_ms), np.nan)])
    found = np.concatenate([match.found_ms, np.full(len(match.missing_ms), np.nan), match.extra_ms])
    order = np.argsort(np.where(np.isnan(expected), found, expected), kind="stable")
    columns = {"expected_ms": expected, "found_ms": found, "shift_ms": found - expected, "status": status.astype(object)}
    return pd.DataFrame({name: column[order] for name, column in columns.items()})
