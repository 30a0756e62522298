"""Definition files: the catalogue's models and mechanisms, and any other by its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.catalogue import ALIASES, catalogue, file_of, mechanisms
from spikebridge.bridge.definition.composition import TABLE, Part, composed, part_of, tables_of
from spikebridge.bridge.definition.definition_text import written
from spikebridge.bridge.definition.foreign_file import foreign_text, is_foreign
from spikebridge.bridge.definition.mechanism import KEYS as MECHANISM_KEYS
from spikebridge.bridge.definition.mechanism import Mechanism, mechanism_of, parse_mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_reader import KEYS as FLAT_KEYS
from spikebridge.bridge.definition.model_reader import parse_flat
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import text_of
from spikebridge.bridge.shown import plain, shown
from spikebridge.bridge.toml_file import read_definition, read_toml

__all__ = ["KEYS", "catalogue", "compose", "load", "load_mechanism", "mechanisms", "parse_model", "read_model"]

MODEL_KEYS = (*FLAT_KEYS, TABLE)
KEYS = (*MODEL_KEYS, *MECHANISM_KEYS)
MAX_DEPTH = 8  # of parts within parts


def load(name_or_path: str | Path) -> Model:
    """The model of that catalogue name, or of that file; a mechanism stands alone in a patch of membrane.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it

    Examples
    --------
    >>> sb.load("hodgkin_huxley").state_names
    ('v', 'm', 'h', 'n')
    """
    return read_model(_path(name_or_path))


def load_definition(name_or_path: str | Path) -> Model | Mechanism:
    """What that catalogue name or file defines, as it is: a mechanism stays one.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it
    """
    path = _path(name_or_path)
    text = _text_of(path)
    return _mechanism_of(text, path.name) if _is_mechanism(text, path.name) else read_model(path)


def load_mechanism(name_or_path: str | Path) -> Mechanism:
    """The mechanism of that catalogue name, or of that file; a model as a part of others.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it

    Examples
    --------
    >>> sb.load_mechanism("m_current")
    <Mechanism m_current: M-current, a slow potassium current that makes firing rates adapt
     reads v (mV); currents I_M; 4 equations and 2 parameters>
    """
    return _Opener().mechanism(_path(name_or_path))


def _path(name_or_path: str | Path) -> Path:
    text = str(name_or_path)
    listed = file_of(text)
    if listed is not None:
        return listed
    path = Path(text)
    if path.suffix not in ("", ".toml") and not is_foreign(path) and path.is_file():
        raise DefinitionError(f"{plain(path.name)}: expected a definition, which ends in .toml, or a name of the catalogue")
    if text.endswith(".toml") or is_foreign(path) or "/" in text or isinstance(name_or_path, Path):
        return path
    known = [*catalogue(), *mechanisms(), *ALIASES]
    raise DefinitionError(f"there is no model {shown(text)} in the catalogue.{did_you_mean(text, known)}")


def read_model(path: Path) -> Model:
    """The model in a file, or the mechanism in it in its patch; DefinitionError names the file and what is wrong in it."""
    text = _text_of(path)
    if _is_mechanism(text, path.name):
        return _mechanism_of(text, path.name).in_patch
    return parse_flat(_Opener((path.resolve(),)).flat(text, path.name), path.name)


def _text_of(path: Path) -> str:
    """The definition in a file, in whatever language it is."""
    return foreign_text(path) if is_foreign(path) else read_definition(path)


@lru_cache(maxsize=256)
def _mechanism_of(text: str, where: str) -> Mechanism:
    """Read once, as a model is: it never changes."""
    return parse_mechanism(text, where)


@lru_cache(maxsize=256)
def _is_mechanism(text: str, where: str) -> bool:
    """A mechanism says what it reads from its cell."""
    return "reads" in read_toml(text, where, KEYS)


def parse_model(text: str, where: str, path: Path | None = None) -> Model:
    """Read a definition from its text; ``where`` names it in errors, and mechanisms lie beside ``path``."""
    return _Opener((path.resolve(),) if path else ()).model(text, where)


def compose(
    name: str, equations: str, mechanisms: Sequence[str | Mechanism | Mapping[str, Any]], *,
    parameters: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None, spike: str | None = None, **more: Any,
) -> Model:  # fmt: skip
    """A model of mechanisms, as a model file with [[mechanism]] tables makes it.

    Parameters
    ----------
    equations : the model's own, among them the membrane equation, which sums the currents by name
    mechanisms : each a catalogue name, a Mechanism, or the keys of a [[mechanism]] table, ``{"use": "wang_buzsaki", "suffix": "_i"}``
    parameters, initial, spike, more : what else a model file may hold, under its keys; values may be quantities, too

    Raises
    ------
    DefinitionError : one line beginning with the name

    Examples
    --------
    >>> equations = '''
    ... dv/dt = (I_stim - g_L*(v - E_L) - I_M)/C_m : mV
    ... I_stim : uA/cm2
    ... '''
    >>> values = {"C_m": "1 uF/cm2", "g_L": "0.1 mS/cm2", "E_L": "-70 mV"}
    >>> sb.compose("cell", equations, ["m_current"], parameters=values, initial={"v": "E_L"})
    <Model cell: cell
     v (mV), w; 5 parameters; driven in uA/cm2>
    """
    tables = [{"use": m} if not isinstance(m, Mapping) else dict(m) for m in mechanisms]
    held: dict[str, Mechanism] = {}
    for table in tables:
        if isinstance(given := table.get("use"), Mechanism):
            if held.setdefault(given.name, given) != given:
                raise DefinitionError(f"{name}: mechanisms: there are two called {shown(given.name)}")
            table["use"] = given.name
    values = {"parameters": parameters, "initial": initial}
    texts = {key: {n: text_of(given) for n, given in table.items()} for key, table in values.items() if table is not None}
    keys = {"spike": spike, **texts}
    data = {"name": name, "equations": equations, **more, **{k: v for k, v in keys.items() if v is not None}, TABLE: tables}
    return _Opener(held=held).model(written(data), name)


# what a model uses ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Opener:
    """Opens what a definition uses, and what that uses in turn.

    Attributes
    ----------
    chain : the files that are being read, each used by the one before
    held : mechanisms that are given by name, beside the catalogue's
    opened : what has been read for the one definition that all is read for
    """

    chain: tuple[Path, ...] = ()
    held: Mapping[str, Mechanism] = field(default_factory=dict)
    opened: dict[Path, Mechanism] = field(default_factory=dict)

    def model(self, text: str, where: str) -> Model:
        """The model of a text, flattened where it is composed."""
        return parse_flat(self.flat(text, where), where)

    def flat(self, text: str, where: str) -> str:
        """The text itself, or what it says once all that it uses is written out."""
        data = read_toml(text, where, MODEL_KEYS)
        if TABLE not in data:
            return text
        tables = enumerate(tables_of(data, where), 1)
        return composed(text, data, [self._part(table, f"{where}: {TABLE} {i}") for i, table in tables], where)

    def _part(self, table: Mapping[str, Any], where: str) -> Part:
        use = table["use"]
        try:
            found = self.held[use] if use in self.held else self.mechanism(self._found(use))
        except DefinitionError as error:
            raise DefinitionError(f"{where}: use: {error}") from None
        return part_of(found, table, where)

    def _found(self, use: str) -> Path:
        known = {**catalogue(), **mechanisms()}
        if use not in known and not use.endswith(".toml") and not is_foreign(Path(use)):
            names = [*known, *self.held]
            raise DefinitionError(f"there is no mechanism or model {shown(use)} in the catalogue.{did_you_mean(use, names)}")
        return known[use] if use in known else (self.chain[-1].parent if self.chain else Path()) / use

    def mechanism(self, path: Path) -> Mechanism:
        """The mechanism in a file, or the model in it as a part; DefinitionError where files use each other in a circle."""
        path = path.resolve()
        if path in self.chain:
            circle = " -> ".join(p.name for p in (*self.chain[self.chain.index(path) :], path))
            raise DefinitionError(f"definitions use each other in a circle: {circle}")
        if len(self.chain) >= MAX_DEPTH:
            raise DefinitionError(f"{path.name}: parts within parts are nested more than {MAX_DEPTH} levels deep")
        if path not in self.opened:
            self.opened[path] = self._read(path)
        return self.opened[path]

    def _read(self, path: Path) -> Mechanism:
        text = _text_of(path)
        if _is_mechanism(text, path.name):
            return _mechanism_of(text, path.name)
        inside = _Opener((*self.chain, path), self.held, self.opened)
        flat = inside.flat(text, path.name)
        return mechanism_of(parse_flat(flat, path.name), read_toml(flat, path.name, FLAT_KEYS))
