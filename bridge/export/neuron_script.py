"""An experiment as a NEURON script beside its mechanism: one compartment, IClamps or a played stimulus, fixed steps or CVODE."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from textwrap import indent

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.linearity import depends
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.rule_memory import remembering
from spikebridge.bridge.engine_scheme import EngineScheme
from spikebridge.bridge.export.arrivals_text import ArrivalsText
from spikebridge.bridge.export.listing import about_soma, docstring, extra, heading, script, section, sensible, stem
from spikebridge.bridge.export.numpy_script import RESERVED as NUMPY_NAMES
from spikebridge.bridge.export.numpy_script import ScriptSource, depends_on_stimulus, elementary, math_imports
from spikebridge.bridge.export.spike_text import crossings, report, time_lines
from spikebridge.bridge.export.stimulus_text import MIDDLE, StimulusText
from spikebridge.bridge.expressions.units import spell
from spikebridge.bridge.translate.nmodl import Nmodl

# names that a script uses beside those of the equations
RESERVED = NUMPY_NAMES | frozenset(
    "arrivals connections connection clock half when weight".split()
    + "load_mechanisms cell mechanism area to_nA clamp clamps rectangles edges values what when seen half_steps trace spikes watch crossed looked cvode steps_own level".split()
)
# what a mechanism's Python object keeps for itself: such parameters have the mod file's values
_OWN = frozenset("loc get_loc has_loc get_segment hname same baseattr cas name segment is_ion".split())


@dataclass(frozen=True)
class NeuronScript:
    """The script of one experiment under one of NEURON's schemes, and its mechanism; ``atol`` is CVODE's tolerance."""

    experiment: Experiment
    scheme: EngineScheme
    atol: float

    @cached_property
    def model(self) -> Model:
        return self.experiment.model

    @cached_property
    def mechanism(self) -> Nmodl:
        """Under the experiment's name, so that those of several experiments can be compiled together."""
        return Nmodl(replace(self.model, name=stem(self.experiment)))

    @cached_property
    def stimulus(self) -> StimulusText:
        return StimulusText(self.experiment)

    @cached_property
    def arrivals(self) -> ArrivalsText:
        return ArrivalsText(self.experiment)

    @cached_property
    def source(self) -> ScriptSource:
        """For what NEURON does not tell: levels, resets and currents, with the parameters of the mechanism."""
        model = self.model
        there = {n: f"mechanism.{self.mechanism.identifiers[n]}" for n in self._set_parameters}
        return ScriptSource(model, True, RESERVED | {"h"}, there)

    @property
    def files(self) -> dict[str, str]:
        """Names and contents of the script, its mechanism and what lies beside them."""
        name = stem(self.experiment)
        data = {} if self._rectangular else self.stimulus.files
        return {f"{name}_neuron.py": self.text, f"{name}.mod": self.mechanism.text, **data}

    @property
    def text(self) -> str:
        model, experiment = self.model, self.experiment
        jumps, result = self._resets(), self._result()
        functions = self._functions("\n".join([*jumps, *result]))
        body = [
            *section("one compartment", "\n".join(self._compartment())),
            *section("parameters", "\n".join(self._parameters("\n".join(functions)))),
            *section(
                "time and stimulus", time_lines(experiment.dt_ms, experiment.steps), self.arrivals.listing, *self._stimulus()
            ),
            *section("run", "\n".join(self._run())),
            *section("result", *functions, crossings(model, self._own_steps), "\n".join([*self._samples(), *jumps, *result])),
        ]
        about = f"NEURON, {self.scheme.about}, dt = {sensible(experiment.dt_ms)} ms.\n{self._how_to_run()}"
        imports = math_imports("\n".join(body)) + "from pathlib import Path"
        neuron = "import numpy as np\nfrom neuron import h, load_mechanisms"
        return script(
            [docstring(model.title, model.source, [about, *about_soma(experiment)]), imports, neuron, self._loading(), *body]
        )

    # head -----------------------------------------------------------------------------------------------

    def _how_to_run(self) -> str:
        name = f"{stem(self.experiment)}_neuron"
        spikes = " and prints the spike times" if self.model.spike else ""
        return f"Compile the mechanism in this folder, and again whenever it changes: nrnivmodl\nThen run: python {name}.py\nIt writes {name}.csv{spikes}."

    def _loading(self) -> str:
        suffix, file = self.mechanism.suffix, f"{stem(self.experiment)}.mod"
        return (
            f'if not hasattr(h, "{suffix}"):  # NEURON loads by itself what was compiled in the folder it starts in\n'
            "    load_mechanisms(str(Path(__file__).parent))\n"
            f'if not hasattr(h, "{suffix}"):\n'
            f'    raise SystemExit("compile {file} first: run nrnivmodl in its folder")'
        )

    def _compartment(self) -> list[str]:
        mechanism = self.mechanism
        lines = ['cell = h.Section(name="cell")']
        if mechanism.has_membrane:
            lines += [
                "cell.L, cell.diam, cell.nseg = 10, 10/np.pi, 1  # um: an area of 100 um2",
                "cell.Ra = 1e9  # ohm cm: or round-off would flow from its ends, which have no area",
                *self._capacitance(),
            ]
        if mechanism.point_process:
            return [*lines, f"mechanism = h.{mechanism.suffix}(cell(0.5))"]
        return [*lines, f'cell.insert("{mechanism.suffix}")', f"mechanism = cell(0.5).{mechanism.suffix}"]

    def _capacitance(self) -> list[str]:
        mechanism, model = self.mechanism, self.model
        value = model.value(mechanism.membrane.capacitance)
        unit = spell(model.dimensions.find(mechanism.membrane.capacitance), model.coherent)
        what = f"{mechanism.printer.text(mechanism.membrane.capacitance)} = {sensible(value)} {unit}"
        farad = sensible(value * (model.coherent.ampere / (1e-6 if mechanism.per_area else 1e-9)))
        if mechanism.per_area:
            return [f"cell.cm = {farad}  # uF/cm2: {what.partition(' = ')[0]}"]
        return ["area = cell(0.5).area()  # um2", f"cell.cm = {farad}*1e-3/(area*1e-8)  # uF/cm2: {what} on this area"]

    @cached_property
    def _set_parameters(self) -> list[str]:
        ids = self.mechanism.identifiers
        return [n for n in self.mechanism.used_parameters if ids[n] not in _OWN]

    def _parameters(self, functions: str) -> list[str]:
        """Those of the mechanism, then those that only what follows the run needs."""
        model, ids = self.model, self.mechanism.identifiers
        lines = []
        for name in self._set_parameters:
            unit = model.coherent.unit(model.unit_of(name))
            lines.append(
                f"mechanism.{ids[name]} = {sensible(model.parameter_values[name])}" + (f"  # {unit}" if unit.powers else "")
            )
        others = [n for n in model.parameters if n not in self._set_parameters]
        needed = [n for n in others if re.search(rf"(?<![\w.]){self.source.identifiers[n]}\b", functions)]
        return [*lines, *self.source.assignments(needed)]

    def _functions(self, caller: str) -> list[str]:
        source, wanted = self.source, extra(self.experiment)
        parts = [*source.functions_used(caller), *([source.recorded(wanted)] if wanted else [])]
        return [*elementary("\n".join(parts)), *parts]

    # stimulus -------------------------------------------------------------------------------------------

    @property
    def _rectangular(self) -> bool:
        return self.experiment.drive.rectangles is not None and not extra(self.experiment)

    def _stimulus(self) -> list[str]:
        wanted = bool(extra(self.experiment))
        function = [self.stimulus.loading, self.stimulus.function]
        given = self.experiment.drive.rectangles
        if given is not None:
            lines = [] if not given else self._driven() if self.mechanism.own_stimulus else self._injected()
            return [*([MIDDLE, *function] if wanted else []), "\n".join(lines)]
        return [MIDDLE if wanted else "", *function, "\n".join(self._played())]

    @cached_property
    def _to_nanoampere(self) -> tuple[list[str], str]:
        """The statement that defines the factor from the model's unit of current, and the factor."""
        mechanism, model = self.mechanism, self.model
        factor = model.coherent.ampere / (1e-6 if mechanism.per_area else 1e-9)
        unit = model.coherent.unit(model.stimulus_unit)
        if mechanism.per_area:
            times = "" if abs(factor - 1) < 1e-12 else f"*{sensible(factor)}"
            return [f"to_nA = cell(0.5).area()*1e-8*1e3{times}  # from {unit} on its area"], "*to_nA"
        return ([], "") if abs(factor - 1) < 1e-12 else ([f"to_nA = {sensible(factor)}  # from {unit}"], "*to_nA")

    def _injected(self) -> list[str]:
        define, factor = self._to_nanoampere
        rows = self.stimulus.rectangles
        if len(rows) == 1 and (single := re.fullmatch(r"\(([^,()]+), ([^,()]+), ([^,()]+)\),(  # .*)", rows[0])):
            amplitude, start, stop, what = single.groups()
            lasts = stop if stop == "1e9" else _difference(stop, start)
            return [
                *define,
                f"clamp = h.IClamp(cell(0.5)){what}",
                f"clamp.amp, clamp.delay, clamp.dur = {amplitude}{factor}, {start}, {lasts}",
            ]
        return [
            *define,
            *self._rectangles(),
            "clamps = []",
            "for amplitude, start, stop in rectangles:",
            "    clamp = h.IClamp(cell(0.5))",
            f"    clamp.amp, clamp.delay, clamp.dur = amplitude{factor}, start, stop - start",
            "    clamps.append(clamp)",
        ]

    def _rectangles(self) -> list[str]:
        return ["rectangles = [  # amplitude, start, stop", *(f"    {row}" for row in self.stimulus.rectangles), "]"]

    def _driven(self) -> list[str]:
        target = f"mechanism._ref_{self.mechanism.identifiers[STIMULUS]}"
        return [
            *self._rectangles(),
            "edges = sorted({0, *(t for _, *ends in rectangles for t in ends if 0 < t <= steps*dt)})",
            "values = [sum(a for a, start, stop in rectangles if start <= t < stop) for t in edges]",
            "what, when = h.Vector(values), h.Vector(edges)",
            f"what.play({target}, when)  # it jumps",
        ]

    def _played(self) -> list[str]:
        """What every step sees in its middle; a driven mechanism looks again at its end."""
        lines = [
            "half_steps = np.cumsum(np.full(2*steps + 2, dt/2))  # middle and end of every step, and of one more",
            "seen = stimulus_at(half_steps[:-2:2])",
            "seen = np.append(seen, seen[-1])",
        ]
        define, factor = ([], "") if self.mechanism.own_stimulus else self._to_nanoampere
        if self.mechanism.own_stimulus:
            twice = self.scheme.twin is not None
            values, times = ("np.repeat(seen, 2)", "half_steps") if twice else ("seen", "half_steps[::2]")
            target = f"mechanism._ref_{self.mechanism.identifiers[STIMULUS]}"
        else:
            values, times, target = f"seen{factor}", "half_steps[::2]", "clamp._ref_amp"
            lines = ["clamp = h.IClamp(cell(0.5))", "clamp.delay, clamp.dur = 0, 1e9", *define, *lines]
        return [*lines, f"what, when = h.Vector({values}), h.Vector({times})", f"what.play({target}, when, True)"]

    # run ------------------------------------------------------------------------------------------------

    @property
    def _adaptive(self) -> bool:
        return self.scheme.twin is None

    def _run(self) -> list[str]:
        model = self.model
        references = map(self._reference, model.state_names)
        grid = ", grid" if self._adaptive else ""
        lines = ["grid = h.Vector(dt*np.arange(steps + 1))"] if self._adaptive else []
        lines += ["trace = [", *(f"    h.Vector().record({reference}{grid})," for reference in references), "]"]
        if self._counts:
            lines += ["spikes = h.Vector()", "watch = h.NetCon(mechanism, None)", "watch.record(spikes)"]
        lines += self._path()
        voltage = sensible(model.initial_values[model.voltage]) if model.voltage else ""
        start = [*self._method(), f"h.finitialize({voltage})", *self._start(), *self.arrivals.sending]
        return [*lines, *self.arrivals.connections, "", *start, *self._advance()]

    @property
    def _counts(self) -> bool:
        """Whether the mechanism tells of spikes."""
        return self.model.spike is not None and bool(self.model.spike.reset)

    def _path(self) -> list[str]:
        """CVODE's own steps, between which spikes are; and what makes it look for them, which its steps depend on."""
        if not self._own_steps or not self.mechanism.watched:
            return []
        name, level = self.mechanism.watched
        reference = self._reference(name)
        return [
            f"steps_own = h.Vector().record(h._ref_t), h.Vector().record({reference})  # at the end of each of CVODE's own steps",
            f"watch = h.NetCon({reference}, None, sec=cell)",
            f"watch.threshold = {sensible(level)}",
        ]

    @property
    def _own_steps(self) -> bool:
        """Whether spikes are found between CVODE's own steps."""
        return self._adaptive and self.mechanism.watched is not None

    def _reference(self, name: str) -> str:
        """Where NEURON keeps a state."""
        return "cell(0.5)._ref_v" if name == self.model.voltage else f"mechanism._ref_{self.mechanism.identifiers[name]}"

    def _method(self) -> list[str]:
        if not self._adaptive:
            second = "2  # Crank-Nicolson" if self.scheme.name == "crank_nicolson" else "0  # implicit Euler"
            return ["h.dt = dt", f"h.secondorder = {second}"] if self.mechanism.has_membrane or "2" in second else ["h.dt = dt"]
        resets = ["cvode.condition_order(2)  # a reset acts where a line through the step crosses", "cvode.maxstep(dt)"]
        capped = resets if self.mechanism.has_reset else []
        return ["cvode = h.CVode()", "cvode.active(True)", f"cvode.atol({self.atol:g})", *capped]

    def _start(self) -> list[str]:
        """Initial values that INITIAL, which sets one state after another and knows no stimulus, does not get right."""
        model, ids = self.model, self.mechanism.identifiers
        states = self.mechanism.mechanism_states
        wrong = [
            s for s in states
            if depends_on_stimulus(model, model.initial_expressions[s])
            or any(depends(model.initial_expressions[s], other, model.regular_definitions) for other in states)
        ]  # fmt: skip
        if not wrong:
            return []
        lines = [f"mechanism.{ids[s]} = {sensible(model.initial_values[s])}" for s in wrong]
        lines[0] += "  # which INITIAL cannot know"
        return [*lines, "h.fcurrent()", *(["cvode.re_init()"] if self._adaptive else []), "h.frecord_init()"]

    def _advance(self) -> list[str]:
        if self._adaptive:
            return ["cvode.solve((steps + 0.5)*dt)  # past the last sample, or it is not taken"]
        if self.mechanism.has_reset:
            return ["for _ in range(steps + 1):  # a spike at the end of a step acts in the next", "    h.fadvance()"]
        return ["for _ in range(steps):", "    h.fadvance()"]

    # result ---------------------------------------------------------------------------------------------

    def _samples(self) -> list[str]:
        return ["t_ms = dt*np.arange(steps + 1)", "states = np.array([np.array(x)[: steps + 1] for x in trace])"]

    def _resets(self) -> list[str]:
        """NEURON's sample at a reset holds the value before it; here, as everywhere, it becomes the value after."""
        model = self.model
        lines = [] if self._adaptive else self.arrivals.samples
        if self._adaptive or not model.resets:
            return lines
        if self._counts:
            lines = [*lines, "crossed = np.round(np.array(spikes.to_python())/dt).astype(int)  # the samples at which it spiked",
                     "crossed = crossed[crossed <= steps]",
                     "after = np.array([spike_level(y) for y in states[:, crossed].T])"]  # fmt: skip
        note = "  # NEURON recorded the value before a reset; put the one after it"
        if not model.events:
            return [*lines, f"for k in crossed:{note}", "    states[:, k] = reset(states[:, k])"]
        acts = ["if k in crossed:", "    states[:, k] = reset(states[:, k])"] if self._counts else []
        once = remembering(model)[-len(model.events) :]
        for i, remembers in enumerate(once, 1):
            unless = f" and k and event_{i}_level(looked[k - 1]) <= 0" if remembers else ""
            acts += [f"if event_{i}_level(y) > 0{unless}:", f"    states[:, k] = event_{i}_reset(states[:, k])"]
        samples = "looked" if any(once) else "states.T.copy()"
        lines += ["looked = states.T.copy()"] if any(once) else []
        return [*lines, f"for k, y in enumerate({samples}):{note}", indent("\n".join(acts), "    ")]

    def _result(self) -> list[str]:
        model, wanted = self.model, extra(self.experiment)
        lines = []
        if self._counts and self._adaptive:
            lines = ["spike_times = np.array(spikes.to_python())", "spike_times = spike_times[spike_times <= t_ms[-1]]"]
        elif self.mechanism.watched and self._own_steps:
            level = sensible(self.mechanism.watched[1])
            lines = [f"spike_times = crossings(np.array(steps_own[0]), np.array(steps_own[1]) - {level})",
                     "spike_times = spike_times[spike_times <= t_ms[-1]]"]  # fmt: skip
        elif self._counts:
            lines = ["before = np.array([min(spike_level(y), 0) for y in states[:, crossed - 1].T])",
                     "spike_times = dt*(crossed - 1 + before/(before - after))"]  # fmt: skip
        elif model.spike:
            lines = ["spike_times = crossings(np.array([spike_level(y) for y in states.T]))"]
        columns = ["t_ms", "states.T"]
        if wanted:
            lines += ["inputs = stimulus_at(np.append(middle, middle[-1]))"]
            lines += ["table = np.array([recorded(y, I) for y, I in zip(states.T, inputs)])"]
            columns.append("table")
        everything = [*model.state_names, *wanted]
        table = f"np.column_stack([{', '.join(columns)}])"
        if any(model.factor(n) != 1 for n in everything):
            table += f"/[1, {', '.join(sensible(model.factor(n)) for n in everything)}]"
        return [*lines, report(model, table, ["t_ms", *(heading(self.experiment, n) for n in everything)])]


def _difference(stop: str, start: str) -> str:
    """``stop - start`` as a number where that is a short one."""
    number = repr(float(stop) - float(start)).removesuffix(".0")
    return number if len(number) < 9 else f"{stop} - {start}"
