"""Arrays as ``numpy.savez`` and ``numpy.save`` write them; nothing pickled is loaded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.opener import read_bytes
from spikebridge.reports.recordings.columns import Table, heads_of, table_under

SUFFIXES = (".npz",)
NEEDS = ""
MAX_BYTES, MAX_UNPACKED = 200_000_000, 1_000_000_000


def read(path: Path, names: Sequence[str]) -> list[Table]:
    """The arrays by name, or by ``names`` in their order; those of other lengths than the times are left out.

    Raises
    ------
    DefinitionError : it is no such file, or ``names`` are more or fewer
    """
    packed = io.BytesIO(read_bytes(path, MAX_BYTES, "a recording"))
    if not zipfile.is_zipfile(packed):
        raise DefinitionError("this is no .npz file that numpy.savez has written")
    if sum(entry.file_size for entry in zipfile.ZipFile(packed).infolist()) > MAX_UNPACKED:
        raise DefinitionError(f"unpacked it has more than {MAX_UNPACKED / 1e6:g} MB")
    packed.seek(0)
    with np.load(packed, allow_pickle=False) as archive:
        return [table_under(heads_of(names, archive.files), [archive[key] for key in archive.files])]
