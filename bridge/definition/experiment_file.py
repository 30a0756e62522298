"""Where experiments come from: their files, the model files that carry one, and names of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.drive import part_of
from spikebridge.bridge.definition.experiment import DEFAULT_DT, Experiment
from spikebridge.bridge.definition.foreign_file import is_foreign
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import MODEL_KEYS, load
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.errors import DefinitionError, expect
from spikebridge.bridge.shown import shown
from spikebridge.bridge.toml_file import read_definition, read_toml, refuse_unknown

# of the experiment that a model file carries
OWN_KEYS = ("duration", "dt", "precision", "record", "observed", "clamp", "spike", "soma", "stimulus")
KEYS = ("model", "regime", *OWN_KEYS, "parameters", "initial")


def default_experiment(model: Model) -> Experiment:
    """The experiment a model file carries; DefinitionError where it carries none."""
    if not model.experiment:
        raise DefinitionError(
            f'{model.origin or model.name}: there is no [experiment]; write one, or an experiment file with model = "{model.name}"'
        )
    refuse_unknown(model.experiment, OWN_KEYS, f"{model.origin}: experiment")
    return _experiment(model, model.experiment, f"{model.origin}: experiment")


def experiment_of(given: Experiment | Model | Path | str) -> Experiment:
    """What is run where this is given: an experiment, the one that a model carries, or that of a catalogue name or a file.

    Raises
    ------
    DefinitionError : there is none, or it cannot be
    UsageError : it is something else
    """
    if isinstance(given, Experiment):
        return given
    if isinstance(given, Model):
        return default_experiment(given)
    expect((str, Path), given, "experiment", "an experiment, a model, or the name or path of one")
    return load_experiment(given)


def load_experiment(name_or_path: str | Path, regime: str | None = None) -> Experiment:
    """An experiment file, a model file with its own experiment, or a catalogue name.

    Parameters
    ----------
    regime : one of the model's, instead of the one the file names

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it

    Examples
    --------
    >>> sb.load_experiment("adex", "tonic")
    <Experiment adex: 600 ms at dt = 0.01 ms; step of 500 pA from 0 ms to the end
     records v, w>
    """
    text = str(name_or_path)
    path = Path(text)
    if text.endswith(".toml") and is_experiment(path):
        return read_experiment(path, regime)
    model = load(name_or_path)
    return default_experiment(model.with_regime(regime) if regime is not None else model)


def is_experiment(path: Path) -> bool:
    """An experiment names its model; a model has equations."""
    keys = read_toml(read_definition(path), path.name, (*MODEL_KEYS, *KEYS))
    if "model" not in keys and "equations" not in keys:
        raise DefinitionError(f"{path.name}: there are neither 'equations', as in a model, nor a 'model', as in an experiment")
    return "equations" not in keys


def read_experiment(path: Path, regime: str | None = None) -> Experiment:
    """The experiment in a file, perhaps in another regime; DefinitionError names the file and what is wrong in it."""
    data = read_toml(read_definition(path), path.name, KEYS)
    name = path.name.removesuffix(".toml").removesuffix(".experiment")
    return make_experiment({**data, "regime": regime} if regime is not None else data, path.name, name, path.parent)


def make_experiment(data: Mapping[str, Any], where: str, name: str, folder: Path = Path()) -> Experiment:
    """The experiment that a table with the keys of an experiment file describes.

    Parameters
    ----------
    where : the file, and the place in it, for messages
    folder : where the files lie that the table names

    Raises
    ------
    DefinitionError : one line beginning with ``where``
    """
    refuse_unknown(data, KEYS, where)
    given = data.get("model")
    if not isinstance(given, str):
        raise DefinitionError(
            f"{where}: the key 'model' is missing" if given is None else f"{where}: model: expected text, found {shown(given)}"
        )
    model = load(
        folder / given if (given.endswith(".toml") or is_foreign(Path(given))) and not Path(given).is_absolute() else given
    )
    try:
        if "regime" in data:
            model = model.with_regime(str(data["regime"]))
        model = model.with_parameters(_texts(data, "parameters")).with_initial(_texts(data, "initial"))
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {error}") from None
    return _experiment(model, data, where, name, folder)


def _texts(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise DefinitionError(f"{key}: expected a table, found {shown(table)}")
    return table


def _experiment(model: Model, data: Mapping[str, Any], where: str, name: str = "", folder: Path = Path()) -> Experiment:
    if "duration" not in data:
        raise DefinitionError(f"{where}: the key 'duration' is missing")
    parts = data.get("stimulus", [])
    if not isinstance(parts, list) or not all(isinstance(p, dict) for p in parts):
        raise DefinitionError(f"{where}: stimulus: expected tables, written [[stimulus]]")
    clamp = data.get("clamp", "")
    if not isinstance(clamp, str):
        raise DefinitionError(f'{where}: clamp: expected the name of the membrane potential such as "v", found {shown(clamp)}')
    observed = data.get("observed", "")
    if not isinstance(observed, str):
        raise DefinitionError(f'{where}: observed: expected the name of a state such as "v", found {shown(observed)}')
    spike = data.get("spike", "")
    if not isinstance(spike, str):
        raise DefinitionError(f'{where}: spike: expected text such as "v > -20*mV", found {shown(spike)}')
    record = data.get("record", [])
    if not isinstance(record, list) or not all(isinstance(r, str) for r in record):
        raise DefinitionError(f'{where}: record: expected a list of names such as ["v"], found {shown(record)}')
    try:
        return Experiment(
            model, tuple(part_of(p, f"stimulus {i}") for i, p in enumerate(parts, 1)),
            data["duration"], data.get("dt", DEFAULT_DT), tuple(record), name, folder, clamp, data.get("precision", Precision.DOUBLE),
            observed, data.get("soma"), spike,
        )  # fmt: skip
    except DefinitionError as error:
        raise DefinitionError(f"{where}: {str(error).removeprefix(f'{name or model.name}: ')}") from None
