"""``spikebridge export``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.scripts import script_files
from spikebridge.bridge.errors import NotRun, TranslationError, UsageError
from spikebridge.reports.commands.changes import ExperimentChanges, chosen_from
from spikebridge.reports.commands.compare import schemes_of
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.proof.taking_part import taking_part


def export_scripts(name: str, folder: str, engines: Sequence[str], schemes: Sequence[str], changes: Mapping[str, Any]) -> int:
    """Write the scripts, say which; an engine that was not asked for by name may be left out, and why is said.

    Raises
    ------
    NotRun : an engine that was asked for, or every one, cannot express the experiment
    """
    check_folder(Path(folder), "--to")
    chosen = _chosen(schemes, engines)
    experiment = chosen_from(changes, ExperimentChanges).made(name)
    files: dict[str, str] = {}
    for engine, scheme in chosen.items():
        try:
            files |= _files(experiment, engine, scheme)
        except TranslationError as error:
            if engine in engines or scheme is not None:
                raise NotRun(f"{engine}: {error}") from None
            print(f"spikebridge: {engine} is left out: {error}", file=sys.stderr)
    if not files:
        raise NotRun("no engine can express this experiment")
    for file, text in files.items():
        print(f"wrote {write_text(Path(folder) / file, text)}")
    return 0


def _chosen(schemes: Sequence[str], engines: Sequence[str]) -> Mapping[str, str | None]:
    """The scheme of every engine that takes part, None for its default."""
    given = schemes_of(schemes)
    for name, several in given.items():
        if len(several) > 1:
            raise UsageError(f"--scheme: a script has one scheme, but {name} is given {' and '.join(several)}")
    return {engine.name: given.get(engine.name, [None])[0] for engine in taking_part(engines, given)}


def _files(experiment: Experiment, engine_name: str, scheme_name: str | None) -> dict[str, str]:
    engine = find_engine(engine_name)
    return script_files(experiment, engine, find_scheme(engine, scheme_name, experiment.model))
