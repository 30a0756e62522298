"""A suite: the experiments that a project wants to stay as they are, on which engines, under which schemes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment, time_of
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.base import Occasion, find_scheme
from spikebridge.bridge.engines.registry import engines_for, find_engine
from spikebridge.bridge.errors import DefinitionError, UsageError, did_you_mean
from spikebridge.bridge.shown import plain, shown
from spikebridge.bridge.toml_file import read_definition, read_toml, refuse_unknown
from spikebridge.reports.proof.verdict import FINE, Verdict
from spikebridge.reports.regression.baseline import CHECKPOINTS

SUITE_FILE = "suite.toml"
BASELINE = "baseline"
MOST_CHECKPOINTS = 1000
_SHARED_KEYS = ("engines", "schemes", "ladder", "checkpoints")
_KEYS = ("baseline", *_SHARED_KEYS, "experiment")
_CASE_KEYS = ("run", "name", "regime", "duration", *_SHARED_KEYS, "expect")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


@dataclass(frozen=True)
class Case:
    """One experiment of a suite.

    Attributes
    ----------
    name : of its baseline file and of its report; unique in the suite
    run : a catalogue name, or the path of a model or experiment file
    engines : those that take part; the usual three for none
    schemes : of an engine: one, several, or ``all``
    ladder : whether the limit of small steps is proven too
    expect : the verdict that a disagreement has, where one is known and accepted
    duration : with a unit, instead of the experiment's own
    checkpoints : how many samples of each variable are kept beside the first
    """

    name: str
    run: str
    regime: str | None = None
    engines: tuple[str, ...] = ()
    schemes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ladder: bool = False
    expect: Verdict | None = None
    duration: str | None = None
    checkpoints: int = CHECKPOINTS

    def load(self) -> Experiment:
        """The experiment; DefinitionError, with the case's name, where it cannot be."""
        try:
            experiment = load_experiment(self.run, self.regime)
            if self.duration is None:
                return experiment
            return replace(experiment, duration=time_of(self.duration, f"{experiment.name}: duration"))
        except DefinitionError as error:
            raise DefinitionError(f"{self.name}: {error}") from None

    @property
    def named(self) -> tuple[str, ...]:
        """Its engines; those that take part unasked where it names none."""
        return self.engines or engines_for(Occasion.COMPARISON)

    def accepts(self, verdict: Verdict) -> bool:
        """Whether this verdict is no disagreement here."""
        return verdict in FINE or verdict is self.expect


@dataclass(frozen=True)
class Suite:
    """All cases.

    Attributes
    ----------
    baseline : folder of what they gave before; None where engines are only held to each other
    complete : whether whatever else the folder holds is of a case that is gone
    """

    name: str
    cases: tuple[Case, ...]
    baseline: Path | None
    complete: bool = True


def read_suite(path: Path, baseline: Path | None = None) -> Suite:
    """The suite in a file.

    Parameters
    ----------
    baseline : another folder than the one the file names

    Raises
    ------
    DefinitionError : one line naming the file, the key and what is wrong with it
    """
    data = read_toml(read_definition(path), path.name, _KEYS)
    given = data.get("experiment")
    if not isinstance(given, list) or not given or not all(isinstance(case, dict) for case in given):
        raise DefinitionError(
            f'{path.name}: there are no experiments; write for example [[experiment]] with run = "hodgkin_huxley"'
        )
    shared: dict[str, Any] = {key: data[key] for key in _SHARED_KEYS if key in data}
    _check_engines(shared["schemes"] if isinstance(shared.get("schemes"), dict) else (), f"{path.name}: schemes")
    cases = tuple(_case(case, shared, path, f"{path.name}: experiment {i}") for i, case in enumerate(given, 1))
    names = [case.name.casefold() for case in cases]
    for case in cases:
        if names.count(case.name.casefold()) > 1:
            raise DefinitionError(f"{path.name}: there are two experiments called {shown(case.name)}; give one another name")
    folder = data.get("baseline", BASELINE)
    if (folder is not False and (not isinstance(folder, str) or not folder)) or "\0" in str(folder):
        raise DefinitionError(f"{path.name}: baseline: expected the name of a folder, or false for none, found {shown(folder)}")
    return Suite(path.stem, cases, baseline or (_inside(path, folder) if folder else None))


def _inside(path: Path, folder: str) -> Path:
    """The folder of the baseline; what a file says may not lead out of the folder it lies in."""
    found = path.parent / folder
    if not found.resolve().is_relative_to(path.parent.resolve()):
        raise DefinitionError(
            f"{path.name}: baseline: {shown(folder)} leads out of the suite's own folder; if that is meant, say --baseline {shlex.quote(plain(folder, 200))}"
        )
    return found


def case_of(run: str, engines: tuple[str, ...] = (), ladder: bool = False) -> Case:
    """A case of its own, outside of any suite, called after its file or model."""
    return Case(_name_of(run), run, engines=engines, ladder=ladder)


def _case(own: Mapping[str, Any], shared: Mapping[str, Any], path: Path, where: str) -> Case:
    refuse_unknown(own, _CASE_KEYS, where)
    data = {**shared, **own}
    run = data.get("run")
    if not isinstance(run, str) or not run:
        raise DefinitionError(
            f"{where}: run: expected a model's name, or the path of a model or experiment file, found {shown(run)}"
        )
    run = str(path.parent / run) if run.endswith(".toml") else run
    regime = _optional(data, "regime", str, "a name", where)
    engines = _engines(data, where)
    return Case(
        _name(data, run, regime, where), run, regime, engines, _schemes(own, shared, engines or engines_for(Occasion.COMPARISON), where),
        bool(_optional(data, "ladder", bool, "true or false", where)), _expected(data, where),
        _optional(data, "duration", str, 'a time such as "10 ms"', where), _checkpoints(data, where),
    )  # fmt: skip


def _name(data: Mapping[str, Any], run: str, regime: str | None, where: str) -> str:
    name = data.get("name", _name_of(run) + (f"-{regime}" if regime else ""))
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name.endswith("."):
        raise DefinitionError(
            f"{where}: name: expected letters, digits, '_', '-' and '.', beginning with a letter, found {shown(name)}"
        )
    return name


def _optional(data: Mapping[str, Any], key: str, kind: type, expected: str, where: str) -> Any:
    """The value of a key that may be missing, which gives None."""
    value = data.get(key)
    if value is not None and not isinstance(value, kind):
        raise DefinitionError(f"{where}: {key}: expected {expected}, found {shown(value)}")
    return value


def _checkpoints(data: Mapping[str, Any], where: str) -> int:
    number = data.get("checkpoints", CHECKPOINTS)
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= MOST_CHECKPOINTS:
        raise DefinitionError(
            f"{where}: checkpoints: expected a whole number from 1 to {MOST_CHECKPOINTS}, found {shown(number)}"
        )
    return number


def _name_of(run: str) -> str:
    return Path(run).name.removesuffix(".toml").removesuffix(".experiment")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise DefinitionError(f"{where}: expected a list of names, found {shown(value)}")
    return tuple(value)


def _engines(data: Mapping[str, Any], where: str) -> tuple[str, ...]:
    names = _texts(data.get("engines", []), f"{where}: engines")
    _check_engines(names, f"{where}: engines")
    return names


def _check_engines(names: Iterable[str], where: str) -> None:
    """DefinitionError where the file names an engine that is none."""
    try:
        for name in names:
            find_engine(name)
    except UsageError as error:
        raise DefinitionError(f"{where}: {error}") from None


def _schemes(own: Mapping[str, Any], shared: Mapping[str, Any], engines: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    """The case's own, which must be of engines that take part; else those of the suite that are."""
    table = own.get("schemes", shared.get("schemes", {}))
    if not isinstance(table, dict):
        raise DefinitionError(f'{where}: schemes: expected a table such as {{ neuron = ["default"] }}, found {shown(table)}')
    for engine in own.get("schemes", ()):
        if engine not in engines:
            raise DefinitionError(f"{where}: schemes: {shown(engine)} does not take part; the engines are {', '.join(engines)}")
    return {engine: _texts(names, f"{where}: schemes: {engine}") for engine, names in table.items() if engine in engines}


def check_schemes(case: Case, experiment: Experiment) -> None:
    """DefinitionError where an engine has no scheme of a name that the case gives."""
    try:
        for engine, names in case.schemes.items():
            for name in names:
                if name != "all":
                    find_scheme(find_engine(engine), name, experiment.model)
    except UsageError as error:
        raise DefinitionError(f"{case.name}: {error}") from None


def _expected(data: Mapping[str, Any], where: str) -> Verdict | None:
    word = data.get("expect")
    if word is None:
        return None
    accepted = [str(v) for v in Verdict if v is not Verdict.NOT_RUN]
    if word not in accepted:
        hint = did_you_mean(word, accepted) if isinstance(word, str) else f" Known: {', '.join(accepted)}."
        raise DefinitionError(f"{where}: expect: expected a verdict, found {shown(word)}.{hint}")
    return Verdict(word)
