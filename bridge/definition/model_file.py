"""Model files: the catalogue, and any other by its path."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_reader import KEYS, parse_model
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.toml_file import read_text

__all__ = ["KEYS", "catalogue", "load", "parse_model", "read_model"]


def catalogue() -> dict[str, Path]:
    """Name and file of every model that comes with spikebridge."""
    folder = Path(str(resources.files("spikebridge.bridge") / "models"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load(name_or_path: str | Path) -> Model:
    """The model of that catalogue name, or of that file.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it
    """
    text = str(name_or_path)
    known = catalogue()
    if text in known:
        return read_model(known[text])
    for path in known.values():
        if text in aliases(path):
            return read_model(path)
    if not (text.endswith(".toml") or "/" in text or isinstance(name_or_path, Path)):
        raise DefinitionError(f"there is no model {text!r} in the catalogue.{did_you_mean(text, known)}")
    return read_model(Path(text))


def aliases(path: Path) -> list[str]:
    """Other names a model is known by, without reading the rest of its file."""
    given = tomllib.loads(path.read_text(encoding="utf-8")).get("aliases", [])
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def read_model(path: Path) -> Model:
    """The model in a file; DefinitionError names the file and what is wrong in it."""
    return _model_of(read_text(path), path.name)


@lru_cache(maxsize=256)
def _model_of(text: str, where: str) -> Model:
    """Read once: a model never changes, and what has been found out of it, such as its resting state, is found out for all."""
    return parse_model(text, where)
