"""What an experiment can be changed in, by name: a parameter, an initial value, or a key of its stimulus.

A short name does where only one thing has it; the full ones are ``parameters.g_Na``, ``initial.v``, ``stimulus.amplitude`` and,
with several stimuli, ``stimulus.2.amplitude``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spikebridge.bridge.definition.drive import KINDS, StimulusPart
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import DefinitionError, UsageError, did_you_mean
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import quantity_of
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.shown import shown

PARAMETERS, INITIAL, STIMULUS = "parameters", "initial", "stimulus"
# "stimulus2.amplitude" is how a sweep has always called it
_NUMBERED = re.compile(r"stimulus\.?(?P<number>[1-9]\d{0,5})\.(?P<key>\w+)", re.ASCII)
_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "times": lambda text: [time.strip() for time in text.split(",")],
    "values": lambda text: [_number(value) for value in text.split(",")],
    "count": lambda text: _number(text),
    "seed": lambda text: _number(text),
    "file": lambda text: str(Path(text).absolute()),  # of where it is typed, not of where the experiment lies
}


@dataclass(frozen=True)
class Setting:
    """One thing of an experiment that has a value.

    Attributes
    ----------
    table : parameters, initial or stimulus
    part : which of the stimuli, counted from 0
    of : how many stimuli there are
    """

    table: str
    key: str
    part: int = 0
    of: int = 1

    @property
    def name(self) -> str:
        """The full name, by which nothing else is called."""
        number = f"{self.part + 1}." if self.table == STIMULUS and self.of > 1 else ""
        return f"{self.table}.{number}{self.key}"

    def unit(self, experiment: Experiment) -> str:
        """The unit of what it is now; empty for a pure number, and for what has no value yet."""
        if self.table == INITIAL:
            unit = experiment.model.unit_of(self.key)
        else:
            values = experiment.model.parameters if self.table == PARAMETERS else dict(experiment.stimulus[self.part].values)
            now = values.get(self.key)
            unit = now.unit if isinstance(now, Quantity) else Unit()
        return str(unit) if unit.powers else ""

    def put(self, model: Model, parts: Sequence[StimulusPart], given: Any) -> tuple[Model, tuple[StimulusPart, ...]]:
        """Model and stimulus with this value, a quantity or text; DefinitionError where it cannot be the model's.

        A value of the stimulus is looked at when an experiment is made of it.
        """
        if self.table == PARAMETERS:
            return model.with_parameters({self.key: given}), tuple(parts)
        if self.table == INITIAL:
            return model.with_initial({self.key: given}), tuple(parts)
        value = _FROM_TEXT[self.key](given) if isinstance(given, str) and self.key in _FROM_TEXT else given
        changed = list(parts)
        changed[self.part] = replace(parts[self.part], values=tuple({**dict(parts[self.part].values), self.key: value}.items()))
        return model, tuple(changed)


def find_setting(experiment: Experiment, name: str, option: str) -> Setting:
    """What is called so; UsageError, beginning with the option, where nothing is, or two things are."""
    known = list(settings(experiment))
    numbered = _NUMBERED.fullmatch(name)
    if numbered:
        named = [s for s in known if (s.table, s.part + 1, s.key) == (STIMULUS, int(numbered["number"]), numbered["key"])]
    else:
        named = [s for s in known if name in _names(s)]
    if len(named) == 1:
        return named[0]
    where = f"{option}: {experiment.name}"
    if named:
        raise UsageError(f"{where}: {shown(name)} is both {' and '.join(s.name for s in named)}; write one of these")
    if name in experiment.model.state_names:
        raise UsageError(f"{where}: {shown(name)} is a variable; write initial.{name} for its initial value")
    raise UsageError(
        f"{where} has neither a parameter nor a stimulus with {shown(name)}.{_hint(name, known)} There is: {_listed(known)}"
    )


def settings(experiment: Experiment) -> Iterator[Setting]:
    """Everything that can be set."""
    model, of = experiment.model, len(experiment.stimulus)
    yield from (Setting(PARAMETERS, name) for name in model.parameters)
    for i, part in enumerate(experiment.stimulus):
        kind = KINDS[part.kind]
        yield from (Setting(STIMULUS, key, i, of) for key in (*kind.needed, *kind.optional))
    yield from (Setting(INITIAL, name) for name in model.state_names)


def require_unit(experiment: Experiment, setting: Setting, name: str, given: str) -> None:
    """DefinitionError, with what to write, where text is a number alone and what is called ``name`` has a unit."""
    unit = setting.unit(experiment)
    try:
        bare = bool(unit) and not quantity_of(given).unit.powers
    except DefinitionError:
        return  # an expression, or nothing of the kind: who reads it says so
    if bare:
        raise DefinitionError(f'{shown(name)} is measured in {unit}, and the unit is missing; write {name}="{given} {unit}"')


def _names(setting: Setting) -> tuple[str, ...]:
    """All it may be called; an initial value is never called by its variable alone."""
    full = f"{setting.table}.{setting.key}"
    return (full,) if setting.table == INITIAL else (setting.key, full)


def _hint(name: str, known: Sequence[Setting]) -> str:
    found = did_you_mean(
        name, [n for s in known for n in _names(s) if s.table != STIMULUS or s.of == 1] + [s.name for s in known]
    )
    return found if found.startswith(" Did you mean") else ""


def _listed(known: Sequence[Setting]) -> str:
    """What there is, in the words to type."""
    short = [s.name if s.table == INITIAL or (s.table == STIMULUS and s.of > 1) else s.key for s in known]
    return ", ".join(dict.fromkeys(short)) or "nothing"


def _number(text: str) -> Any:
    """A number in text, whole where it is written so; text that is none stays as it is, for who reads it to say so."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
