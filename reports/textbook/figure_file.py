"""Figure files: a textbook figure as data, with the runs it shows, how they are drawn and what it claims."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.experiment_file import KEYS as EXPERIMENT_KEYS
from spikebridge.bridge.definition.experiment_file import make_experiment
from spikebridge.bridge.engines.base import check_kind, find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.errors import DefinitionError, InputError, TranslationError, did_you_mean
from spikebridge.bridge.shown import first_unseen, shown
from spikebridge.bridge.toml_file import read_definition, read_toml, refuse_unknown
from spikebridge.reports.metrics.numbers import evenly_spaced
from spikebridge.reports.textbook.analysis_kind import FigureAnalysis
from spikebridge.reports.textbook.analysis_registry import MODEL_KEYS, read_analysis
from spikebridge.reports.textbook.claims import Claim, read_analysis_claim, read_claim
from spikebridge.reports.textbook.figure import Axis, FigureFile, FigureRun
from spikebridge.reports.textbook.gallery_files import gallery
from spikebridge.reports.textbook.plan import read_plan

_KEYS = ("title", "about", "source", "schemes", "shared", "runs", "sweeps", "analyses", "plot", "claims")
_RUN_KEYS = ("label", "exact_only", "scheme")
_SWEEP_KEYS = ("vary", "values", "first", "last", "count", "unit")
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
MOST = 500  # members of a sweep
LONGEST = 60  # letters of a name, which becomes part of a file name
_TAKEN = "claims"  # by NAME_claims.csv


def load_figure(name_or_path: str | Path) -> FigureFile:
    """The figure of that name, or of that file; DefinitionError where there is none or something is wrong in it."""
    known, name = gallery(), str(name_or_path)
    if name in known:
        return read_figure(known[name])
    if not name.endswith(".toml"):
        raise DefinitionError(f"there is no figure {shown(name)} in the gallery.{did_you_mean(name, known)}")
    return read_figure(Path(name))


def read_figure(path: Path) -> FigureFile:
    """The figure in a file; DefinitionError names the file, the key and what was expected there."""
    where = path.name
    data = read_toml(read_definition(path), where, _KEYS)
    _refuse_controls(data, where)
    texts = {key: _text(data, key, where) for key in ("title", "about", "source")}
    shared = _table(data, "shared", where)
    runs: dict[str, FigureRun] = {}
    axes: dict[str, Axis] = {}
    for name, table in _tables(data, "runs", where):
        runs[name] = _run(_merged(shared, table), name, f"{where}: runs.{name}", path.parent)
    for name, table in _tables(data, "sweeps", where):
        if name in runs:
            raise DefinitionError(f"{where}: sweeps.{name}: there is a run of that name")
        axes[name], members = _sweep(_merged(shared, table), name, f"{where}: sweeps.{name}", path.parent)
        runs |= {run.name: run for run in members}
    analyses = _analyses(data, {*runs, *axes}, where, path.parent)
    if not runs and not analyses:
        raise DefinitionError(f"{where}: runs: there are none; write for example [runs.one] with a model and a duration")
    claims = data.get("claims", [])
    if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
        raise DefinitionError(f"{where}: claims: expected tables, written [[claims]]")
    return FigureFile(
        path.stem, texts["title"], texts["about"], texts["source"], _schemes(data, runs, analyses, where), runs, axes, analyses,
        read_plan(_table(data, "plot", where), runs, list(axes), analyses, f"{where}: plot"),
        tuple(_claim(claim, runs, set(axes), analyses, f"{where}: claim {i}") for i, claim in enumerate(claims, 1)),
    )  # fmt: skip


def _refuse_controls(given: Any, where: str) -> None:
    """No text may hold characters that steer a terminal, or that an SVG cannot hold."""
    if isinstance(given, str) and first_unseen(given) is not None:
        raise DefinitionError(f"{where}: expected text without control characters, found {shown(given, 60)}")
    if isinstance(given, dict):
        for key, value in given.items():
            _refuse_controls(key, where)
            _refuse_controls(value, f"{where}: {key}")
    if isinstance(given, list):
        for value in given:
            _refuse_controls(value, where)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(f"{where}: {key}: " + ("is missing" if value is None else f"expected text, found {shown(value)}"))
    return value.strip()


def _table(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise DefinitionError(f"{where}: {key}: expected a table, found {shown(value)}")
    return value


def _tables(data: Mapping[str, Any], key: str, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in _table(data, key, where):
        if len(name) > LONGEST:
            raise DefinitionError(f"{where}: {key}: the name {name[:20]}... has {len(name)} letters; at most {LONGEST}")
        if not _NAME.fullmatch(name):
            raise DefinitionError(f"{where}: {key}: {shown(name)} is not a name; use letters, digits and '_'")
        yield name, _table(data[key], name, f"{where}: {key}")


def _analyses(data: Mapping[str, Any], taken: Collection[str], where: str, folder: Path) -> dict[str, FigureAnalysis]:
    """Of what all runs share, analyses take only what is the model's."""
    shared = {key: value for key, value in _table(data, "shared", where).items() if key in MODEL_KEYS}
    found: dict[str, FigureAnalysis] = {}
    for name, table in _tables(data, "analyses", where):
        if name in taken:
            raise DefinitionError(f"{where}: analyses.{name}: there is a run or a sweep of that name")
        # names of files, which some disks do not tell apart by their case
        if name.lower() in {_TAKEN, *(other.lower() for other in found)}:
            raise DefinitionError(f"{where}: analyses.{name}: there is a file of that name already; choose another")
        found[name] = read_analysis(_merged(shared, table), name, f"{where}: analyses.{name}", folder)
    return found


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What all runs share, with a run's own keys over it; tables are merged, a stimulus is replaced."""
    both = {**shared, **own}
    for key in ("parameters", "initial"):
        if isinstance(shared.get(key), dict) and isinstance(own.get(key), dict):
            both[key] = {**shared[key], **own[key]}
    return both


# runs -------------------------------------------------------------------------------------------------


def _run(table: Mapping[str, Any], name: str, where: str, folder: Path, sweep: str = "", value: float | None = None) -> FigureRun:
    texts = {key: table.get(key, "") for key in _RUN_KEYS}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise DefinitionError(f"{where}: {key}: expected text, found {shown(text)}")
    refuse_unknown(table, (*_RUN_KEYS, *EXPERIMENT_KEYS), where)
    experiment = make_experiment({k: v for k, v in table.items() if k not in _RUN_KEYS}, where, name, folder)
    if texts["scheme"]:
        try:
            check_kind(experiment.model, find_scheme(find_engine("reference"), texts["scheme"], experiment.model))
        except (InputError, TranslationError) as error:
            raise DefinitionError(f"{where}: scheme: {error}") from None
    return FigureRun(name, texts["label"] or name, experiment, texts["exact_only"], texts["scheme"], sweep, value)


def _sweep(table: dict[str, Any], name: str, where: str, folder: Path) -> tuple[Axis, list[FigureRun]]:
    refuse_unknown(table, (*_SWEEP_KEYS, *_RUN_KEYS, *EXPERIMENT_KEYS), where)
    vary, unit = (_text(table, "vary", where), table.get("unit", ""))
    if not isinstance(unit, str):
        raise DefinitionError(f"{where}: unit: expected text, found {shown(unit)}")
    place, _, key = vary.partition(".")
    if place not in ("parameters", "initial", "stimulus") or not key:
        raise DefinitionError(
            f'{where}: vary: expected for example "parameters.g_Na", "initial.v" or "stimulus.amplitude", found {shown(vary)}'
        )
    own = {k: v for k, v in table.items() if k not in _SWEEP_KEYS}
    values = _values(table, where)
    members = [
        _run(_with(own, place, key, f"{v:.12g} {unit}".strip(), where), member_name(name, v), where, folder, name, v)
        for v in values
    ]
    axis = "I" if vary == "stimulus.amplitude" else key
    return Axis(axis, unit, f"{axis} ({unit})" if unit else axis), members


def member_name(sweep: str, value: float) -> str:
    """What one run of a sweep is called."""
    return f"{sweep} with {value:.12g}"


def _with(table: Mapping[str, Any], place: str, key: str, text: str, where: str) -> dict[str, Any]:
    """The table with one value in it changed; of several stimuli, that of the first."""
    if place != "stimulus":
        return {**table, place: {**_table(table, place, where), key: text}}
    parts = table.get("stimulus")
    if not isinstance(parts, list) or not parts or not isinstance(parts[0], dict):
        raise DefinitionError(f"{where}: vary: there is no [[stimulus]] whose {key} could vary")
    return {**table, "stimulus": [{**parts[0], key: text}, *parts[1:]]}


def _values(table: Mapping[str, Any], where: str) -> list[float]:
    """Those listed; evenly spaced ones between them where ``first``, ``last`` and ``count`` are given."""
    listed = table.get("values", [])
    if not isinstance(listed, list):
        raise DefinitionError(f"{where}: values: expected a list of numbers, found {shown(listed)}")
    count = table.get("count", 0)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST:
        raise DefinitionError(f"{where}: count: expected a whole number up to {MOST}, found {shown(count)}")
    numbers = [*listed, *(table[k] for k in ("first", "last") if k in table)]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)) or abs(number) > 1e100:
            raise DefinitionError(f"{where}: values, first and last: expected numbers, found {shown(number)}")
    if count and not ("first" in table and "last" in table):
        raise DefinitionError(f"{where}: count: needs a first and a last value")
    if not count and ("first" in table or "last" in table):
        raise DefinitionError(f"{where}: count: is missing; say how many values there are from first to last")
    spread = evenly_spaced(table["first"], table["last"], count) if count else []
    found = sorted({float(f"{v:.12g}") for v in (*listed, *spread)})
    if not 0 < len(found) <= MOST:
        raise DefinitionError(f"{where}: values: expected 1 to {MOST} numbers, or first, last and count; found {len(found)}")
    return found


# claims and schemes -----------------------------------------------------------------------------------


def _claim(
    table: Mapping[str, Any], runs: Mapping[str, FigureRun], sweeps: set[str], analyses: Mapping[str, FigureAnalysis], where: str
) -> Claim:
    single = [name for name, run in runs.items() if not run.sweep]
    names = [*single, *sweeps, *analyses]
    given = table.get("run", names[0] if len(names) == 1 and not sweeps else single[0] if len(single) == 1 else None)
    if isinstance(given, str) and given in analyses:
        return read_analysis_claim(table, analyses[given], where)
    if given not in names:
        hint = did_you_mean(given, names) if isinstance(given, str) else f" Known: {', '.join(names)}."
        raise DefinitionError(f"{where}: run: expected the name of a run, found {shown(given)}.{hint}")
    if given not in sweeps:
        if "with" in table:
            raise DefinitionError(f"{where}: with: {given} is no sweep")
        return read_claim(table, str(given), runs[str(given)].experiment, where)
    value = table.get("with")
    name = member_name(str(given), value) if isinstance(value, (int, float)) and not isinstance(value, bool) else ""
    if name not in runs:
        known = ", ".join(f"{run.value:g}" for run in runs.values() if run.sweep == given)
        raise DefinitionError(f"{where}: with: expected one of the sweep's values ({known}), found {shown(value)}")
    return read_claim(table, name, runs[name].experiment, where)


def _schemes(
    data: Mapping[str, Any], runs: Mapping[str, FigureRun], analyses: Mapping[str, FigureAnalysis], where: str
) -> dict[str, str]:
    table = _table(data, "schemes", where)
    models = [*(run.experiment.model for run in runs.values()), *(analysis.model for analysis in analyses.values())]
    for engine, scheme in table.items():
        if not isinstance(scheme, str):
            raise DefinitionError(f"{where}: schemes.{engine}: expected the name of a scheme, found {shown(scheme)}")
        try:
            find_scheme(find_engine(engine), scheme, models[0])
        except InputError as error:
            raise DefinitionError(f"{where}: schemes: {error}") from None
    return table
