"""Reading model files: TOML text to a Model, every fault named with file, key, expected and found."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from math import log10
from pathlib import Path
from typing import Any

from bridge.dimensions import Dimensions, infer
from bridge.errors import DefinitionError, did_you_mean
from bridge.expression import Expression, Quantity, parse_expression
from bridge.model import STIMULUS, Equation, Model, Parameter, SpikeRule, read_initial, read_quantity
from bridge.units import TIME_DIMENSION, CoherentSystem, Unit, combine

MAX_BYTES = 1_000_000
MAX_EQUATIONS = 300
MAX_NAME = 100
KEYS = ("name", "title", "source", "equations", "spike", "reset", "refractory",
        "parameters", "initial", "regimes", "experiment")  # fmt: skip

_LINE = re.compile(
    r"^(?:d(?P<state>[A-Za-z_]\w*)\s*/\s*dt|(?P<name>[A-Za-z_]\w*))\s*(?:=(?P<expression>[^:]*))?:(?P<unit>[^:]*)$"
)
_RESET = re.compile(r"^(?P<name>[A-Za-z_]\w*)\s*(?P<operator>[-+*/]?=)(?!=)(?P<expression>.*)$")
_NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)
_TIME = "t"


def catalogue() -> dict[str, Path]:
    """Name and file of every model that comes with spikebridge."""
    folder = Path(str(resources.files("bridge") / "models"))
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
    if not (text.endswith(".toml") or "/" in text or isinstance(name_or_path, Path)):
        raise DefinitionError(f"there is no model {text!r} in the catalogue.{did_you_mean(text, known)}")
    return read_model(Path(text))


def read_model(path: Path) -> Model:
    """The model in a file; DefinitionError names the file and what is wrong in it."""
    text = read_text(path)
    return parse_model(text, path.name)


def read_text(path: Path) -> str:
    """The file's text; DefinitionError where it is missing, too large or not text."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DefinitionError(f"{path}: the file has {size / 1e6:.1f} MB; a definition has at most {MAX_BYTES / 1e6:g} MB")
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: the file is not UTF-8 text") from None
    except OSError as error:
        raise DefinitionError(f"{path}: {error.strerror or error}") from None


def read_toml(text: str, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The TOML document, only with the keys named; DefinitionError otherwise."""
    if not text.strip():
        raise DefinitionError(f"{where}: the file is empty")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DefinitionError(f"{where}: not a TOML file: {str(error) or 'nested too deeply'}") from None
    refuse_unknown(data, keys, where)
    return data


def refuse_unknown(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """DefinitionError at the first key that is not among ``keys``."""
    for key in table:
        if key not in keys:
            raise DefinitionError(f"{where}: unknown key {key!r}.{did_you_mean(key, keys)}")


def parse_model(text: str, where: str) -> Model:
    """Read a definition from its text; ``where`` names it in errors."""
    data = read_toml(text, where, KEYS)
    return _Reader(where, data, text).model()


@dataclass(frozen=True)
class _Line:
    """One equation before its symbols are known."""

    name: str
    expression: str
    unit: Unit
    differential: bool


@dataclass(frozen=True)
class _Reader:
    where: str
    data: Mapping[str, Any]
    text: str

    def model(self) -> Model:
        name = self._string("name")
        if not _NAME.match(name) or len(name) > 60:
            raise DefinitionError(
                f"{self.where}: name: {name[:60]!r} must be letters, digits and _, at most 60, starting with a letter"
            )
        lines = self._lines()
        parameters = {key: self._quantity(value, f"parameters.{key}") for key, value in self._table("parameters").items()}
        stimulus_line = next((line for line in lines if not line.expression and line.name == STIMULUS), None)
        lines = [line for line in lines if line is not stimulus_line]
        self._refuse_clashes(lines, parameters)
        known = {line.name for line in lines} | set(parameters) | {STIMULUS}
        equations = tuple(
            Equation(line.name, self._parse(line.expression, known, line.name), line.unit, line.differential) for line in lines
        )
        stimulus_unit, coherent = self._stimulus(stimulus_line, equations, parameters)
        model = Model(
            name, self._free_text("title", name), self._free_text("source", ""), equations, parameters,
            self._initial(equations, known), stimulus_unit, coherent,
            self._spike(known), self._steady_state(), {}, self._table("experiment"), self.text, self.where,
        )  # fmt: skip
        self._check_dimensions(model)
        return self._with_regimes(model)

    # equations --------------------------------------------------------------------------------------

    def _lines(self) -> list[_Line]:
        lines, pending = [], ""
        for raw in self._string("equations").splitlines():
            line = (pending + " " + raw.split("#")[0]).strip()
            if line.count("(") > line.count(")"):
                pending = line
                continue
            pending = ""
            if line:
                lines.append(self._line(line))
        if len(lines) > MAX_EQUATIONS:
            raise DefinitionError(f"{self.where}: equations: {len(lines)} equations; at most {MAX_EQUATIONS} are read")
        if pending:
            raise DefinitionError(f"{self.where}: equations: a parenthesis is never closed in {pending[:60]!r}")
        return lines

    def _line(self, text: str) -> _Line:
        match = _LINE.match(text)
        if not match:
            missing = "" if ":" in text else "; the unit after ':' is missing"
            raise DefinitionError(
                f"{self.where}: equations: cannot read {text[:60]!r}; expected 'dx/dt = ... : unit' or 'x = ... : unit'{missing}"
            )
        name = match["state"] or match["name"]
        expression = (match["expression"] or "").strip()
        if not expression and (name != STIMULUS or match["state"]):
            raise DefinitionError(
                f"{self.where}: equations: {name!r} has no right-hand side; constants belong in [parameters], and the stimulus is called {STIMULUS}"
            )
        try:
            unit = Unit.parse(match["unit"][:100])
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: equations: {name}: {error}") from None
        return _Line(name, expression, unit, bool(match["state"]))

    def _refuse_clashes(self, lines: list[_Line], parameters: Mapping[str, Parameter]) -> None:
        seen: set[str] = set()
        for name in [*(line.name for line in lines), *parameters]:
            if not _NAME.match(name):
                raise DefinitionError(
                    f"{self.where}: {name[:60]!r} is not a name; use letters, digits and _, starting with a letter"
                )
            if len(name) > MAX_NAME:
                raise DefinitionError(f"{self.where}: the name {name[:20]}... has {len(name)} letters; at most {MAX_NAME}")
            if name in (_TIME, "dt", STIMULUS):
                role = "the stimulus" if name == STIMULUS else "time"
                raise DefinitionError(f"{self.where}: {name!r} is {role} and cannot be defined")
            if name in seen:
                raise DefinitionError(f"{self.where}: {name!r} is defined twice")
            seen.add(name)

    def _parse(self, text: str, known: set[str], what: str) -> Expression:
        try:
            return parse_expression(text, known)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None

    # the stimulus and the unit of current -------------------------------------------------------------

    def _stimulus(
        self, line: _Line | None, equations: tuple[Equation, ...], parameters: Mapping[str, Parameter]
    ) -> tuple[Unit, CoherentSystem]:
        coherent = _coherent_system(line.unit if line else None, parameters)
        if line:
            return line.unit, coherent
        of = {e.name: e.unit.dimension for e in equations} | {n: p.unit.dimension for n, p in parameters.items()}
        dimension = infer(STIMULUS, [(e.expression, _expected(e)) for e in equations], of)
        if dimension is None:
            return Unit(), coherent
        text = Dimensions({}, coherent).spell(dimension)
        return Unit() if text == "dimensionless" else Unit.parse(text), coherent

    def _check_dimensions(self, model: Model) -> None:
        # definitions first: a wrong one is to blame, not the equation that uses it
        for equation in sorted(model.equations, key=lambda e: e.differential):
            self._checked(model, equation.name, equation.expression, _expected(equation))
        for name, expression in model.initial.items():
            self._checked(model, f"initial.{name}", expression, model.unit_of(name).dimension)
        if model.spike is None:
            return
        try:
            expected = model.dimensions.find(model.spike.left)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: spike: {error}") from None
        self._checked(model, "spike", model.spike.right, expected)
        for name, expression in model.spike.reset:
            if name not in model.state_names:
                raise DefinitionError(
                    f"{self.where}: reset: {name!r} is not a state variable.{did_you_mean(name, model.state_names)}"
                )
            self._checked(model, f"reset of {name}", expression, model.unit_of(name).dimension)
        if model.spike.refractory is not None:
            self._checked(model, "refractory", model.spike.refractory, TIME_DIMENSION)

    def _checked(self, model: Model, what: str, expression: Expression, expected: tuple[int, ...]) -> None:
        try:
            model.dimensions.check(expression, expected)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None

    # the rest of the file -----------------------------------------------------------------------------

    def _initial(self, equations: tuple[Equation, ...], known: set[str]) -> dict[str, Expression]:
        table = {name: value for name, value in self._table("initial").items() if name != "steady_state"}
        states = [e.name for e in equations if e.differential]
        found = {}
        for name, text in table.items():
            if name not in states:
                raise DefinitionError(f"{self.where}: initial: {name!r} is not a state variable.{did_you_mean(name, states)}")
            found[name] = self._initial_expression(name, text, known)
        return found

    def _initial_expression(self, name: str, text: Any, known: set[str]) -> Expression:
        if not isinstance(text, str):
            raise DefinitionError(f'{self.where}: initial.{name}: expected text such as "-65 mV", found {text!r}')
        return read_initial(text, known, f"{self.where}: initial.{name}")

    def _spike(self, known: set[str]) -> SpikeRule | None:
        if "spike" not in self.data:
            for key in ("reset", "refractory"):
                if key in self.data:
                    raise DefinitionError(f'{self.where}: {key}: there is no spike to follow; add spike = "v > ..."')
            return None
        left, right = self._condition(self._string("spike"))
        refractory = self._refractory(known) if "refractory" in self.data else None
        reset = tuple(self._reset(line, known) for line in self._string("reset", "").splitlines() if line.strip())
        if refractory is not None and not reset:
            raise DefinitionError(f"{self.where}: refractory: needs a reset, which says where the variable rests")
        return SpikeRule(self._parse(left, known, "spike"), self._parse(right, known, "spike"), reset, refractory)

    def _condition(self, text: str) -> tuple[str, str]:
        parts = re.split(r">(?!=)", text)
        if len(parts) != 2 or re.search(r"[<=]", text):
            raise DefinitionError(f"{self.where}: spike: expected 'variable > level', found {text[:60]!r}")
        return parts[0], parts[1]

    def _reset(self, line: str, known: set[str]) -> tuple[str, Expression]:
        match = _RESET.match(line.split("#")[0].strip())
        if not match:
            raise DefinitionError(
                f"{self.where}: reset: expected 'variable = ...' or 'variable += ...', found {line.strip()[:60]!r}"
            )
        name, operator, text = match["name"], match["operator"], match["expression"]
        if operator != "=":
            text = f"{name} {operator[0]} ({text})"
        return name, self._parse(text, known, f"reset of {name}")

    def _refractory(self, known: set[str]) -> Expression:
        text = self._string("refractory")
        if text.strip() in self._table("parameters"):
            return self._parse(text, known, "refractory")
        if text.strip() in known:
            raise DefinitionError(f'{self.where}: refractory: expected a time such as "2 ms" or a parameter, found {text!r}')
        parameter = self._quantity(text, "refractory")
        return Quantity(parameter.value, parameter.unit)

    def _steady_state(self) -> bool:
        value = self._table("initial").get("steady_state", False)
        if not isinstance(value, bool):
            raise DefinitionError(f"{self.where}: initial.steady_state: expected true or false, found {value!r}")
        return value

    def _with_regimes(self, model: Model) -> Model:
        regimes: dict[str, dict[str, Parameter]] = {}
        for name, table in self._table("regimes").items():
            if not isinstance(table, dict):
                raise DefinitionError(f"{self.where}: regimes.{name}: expected a table of parameters")
            try:
                regimes[name] = {key: model.parameter(key, value) for key, value in table.items()}
            except DefinitionError as error:
                raise DefinitionError(f"{self.where}: regimes.{name}: {error}") from None
        object.__setattr__(model, "regimes", regimes)
        return model

    # values of keys -----------------------------------------------------------------------------------

    def _string(self, key: str, default: str | None = None) -> str:
        value = self.data.get(key, default)
        if value is None:
            raise DefinitionError(f"{self.where}: the key {key!r} is missing")
        if not isinstance(value, str):
            raise DefinitionError(f"{self.where}: {key}: expected text, found {value!r}")
        return value

    def _free_text(self, key: str, default: str) -> str:
        """Text for readers: no control character, which a terminal would obey."""
        text = self._string(key, default)
        odd = next((c for c in text if unicodedata.category(c) == "Cc" and not c.isspace()), None)
        if odd is not None:
            raise DefinitionError(f"{self.where}: {key}: the character {odd!r} is not allowed")
        return text

    def _table(self, key: str) -> dict[str, Any]:
        value = self.data.get(key, {})
        if not isinstance(value, dict):
            raise DefinitionError(f"{self.where}: {key}: expected a table, found {value!r}")
        return value

    def _quantity(self, value: Any, what: str) -> Parameter:
        try:
            return read_quantity(value)
        except DefinitionError as error:
            raise DefinitionError(f"{self.where}: {what}: {error}") from None


def _expected(equation: Equation) -> tuple[int, ...]:
    dimension = equation.unit.dimension
    return combine(dimension, TIME_DIMENSION, -1) if equation.differential else dimension


def _coherent_system(stimulus: Unit | None, parameters: Mapping[str, Parameter]) -> CoherentSystem:
    """The unit of current that gives the model's own numbers: from the stimulus, else from the first
    parameter that mentions current, taken as coherent with mV, ms and cm."""
    units = ([stimulus] if stimulus else []) + [p.unit for p in parameters.values()]
    trial = CoherentSystem(1.0)
    for unit in units:
        _, mass, _, current, *_ = unit.dimension
        # current enters through ampere**(current + mass); where those cancel the unit says nothing
        power = current + mass
        if power:
            return CoherentSystem(_power_of_ten((unit.si / trial.scale(unit.dimension)) ** (1 / power)))
    return CoherentSystem(1e-9)


def _power_of_ten(x: float) -> float:
    return float(f"1e{round(log10(x))}")
