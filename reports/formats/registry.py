"""The formats in which a command hands over what it found.

A format is one file in this room, with ``WRITERS`` from each kind of result to the function that writes it down, and one line here.
The line alone makes the option of ``compare``, ``compare --all`` and ``check``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from spikebridge.reports.files import check_file, write_text
from spikebridge.reports.formats.table_file import check_table_file, write_table


@dataclass(frozen=True)
class Format:
    """One way to write a result down.

    Attributes
    ----------
    name : of the option
    about : what the option is for
    home : the module with ``WRITERS``; it loads with the first result, since ``--help`` must answer at once
    takes : the file that the option takes; empty for a flag that prints
    check : the path of a file from text and option, before anything is run; raises where such a file cannot be written
    save : writes what a writer makes into a file, whole or not at all
    """

    name: str
    about: str
    home: str
    takes: str = "FILE"
    check: Callable[[str, str], Path] = lambda given, option: check_file(Path(given), option)
    save: Callable[[Path, Any], Path] = write_text

    def made(self, result: Any) -> Any:
        """The result in this format: text, or the table of a table file."""
        writers = import_module(f"spikebridge.reports.formats.{self.home}").WRITERS
        return next(writers[kind] for kind in type(result).__mro__ if kind in writers)(result)

    def write(self, result: Any, path: Path) -> Path:
        """Write the result into a file. OSError where it cannot be written."""
        return self.save(path, self.made(result))


JSON = Format("json", "Print one JSON document.", "json_format", takes="")
_LISTED = [
    JSON,
    Format("junit", "Write JUnit XML.", "junit"),
    Format("markdown", "Write Markdown, for a job's summary.", "markdown"),
    Format("table", "Write all numbers as a table.", "tables", "FILE.csv|.parquet", check_table_file, write_table),
]
FORMATS = {each.name: each for each in _LISTED}
FILES = [each for each in _LISTED if each.takes]
