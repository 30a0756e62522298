"""Files in other languages that become definitions where they are named: by their ending, from whatever module reads them.

A reader of such a file writes definition text, so it stands above this room; it is found by the name of its module, and only when a
file with that ending is opened.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

# each has text_of(path) -> str, the text of a mechanism or model; DefinitionError where the file cannot be imported
READERS = {".mod": "spikebridge.bridge.importing.nmodl"}


def is_foreign(path: Path) -> bool:
    """Whether a file with that ending is imported."""
    return path.suffix.lower() in READERS


def foreign_text(path: Path) -> str:
    """The definition that a file in another language holds.

    Raises
    ------
    DefinitionError : one line naming the file and what in it cannot be imported
    NotRun : what reads it is not installed
    """
    text: str = import_module(READERS[path.suffix.lower()]).text_of(path)
    return text
