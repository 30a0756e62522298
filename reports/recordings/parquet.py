"""Parquet files, with pyarrow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from spikebridge.bridge.opener import read_bytes
from spikebridge.reports.recordings.columns import MAX_BYTES, Table, check_samples, heads_of, table_under

SUFFIXES = (".parquet",)
NEEDS = "parquet"


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """The table; ``names`` are those of its columns, in place of its own.

    Raises
    ------
    DefinitionError : ``names`` are more or fewer than its columns, or it holds too much
    ImportError : without pyarrow
    """
    from pyarrow import parquet

    file = parquet.ParquetFile(io.BytesIO(read_bytes(path, MAX_BYTES, "a recording")))
    check_samples(file.metadata.num_rows * file.metadata.num_columns)
    table = file.read().to_pandas()
    heads = heads_of(names, [str(head) for head in table.columns])
    return [table_under(heads, [table.iloc[:, k].to_numpy() for k in range(len(heads))])]
