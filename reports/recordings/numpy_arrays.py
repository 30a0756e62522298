"""Arrays as ``numpy.savez`` and ``numpy.save`` write them; nothing pickled is loaded."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.recordings.columns import Table, heads_of, table_under

SUFFIXES = (".npz",)
NEEDS = ""
MAX_BYTES = 1_000_000_000


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """The arrays by name, or by ``names`` in their order; those of other lengths than the times are left out.

    Raises
    ------
    DefinitionError : it is no such file, or ``names`` are more or fewer
    """
    if not zipfile.is_zipfile(path):
        raise DefinitionError("this is no .npz file that numpy.savez has written")
    with zipfile.ZipFile(path) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > MAX_BYTES:
            raise DefinitionError(f"arrays of up to {MAX_BYTES / 1e9:g} GB are read")
    with np.load(path, allow_pickle=False) as archive:
        return [table_under(heads_of(names, archive.files), [archive[key] for key in archive.files])]
