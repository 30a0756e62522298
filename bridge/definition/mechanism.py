"""A mechanism: equations that stand alone and say what they read from the cell they sit in, as a .mod file does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from spikebridge.bridge.definition.definition_text import written
from spikebridge.bridge.definition.equation_lines import STIMULUS, EquationLine, Line, lines_of, read_equation, renamed, symbols
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_reader import parse_flat
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.expressions.quantity import read_quantity, text_of
from spikebridge.bridge.expressions.units import CURRENT_DENSITY_DIMENSION, CURRENT_DIMENSION, Unit
from spikebridge.bridge.shown import plain, shown
from spikebridge.bridge.toml_file import read_toml
from spikebridge.reference.upstairs import Shown, upstairs

KEYS = ("name", "title", "source", "equations", "currents", "reads", "parameters", "initial", "patch", "experiment")
VOLTAGE = "v"  # what a mechanism calls the membrane potential of its cell
CLOCK = "patch_time"  # the state of a mechanism that has none of its own, so that there is something to step
_AREA = "20000 um2"
_NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)


@dataclass(frozen=True)
class Mechanism(Shown):
    """Equations, parameters and states that a model is composed of; all text, checked when it is made.

    Parameters
    ----------
    equations : as in a model, without a membrane
    reads : what the cell provides, with the unit of each: ``{"v": "mV"}``
    currents : the equations that the membrane equation sums, outward positive
    parameters, initial : as in a model; a cell may change them
    patch : values of what is read beside ``v``, for when it runs on its own
    experiment : what is done to it then

    Raises
    ------
    DefinitionError : a name without meaning, dimensions that do not fit, or another fault, in one line

    Examples
    --------
    >>> leak = sb.Mechanism(
    ...     "leak", "I_L = g_L*(v - E_L) : uA/cm2", reads={"v": "mV"}, currents=("I_L",),
    ...     parameters={"g_L": "0.3 mS/cm2", "E_L": "-65 mV"},
    ... )
    >>> leak.currents
    ('I_L',)
    """

    name: str
    equations: str
    reads: Mapping[str, str] = field(default_factory=dict)
    currents: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    initial: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    source: str = ""
    patch: Mapping[str, str] = field(default_factory=dict)
    experiment: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "origin", self.origin or self.name)
        object.__setattr__(self, "currents", tuple(self.currents))
        for key in ("parameters", "initial", "patch"):  # quantities become text, as in a file
            object.__setattr__(self, key, {name: text_of(given) for name, given in getattr(self, key).items()})
        for name in (*self.reads, *self.patch):
            self._check_read(name)
        for name in self.currents:
            self._check_current(name)
        _ = self.alone

    def _check_read(self, name: str) -> None:
        if name not in self.reads:
            raise DefinitionError(f"{self.origin}: patch: {shown(name)} is not read.{did_you_mean(name, self.reads)}")
        if name in self.equation_lines or name in self.parameters:
            raise DefinitionError(f"{self.origin}: reads: {shown(name)} is defined here, so it is not read from a cell")
        try:
            given = read_quantity(self.patch.get(name, f"1 {self.reads[name]}"))
            fits = given.unit.dimension == Unit.parse(self.reads[name]).dimension
        except (DefinitionError, AttributeError) as error:
            raise DefinitionError(f"{self.origin}: reads: {name}: {error}") from None
        if not fits:
            raise DefinitionError(
                f"{self.origin}: patch: {name} is read in {self.reads[name]}, but {shown(self.patch[name])} is not"
            )

    def _check_current(self, name: str) -> None:
        line = self.equation_lines.get(name)
        if line is None:
            raise DefinitionError(
                f"{self.origin}: currents: there is no equation {shown(name)}.{did_you_mean(name, self.equation_lines)}"
            )
        if line.unit.dimension not in (CURRENT_DIMENSION, CURRENT_DENSITY_DIMENSION):
            raise DefinitionError(
                f"{self.origin}: currents: expected a current or a current per area, but {name} is in {line.unit}"
            )

    # parts ------------------------------------------------------------------------------------------

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Of the equations, as they are written; the unit of the stimulus is a matter of the cell."""
        found = lines_of(self.equations, self.origin)
        return tuple(line for line in found if not (line.code and read_equation(line.code, self.origin).declares_stimulus))

    @cached_property
    def equation_lines(self) -> dict[str, EquationLine]:
        """By name, in order."""
        read = (read_equation(line.code, self.origin) for line in self.lines if line.code)
        return {line.name: line for line in read}

    @property
    def defined(self) -> tuple[str, ...]:
        """What it brings into a cell."""
        return (*self.equation_lines, *self.parameters)

    @cached_property
    def alone(self) -> Model:
        """The equations without a membrane, all that is read a parameter of 1: that they can be read makes a mechanism valid."""
        read = {name: f"1 {unit}" for name, unit in self.reads.items() if name != STIMULUS}
        equations = [str(line) for line in self.lines]
        if STIMULUS in self.reads:
            equations.append(f"{STIMULUS} : {self.reads[STIMULUS]}")
        if not any(line.differential or line.iterated for line in self.equation_lines.values()):
            equations.append(f"d{CLOCK}/dt = 1 : ms")
        data = {"name": self.name, "title": self.title, "source": self.source, "equations": "\n".join(equations)}
        tables = {
            "parameters": {**self.parameters, **read}, "initial": {**self.initial, "steady_state": True},
            "experiment": self.experiment,
        }  # fmt: skip
        return parse_flat(written({**data, **tables}), self.origin)

    def __repr__(self) -> str:
        reads = ", ".join(f"{name} ({unit})" for name, unit in self.reads.items())
        currents = f"; currents {', '.join(self.currents)}" if self.currents else ""
        brings = f"{len(self.equation_lines)} equations and {len(self.parameters)} parameters"
        return (
            f"<Mechanism {plain(self.name, 60)}: {plain(self.title, 100)}\n {plain(f'reads {reads}{currents}; {brings}', 200)}>"
        )

    def latex(self) -> str:
        """Its equations for LaTeX's math mode: an ``aligned`` environment of amsmath."""
        found: str = upstairs("latex")(self)
        return found

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex()}$$"

    # changes ----------------------------------------------------------------------------------------

    def with_parameters(self, changes: Mapping[str, Any] | None = None, **more: Any) -> Mechanism:
        """The mechanism with other values of its parameters, each given as a model's."""
        new = {**(changes or {}), **more}
        for name, given in new.items():
            if name not in self.parameters:
                raise DefinitionError(
                    f"{self.origin}: parameters: there is no {shown(name)}.{did_you_mean(name, self.parameters)}"
                )
            new[name] = given if isinstance(given, str) else str(self.alone.parameter(name, given))
            self.alone.parameter(name, new[name])
        return self if not new else replace(self, parameters={**self.parameters, **new})

    def without(self, *names: str) -> Mechanism:
        """The mechanism without some of its equations or parameters, which it then reads from the cell."""
        for name in names:
            if name not in self.defined:
                raise DefinitionError(
                    f"{self.origin}: without: {shown(name)} is not defined here.{did_you_mean(name, self.defined)}"
                )
        if not names:
            return self
        rest = [line for line in self.lines if not line.code or read_equation(line.code, self.origin).name not in names]
        kept = {n: e for n, e in self.equation_lines.items() if n not in names}
        used = {symbol for e in kept.values() for symbol in symbols(e.expression)}
        used |= {s for n, text in self.initial.items() if n not in names and not _is_quantity(text) for s in symbols(text)}
        reads = {n: unit for n, unit in self.reads.items() if n in used} | {
            n: str(self.alone.unit_of(n)) for n in names if n in used
        }
        return replace(
            self, equations="\n".join(map(str, rest)), reads=reads, currents=tuple(c for c in self.currents if c not in names),
            parameters=_left(self.parameters, names), initial=_left(self.initial, names),
            patch={n: value for n, value in self.patch.items() if n in reads},
        )  # fmt: skip

    def renamed(self, names: Mapping[str, str], suffix: str = "") -> Mechanism:
        """The mechanism with symbols called otherwise: what it reads or defines by ``names``, all else that it defines
        with ``suffix`` behind."""
        if not names and not suffix:
            return self
        known = (*self.defined, *self.reads)
        for name in names:
            if name not in known:
                raise DefinitionError(f"{self.origin}: names: there is no {shown(name)}.{did_you_mean(name, known)}")
        new = {name: names.get(name, f"{name}{suffix}" if name in self.defined else name) for name in known}
        for name, called in new.items():
            self._check_name(name, called, new)
        equations = (
            str(replace(line, code=str(read_equation(line.code, self.origin).renamed(new))) if line.code else line)
            for line in self.lines
        )
        return replace(
            self, equations="\n".join(equations), reads=_called(self.reads, new), currents=tuple(new[c] for c in self.currents),
            parameters=_called(self.parameters, new), patch=_called(self.patch, new),
            initial={new.get(n, n): text if _is_quantity(text) else renamed(text, new) for n, text in self.initial.items()},
        )  # fmt: skip

    def _check_name(self, name: str, called: str, new: Mapping[str, str]) -> None:
        if not isinstance(called, str) or not _NAME.match(called):
            raise DefinitionError(f"{self.origin}: names: {name}: expected a name such as 'I_K', found {shown(called)}")
        same = [n for n, other in new.items() if other == called]
        if len(same) > 1:
            raise DefinitionError(
                f"{self.origin}: names: {shown(same[0])} and {shown(same[1])} would both be called {shown(called)}"
            )

    # alone ------------------------------------------------------------------------------------------

    @cached_property
    def in_patch(self) -> Model:
        """The mechanism alone in a patch of membrane with a leak, which ``Model.patch`` describes.

        Per area it has 1 uF/cm2 and a leak of 0.1 mS/cm2 to -65 mV, whatever its area; a mechanism whose currents are
        absolute has 20000 um2 of that.
        """
        missing = [n for n in self.reads if n not in (VOLTAGE, STIMULUS) and n not in self.patch]
        if missing:
            unit = self.reads[missing[0]]
            raise DefinitionError(
                f"{self.origin}: patch: it reads {missing[0]}, of which a patch of membrane knows nothing; "
                f'add {missing[0]} = "1 {unit}" with a fitting value under [patch]'
            )
        model = parse_flat(written(self._patch(_ABSOLUTE if self._absolute else _PER_AREA)), self.origin)
        return replace(model, patch=self._described)

    @property
    def _absolute(self) -> bool:
        return any(self.equation_lines[c].unit.dimension == CURRENT_DIMENSION for c in self.currents)

    def _patch(self, membrane: Mapping[str, str]) -> dict[str, Any]:
        total = " - ".join((STIMULUS, *self.currents, "I_patch"))
        equations = [
            f"# the mechanism on its own, in {self._described}",
            f"d{VOLTAGE}/dt = ({total})/C_patch : mV",
            f"I_patch = g_patch*({VOLTAGE} - E_patch) : {membrane['current']}", "",
            *map(str, self.lines), "", f"{STIMULUS} : {membrane['current']}",
        ]  # fmt: skip
        leak = {"C_patch": membrane["C_patch"], "g_patch": membrane["g_patch"], "E_patch": "-65 mV"}
        step = {"kind": "step", "amplitude": membrane["amplitude"], "start": "5 ms", "stop": "45 ms"}
        return {
            "name": self.name, "title": self.title or self.name, "source": self.source,
            "equations": "\n".join(equations), "spike": f"{VOLTAGE} > 0*mV",
            "parameters": {**leak, **self.patch, **self.parameters},
            "initial": {VOLTAGE: "E_patch", **self.initial},
            "experiment": self.experiment or {"duration": "50 ms", "dt": "0.01 ms", "stimulus": [step]},
        }  # fmt: skip

    @property
    def _described(self) -> str:
        size = f"{_AREA} of membrane" if self._absolute else "membrane of any area"
        bath = "".join(f", {name} = {value}" for name, value in self.patch.items())
        return f"{size}, capacitance 1 uF/cm2, leak 0.1 mS/cm2 to -65 mV{bath}"


_PER_AREA = {"current": "uA/cm2", "C_patch": "1 uF/cm2", "g_patch": "0.1 mS/cm2", "amplitude": "2 uA/cm2"}
_ABSOLUTE = {"current": "nA", "C_patch": "0.2 nF", "g_patch": "0.02 uS", "amplitude": "0.4 nA"}  # the same times 20000 um2


def _left(table: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in table.items() if name not in names}


def _called(table: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {names[name]: value for name, value in table.items()}


def _is_quantity(text: str) -> bool:
    try:
        read_quantity(text)
    except DefinitionError:
        return False
    return True


# files ----------------------------------------------------------------------------------------------


def parse_mechanism(text: str, where: str) -> Mechanism:
    """Read a mechanism from its text; ``where`` names it in errors.

    Raises
    ------
    DefinitionError : one line naming the file and what is wrong in it
    """
    data = read_toml(text, where, KEYS)
    for key in ("name", "equations"):
        if not isinstance(data.get(key), str):
            found = f"the key {key!r} is missing" if key not in data else f"{key}: expected text, found {shown(data[key])}"
            raise DefinitionError(f"{where}: {found}")
    currents = data.get("currents", [])
    if not isinstance(currents, list) or not all(isinstance(c, str) for c in currents):
        raise DefinitionError(f'{where}: currents: expected a list of names such as ["I_K"], found {shown(currents)}')
    tables = {key: texts(data, key, where) for key in ("reads", "parameters", "initial", "patch")}
    return Mechanism(
        data["name"], data["equations"], currents=tuple(currents), title=data.get("title", ""), source=data.get("source", ""),
        experiment=data.get("experiment", {}), origin=where, **tables,
    )  # fmt: skip


def texts(data: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    """A table whose values are all text; DefinitionError otherwise."""
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise DefinitionError(f"{where}: {key}: expected a table, found {shown(table)}")
    for name, value in table.items():
        if not isinstance(value, str):
            raise DefinitionError(f'{where}: {key}.{name}: expected text in quotes such as "10 mV", found {shown(value)}')
    return table


def mechanism_of(model: Model, data: Mapping[str, Any]) -> Mechanism:
    """A model as a part of another: its equations, parameters and initial values; ``data`` is its flat document.

    Its spike rule, regimes and experiment are its own affair. DefinitionError where it jumps, which no part can.
    """
    if model.resets or model.input:
        raise DefinitionError(f"{model.origin}: a model with a reset or events cannot be part of another")
    initial = {name: text for name, text in data.get("initial", {}).items() if name != "steady_state"}
    return Mechanism(
        model.name, data["equations"], {STIMULUS: str(model.stimulus_unit)}, (), data.get("parameters", {}), initial,
        model.title, model.source, origin=model.origin,
    )  # fmt: skip
