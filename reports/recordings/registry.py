"""The readers of recordings by the ends of their files' names.

A reader is one file in this room, with ``SUFFIXES``, ``read`` and the extra that it ``NEEDS``, and one word here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.shown import plain
from spikebridge.reports.recordings import neo_signals, numpy_arrays, nwb, parquet, text_table
from spikebridge.reports.recordings.columns import Table

READERS: dict[str, ModuleType] = {
    suffix: reader for reader in (text_table, numpy_arrays, parquet, nwb, neo_signals) for suffix in reader.SUFFIXES
}
PACKED = ".gz"  # of text alone


def read_tables(path: Path, names: Sequence[str] = ()) -> list[Table]:
    """What a file holds, each table with its own times.

    Parameters
    ----------
    names : of the columns, where the file does not give them, or gives others

    Raises
    ------
    DefinitionError : without the file's name: what is wrong in it
    """
    reader = READERS.get(_suffix(path))
    if reader is None:
        raise DefinitionError(f"expected one of {', '.join(READERS)}")
    try:
        return reader.read(path, names)
    except ImportError as error:
        package = (error.name or "").partition(".")[0] or "another package"
        package = "pyarrow" if reader is parquet else package
        raise DefinitionError(
            f"{path.suffix} files need {package}; install it with: pip install 'spikebridge[{reader.NEEDS}]'"
        ) from None
    except DefinitionError as error:
        raise DefinitionError(str(error).removeprefix(f"{path}: ")) from None
    except Exception as error:  # readers of damaged files fail in every way there is
        raise DefinitionError(plain(f"it cannot be read: {error}", 200)) from None


def _suffix(path: Path) -> str:
    whole = path.name.lower().removesuffix(PACKED)
    suffix = Path(whole).suffix
    return suffix if path.suffix.lower() != PACKED or READERS.get(suffix) is text_table else PACKED
