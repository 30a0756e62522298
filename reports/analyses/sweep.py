"""One experiment at many values of a parameter or of its stimulus, on one engine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.setting import find_setting
from spikebridge.bridge.engines.base import Engine, EngineScheme
from spikebridge.bridge.engines.running import Run, staying
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import DefinitionError, NotRun, UsageError, expect
from spikebridge.bridge.expressions.expression import Quantity
from spikebridge.bridge.expressions.quantity import quantity_in
from spikebridge.bridge.shown import shown
from spikebridge.reference.recording import Recording
from spikebridge.reports.metrics.numbers import evenly_spaced
from spikebridge.reports.result import Result

MAX_COUNT = 10_000
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*(?P<start>{_NUMBER})\s*:\s*(?P<stop>{_NUMBER})\s*:\s*(?P<count>\d+)\s*(?P<unit>.*?)\s*", re.ASCII)


@dataclass(frozen=True)
class Vary:
    """What is varied: the name of a parameter, an initial value or a key of the stimulus, and its values, numbers in the unit.

    Attributes
    ----------
    written : the values as they were given, ``"50:200:20"``
    """

    name: str
    values: tuple[float, ...]
    unit: str
    written: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Vary:
        """Read ``NAME=START:STOP:COUNT[unit]``, such as ``g_Na=50:200:20mS/cm2``; UsageError says what is wrong."""
        expect(str, text, "--vary", "NAME=START:STOP:COUNT[unit]")
        name, equals, given = text.partition("=")
        found = _RANGE.fullmatch(given)
        if not equals or not name.strip() or found is None:
            raise UsageError(f"--vary: expected NAME=START:STOP:COUNT[unit] such as g_Na=50:200:20mS/cm2, found {shown(text)}")
        count = int(found["count"])
        if not 1 <= count <= MAX_COUNT:
            raise UsageError(f"--vary: expected 1 to {MAX_COUNT} values, found {count}")
        values = evenly_spaced(float(found["start"]), float(found["stop"]), count)
        return cls(name.strip(), tuple(values), found["unit"], ":".join(found.group("start", "stop", "count")))

    def text(self, value: float) -> str:
        """One value with its unit, for a reader."""
        return f"{value!r} {self.unit}".strip()

    def quantity(self, value: float) -> Quantity:
        """One value with its unit; UsageError where that is none."""
        try:
            return quantity_in(value, self.unit)
        except DefinitionError as error:
            raise UsageError(f"--vary: {error}") from None

    def applied(self, experiment: Experiment, value: float) -> Experiment:
        """The experiment at one value; UsageError where there is nothing of that name, or its unit is missing, DefinitionError
        where the unit does not fit."""
        setting = find_setting(experiment, self.name, "--vary")
        unit = setting.unit(experiment)
        if unit and not self.unit:
            said = f"{shown(self.name)} is measured in {unit}, and the unit is missing"
            raise UsageError(f"--vary: {said}; write {self.name}={self.written}{unit}")
        model, stimulus = setting.put(experiment.model, experiment.stimulus, self.quantity(value))
        return replace(experiment, model=model, stimulus=stimulus)


@dataclass(frozen=True)
class Point(Result):
    """What came out at one value, for the signal ``observed``; ``recording`` is None where the engine did not run, for
    ``reason``."""

    value: float
    observed: str
    recording: Recording | None
    reason: str = ""


def sweep(
    experiment: Experiment, vary: Vary, engine: Engine, scheme: EngineScheme, limit_s: float = LIMIT_S,
    progress: Callable[[str], object] = lambda value: None,
) -> list[Point]:  # fmt: skip
    """Run the experiment at every value, one worker for all.

    Raises
    ------
    DefinitionError, UsageError : a value cannot be; nothing has run then
    """
    experiments = [vary.applied(experiment, value) for value in vary.values]
    points = []
    with staying(engine, limit_s) as runner:
        for value, each in zip(vary.values, experiments, strict=True):
            progress(f"{vary.name} = {vary.text(value)}")
            (outcome,) = runner.start([Run(each, engine, scheme)])()
            ran = (None, str(outcome)) if isinstance(outcome, NotRun) else (outcome, "")
            points.append(Point(value, each.observed, *ran))
    return points
