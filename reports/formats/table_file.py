"""Tables as files: CSV, or Parquet where pyarrow is installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from spikebridge.bridge.errors import NotRun, UsageError
from spikebridge.reports.files import check_file, write_whole

if TYPE_CHECKING:
    import pandas as pd

_SUFFIXES = (".csv", ".parquet")


def check_table_file(given: str, option: str) -> Path:
    """The path, before anything is run: UsageError or NotRun where such a file cannot be written."""
    path = Path(given)
    if path.suffix not in _SUFFIXES:
        raise UsageError(f"{option}: {path.name}: write a .csv or a .parquet file")
    if path.suffix == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise NotRun("Parquet files need pyarrow; install it with: pip install 'spikebridge[parquet]', or write a .csv file")
    return check_file(path, option)


def write_table(path: Path, table: pd.DataFrame) -> Path:
    """The rows of a table, whole or not at all."""
    save = table.to_csv if path.suffix == ".csv" else table.to_parquet
    return write_whole(path, lambda temporary: save(temporary, index=False))
