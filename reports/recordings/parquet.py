"""Parquet files, with pyarrow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikebridge.reports.recordings.columns import Table, heads_of, table_under

SUFFIXES = (".parquet",)
NEEDS = "parquet"


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """The table; ``names`` are those of its columns, in place of its own.

    Raises
    ------
    DefinitionError : ``names`` are more or fewer than its columns
    ImportError : without pyarrow
    """
    import pandas as pd

    table = pd.read_parquet(path)
    heads = heads_of(names, [str(head) for head in table.columns])
    return [table_under(heads, [table.iloc[:, k].to_numpy() for k in range(len(heads))])]
