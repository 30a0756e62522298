"""An experiment as a Brian2 script: the equation string, a NeuronGroup of one, its stimulus in a TimedArray."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.precision import Precision
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.export.arrivals_text import ArrivalsText
from spikebridge.bridge.export.listing import (
    WIDTH,
    about_soma,
    docstring,
    extra,
    heading,
    script,
    section,
    sensible,
    stem,
    stimulus_unit,
)
from spikebridge.bridge.export.numpy_script import depends_on_stimulus, initial_order, level_of
from spikebridge.bridge.export.spike_text import crossings, how_to_run, report, time_lines
from spikebridge.bridge.export.stimulus_text import MIDDLE, StimulusText
from spikebridge.bridge.expressions.expression import Call, Choice, Expression, Name, Quantity, names, walk
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.translate.brian2_equations import ARRIVAL, SAMPLES, Brian2Equations, Brian2Printer, base_unit, in_brian2

_OBJECTS = ("BrianLogger", "NeuronGroup", "SpikeMonitor", "StateMonitor", "TimedArray", "defaultclock", "prefs", "run")


@dataclass(frozen=True)
class Brian2Script:
    """The script of one experiment under one of Brian2's schemes; ``target`` is Brian2's own choice of code where empty."""

    experiment: Experiment
    scheme: EngineScheme
    engine: str = "brian2"
    target: str = ""

    @cached_property
    def model(self) -> Model:
        return self.experiment.model

    @cached_property
    def translation(self) -> Brian2Equations:
        return Brian2Equations(self.model, ordered=self.scheme.twin == "ordered_euler")

    @cached_property
    def stimulus(self) -> StimulusText:
        return StimulusText(self.experiment)

    @cached_property
    def arrivals(self) -> ArrivalsText:
        return ArrivalsText(self.experiment)

    @property
    def name(self) -> str:
        return f"{stem(self.experiment)}_{self.engine}"

    @property
    def files(self) -> dict[str, str]:
        """Names and contents of the script and of what lies beside it."""
        return {f"{self.name}.py": self.text, **self.stimulus.files}

    @property
    def text(self) -> str:
        model, experiment = self.model, self.experiment
        body = [
            *section("parameters", "\n".join(self._parameters())),
            *section("equations", self._equations()),
            *section("time and stimulus", self._time(), self.stimulus.loading, self.stimulus.function, self._timed_array()),
            *section("arriving spikes", self.arrivals.listing, self._arriving(), self.arrivals.arrays),
            *section("neuron", "\n".join([*self._group(), *self._initial()])),
            *section("run", "\n".join(self._run())),
            *section("result", crossings(model), "\n".join(["t_ms = dt*np.arange(steps + 1)", *self._spikes(), *self._report()])),
        ]
        about = f"Brian2, {self.scheme.about}, dt = {sensible(experiment.dt_ms)} ms.\n{how_to_run(self.name, model)}"
        return script(
            [docstring(model.title, model.source, [about, *about_soma(experiment)]), *self._imports("\n".join(body)), *body]
        )

    # head -----------------------------------------------------------------------------------------------

    def _imports(self, body: str) -> list[str]:
        code = re.sub(r'(?s:""".*?""")|"[^"\n]*"|#.*', "", body)
        words = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", code))
        units = {u for u in _unit_names(self.model) if u in words}
        compiler = "a" if self.target == "cython" else "no"
        prefs = [f'prefs.codegen.target = "{self.target}"  # {compiler} compiler is needed'] if self.target else []
        if self.experiment.precision is Precision.SINGLE:
            prefs.append("prefs.core.default_float_dtype = np.float32  # single precision")
        used = sorted({*units, *(o for o in _OBJECTS if o in words), *({"prefs"} if prefs else ())})
        imports = f"import numpy as np\nfrom brian2 import {', '.join(used)}"
        if len(imports.splitlines()[1]) > 120:
            imports = "import numpy as np\nfrom brian2 import (\n" + "".join(f"    {u},\n" for u in used) + ")"
        return ["from pathlib import Path", imports, *prefs]

    def _parameters(self) -> list[str]:
        ids = self.translation.identifiers
        return [f"{ids[n]} = {_quantity(p.value, p.unit)}" for n, p in self.model.parameters.items()]

    def _equations(self) -> str:
        lines = self.translation.equations
        if self._level_in_equations:
            assert self.model.spike is not None
            unit = base_unit(self.model.dimensions.find(self._level))
            lines += f"\nspike_level = {self.translation.printer.text(self._level)} : {unit}"
        return f'equations = """\n{lines}\n"""'

    def _time(self) -> str:
        return f"{time_lines(self.experiment.dt_ms, self.experiment.steps)}\n{MIDDLE}"

    def _timed_array(self) -> str:
        unit = "".join(_factors(stimulus_unit(self.experiment)))
        return f"{SAMPLES} = TimedArray(stimulus_at(middle){unit}, dt=dt*ms)"

    def _arriving(self) -> str:
        rule = self.model.input
        return self.arrivals.function("".join(_factors(self.model.coherent.unit(rule.unit)))) if rule else ""

    # the neuron -----------------------------------------------------------------------------------------

    def _group(self) -> list[str]:
        translation = self.translation
        rows = ["1", "equations"]
        if not translation.update:
            rows.append(f'method="{self.scheme.name}"')
        if translation.threshold:
            rows.append(f'threshold="{translation.threshold}"')
        if translation.reset:
            rows.append(f"reset={_string(translation.reset)}")
        if translation.refractory:
            rows.append(f"refractory={self._refractory()}")
        arrivals = {f"{ARRIVAL}_{k}": (slot, *translation.arrival(k)) for k, slot in enumerate(self.arrivals.slots, 1)}
        events = {**{k: when for k, (when, _) in translation.events.items()}, **{k: when for k, (_, when, _) in arrivals.items()}}
        if events:
            rows.append("events={" + ", ".join(f'"{k}": "{when}"' for k, when in events.items()) + "}")
        # without a reset Brian2 needs telling that a variable above its threshold is no new spike at every step
        once = "  # one spike an upward crossing" if translation.refractory == translation.threshold else ""
        lines = ["defaultclock.dt = dt*ms", "cell = NeuronGroup(", *(f"    {row}," for row in rows), ")"]
        if once:
            lines[-2] += once
        for order, (event, (_, statements)) in enumerate(translation.events.items(), 1):
            lines.append(f'cell.run_on_event("{event}", {_string(statements)}, when="resets", order={order})')
        for order, (event, (slot, _, statements)) in enumerate(arrivals.items(), 1):
            lines.append(f'cell.set_event_schedule("{event}", when="{slot}")')
            lines.append(f'cell.run_on_event("{event}", {_string(statements)}, when="{slot}", order={order})')
        for look in translation.looks:
            lines.append(f'cell.run_regularly("{look}", when="after_thresholds", order=1)  # looked at: it acts once')
        if translation.ordered:
            lines.append('BrianLogger.suppress_name("resolution_conflict")  # its own dt is meant, not the number above')
        if translation.update:
            lines.append(f'cell.run_regularly({_string(translation.update)}, when="groups")')
        return lines

    def _refractory(self) -> str:
        spike, translation = self.model.spike, self.translation
        assert spike is not None
        if not spike.reset:
            return f'"{translation.refractory}"'
        if isinstance(spike.refractory, Quantity):
            return _quantity(spike.refractory.value, spike.refractory.unit)
        return str(translation.refractory)

    def _initial(self) -> list[str]:
        """``cell.m = "m_inf"``, each variable after those its value needs."""
        model, ids = self.model, self.translation.identifiers
        lines = ["# the resting state"] if model.steady_state else []
        for name in initial_order(model):
            if name in model.state_names:
                lines.append(f"cell.{ids[name]} = {self._start(name, model.initial_expressions[name])}")
        lines += [f"cell.{name} = True  # from the start" for name, above in self.translation.above_at_start.items() if above]
        return lines

    def _start(self, name: str, value: Expression) -> str:
        model = self.model
        if model.steady_state or depends_on_stimulus(model, value):
            return _quantity(model.initial_values[name] / model.factor(name), model.unit_of(name))
        if isinstance(value, Quantity):
            return _quantity(value.value, value.unit)
        if isinstance(value, Name) and value.id in model.parameters:
            return self.translation.identifiers[value.id]
        return f'"{self.translation.printer.text(value)}"'

    # run and result -------------------------------------------------------------------------------------

    @property
    def _level(self) -> Expression:
        assert self.model.spike is not None
        return level_of(self.model.spike)

    @cached_property
    def _level_in_equations(self) -> bool:
        """Whether the level of a spike needs Brian2 to compute it: where it is more than a variable and parameters."""
        if self.model.spike is None:
            return False
        known = {*self.model.state_names, *self.model.parameters}
        return any(isinstance(n, (Call, Choice)) or (isinstance(n, Name) and n.id not in known) for n in walk(self._level))

    @property
    def _level_variables(self) -> list[str]:
        ids = self.translation.identifiers
        mentioned = set(names(self._level))
        return ["spike_level"] if self._level_in_equations else [ids[s] for s in self.model.state_names if s in mentioned]

    def _level_of(self, monitor: str, index: str = "") -> str:
        """The level from a monitor's samples, as plain numbers."""
        ids, model = self.translation.identifiers, self.model
        sampled = {**ids, **{s: f"{monitor}.{ids[s]}{index}" for s in model.state_names}}
        in_python = f"{monitor}.spike_level{index}" if self._level_in_equations else Brian2Printer(sampled).text(self._level)
        per = self._per_level
        if not per:
            return f"np.asarray({in_python})"
        return f"{in_python}{per}" if re.fullmatch(r"[\w.\[\]]+", in_python) else f"({in_python}){per}"

    @property
    def _per_level(self) -> str:
        """What divides a level to make it a number."""
        assert self.model.spike is not None
        left = self.model.spike.left
        if isinstance(left, Name):
            return _per(self.model.unit_of(left.id))
        unit = base_unit(self.model.dimensions.find(self._level))
        return "" if unit == "1" else f"/({unit})" if "/" in unit or "*" in unit else f"/{unit}"

    def _run(self) -> list[str]:
        ids, spike = self.translation.identifiers, self.model.spike
        recorded = [ids[n] for n in (*self.model.state_names, *extra(self.experiment))]
        recorded += ["spike_level"] if self._level_in_equations else []
        lines = [f"trace = StateMonitor(cell, {_list(recorded)}, record=True)"]
        if spike and spike.reset:
            lines.append(f"spikes = SpikeMonitor(cell, variables={_list(self._level_variables)})  # just before the reset")
        return [*lines, "run(steps*dt*ms)", "trace.record_single_timestep()  # the state at the end"]

    def _spikes(self) -> list[str]:
        spike = self.model.spike
        if spike is None:
            return []
        level = self._level_of("trace", "[0]")
        if not spike.reset:
            return [f"spike_times = crossings({level})"]
        return [
            "crossed = np.round(spikes.t/ms/dt).astype(int)  # Brian2 labels a spike with the start of its step",
            f"level = {level}",
            "before = np.minimum(level[crossed], 0)",
            f"after = {self._level_of('spikes')}",
            "spike_times = dt*(crossed + before/(before - after))",
        ]

    def _report(self) -> list[str]:
        model, ids = self.model, self.translation.identifiers
        wanted = [*model.state_names, *extra(self.experiment)]
        columns = [f"trace.{ids[n]}[0]{_per(model.unit_of(n))}" for n in wanted]
        header = ["t_ms", *(heading(self.experiment, n) for n in wanted)]
        line = f"columns = [t_ms, {', '.join(columns)}]"
        if len(line) > WIDTH:
            line = "columns = [\n    t_ms,\n" + "".join(f"    {column},\n" for column in columns) + "]"
        return [line, report(model, "np.column_stack(columns)", header)]


# pieces ---------------------------------------------------------------------------------------------


def _unit_names(model: Model) -> set[str]:
    units = [model.unit_of(s) for s in model.symbols]
    rules = [e for rule in model.rules for e in (rule.left, rule.right, *([rule.refractory] if rule.refractory else []))]
    trees = [*rules, *model.initial_expressions.values()]
    units += [n.unit for tree in trees for n in walk(tree) if isinstance(n, Quantity)]
    units += [model.input.unit] if model.input else []
    units += [n.unit for _, e in (model.input.reset if model.input else ()) for n in walk(e) if isinstance(n, Quantity)]
    units += [model.coherent.unit(u) for u in units]
    return {atom for unit in units for atom, _ in _in_python(unit)} | {"volt", "amp", "siemens", "second", "meter", "mV", "ms"}


def _factors(unit: Unit) -> list[str]:
    """``["*uA", "/cm**2"]``."""
    powers = _in_python(unit)
    return [f"{'*' if p > 0 else '/'}{atom}{f'**{abs(p)}' if abs(p) > 1 else ''}" for atom, p in powers]


def _in_python(unit: Unit) -> list[tuple[str, int]]:
    """The factors of a unit under the names that can be imported: an equation's mol is mole there."""
    return [(f"{atom}e" if atom.endswith("mol") else atom, power) for atom, power in in_brian2(unit).powers]


def _quantity(value: float, unit: Unit) -> str:
    return sensible(value) + "".join(_factors(unit))


def _per(unit: Unit) -> str:
    """What divides a quantity to make it a number."""
    text = "".join(_factors(unit))
    return (
        ""
        if not text
        else f"/{text[1:]}"
        if len(unit.powers) == 1 and text[0] == "*"
        else f"/({('1' + text).removeprefix('1*')})"
    )


def _string(text: str) -> str:
    return f'"{text}"' if "\n" not in text else f'"""\n{indent(text, " " * 8)}\n    """'


def _list(items: list[str]) -> str:
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"
