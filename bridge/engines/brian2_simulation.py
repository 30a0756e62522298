"""One run of Brian2 in the worker process: a group of one, what is recorded of it, and which of its code is compiled.

A module takes two seconds to compile and saves a threshold or a reset two to four microseconds a step: only what computes is
compiled. What merely copies or compares gives the same bits either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from spikebridge.bridge.engines.base import Answer
from spikebridge.bridge.engines.brian2_job import ArrivalRound, Brian2Job
from spikebridge.bridge.engines.stages import stage
from spikebridge.bridge.translate.brian2_equations import ARRIVAL, ARRIVES, SAMPLES, WEIGHS

_NUMBER = r"[\d.]+(?:e[-+]?\d+)?(?:[*/]\w+)*"
# debugging symbols, which many Pythons ask for, are a fifth of a compilation
WITHOUT_SYMBOLS = "-g0"


def simulate(job: Brian2Job, folder: Path | None) -> Answer:
    """Run a job with code compiled into ``folder``, or without compiled code for None."""
    import brian2 as b2
    from brian2.codegen.runtime.numpy_rt import NumpyCodeObject

    _prefer(folder, job.precision)
    b2.start_scope()
    # names end up in the compiled code: the same ones every time, or nothing is ever found in the cache
    clock = b2.Clock(dt=job.dt_ms * b2.ms, name="clock")
    group, updater = neuron_group(job, clock)
    looks = looks_of(job, group, clock)
    for runner in _uncompiled(job, group, looks) if folder is not None else ():
        runner.codeobj_class = NumpyCodeObject
    recorder = Recorder(job, group)
    stage(
        "brian2", "making numpy code objects" if folder is None else "building Brian2 code objects, or taking them from the cache"
    )
    try:
        b2.Network([group, *recorder.operations()]).run(job.steps * job.dt_ms * b2.ms, namespace={})
    except Exception as error:
        # numpy code goes on with no numbers, as by the slope of an equation that became zero; compiled code breaks off
        if not isinstance(error.__cause__ or error, ZeroDivisionError):
            raise
        recorder.break_off()
    return {**recorder.answer(), "ran_as": type(updater.codeobj).__name__, "version": b2.__version__}


def _prefer(folder: Path | None, precision: str) -> None:
    """All preferences in every job: the worker may have done one with others before."""
    import brian2 as b2

    b2.BrianLogger.suppress_name("resolution_conflict")
    b2.prefs.core.default_float_dtype = np.dtype(precision).type
    b2.prefs.codegen.target = "numpy" if folder is None else "cython"
    # the units of equations are checked once; exprel would check those of its numbers at every call, for 40 us
    b2.prefs.codegen.runtime.numpy.discard_units = True
    if folder is not None:
        b2.prefs.codegen.runtime.cython.cache_dir = str(folder)
        flags = b2.prefs.codegen.cpp.extra_compile_args_gcc
        if WITHOUT_SYMBOLS not in flags:
            b2.prefs.codegen.cpp.extra_compile_args_gcc = [*flags, WITHOUT_SYMBOLS]


def neuron_group(job: Brian2Job, clock: Any) -> tuple[Any, Any]:
    """The neuron, at its initial state, and what moves it on."""
    import brian2 as b2

    namespace = {name: _quantity(value, dimension) for name, (value, dimension) in job.namespace.items()}
    namespace[SAMPLES] = _timed_array(clock, job.stimulus, job.stimulus_dimension, "stimulus_samples")
    for k, each in enumerate(job.arrivals, 1):
        namespace[f"{ARRIVES}_{k}"] = _timed_array(clock, each.who, (0,) * 6, f"{ARRIVES}_samples_{k}")
        namespace[f"{WEIGHS}_{k}"] = _timed_array(clock, each.weights, each.dimension, f"{WEIGHS}_samples_{k}")
    group = b2.NeuronGroup(
        1, job.equations, method="euler" if job.update else job.method, threshold=job.threshold, reset=job.reset,
        refractory=job.refractory or False, namespace=namespace, clock=clock, name="cell",
        events={**{k: when for k, (when, _) in job.events.items()}, **{k: each.condition for k, each in _arrivals(job).items()}},
    )  # fmt: skip
    for order, (event, (_, statements)) in enumerate(job.events.items(), 1):
        # conditions are looked at together with the spike's, before anything is reset; then one acts after another
        group.set_event_schedule(event, when="thresholds")
        group.run_on_event(event, statements, when="resets", order=order)
    for order, (event, each) in enumerate(_arrivals(job).items(), 1):
        group.set_event_schedule(event, when=each.slot)
        group.run_on_event(event, each.statements, when=each.slot, order=order)
    updater = group.run_regularly(job.update, clock=clock, when="groups", name="map") if job.update else group.state_updater
    for name, value in (*zip(job.states, job.initial, strict=True), *job.above_at_start.items()):
        group.variables[name].set_value(value)
    return group, updater


def _arrivals(job: Brian2Job) -> dict[str, ArrivalRound]:
    return {f"{ARRIVAL}_{k}": each for k, each in enumerate(job.arrivals, 1)}


def looks_of(job: Brian2Job, group: Any, clock: Any) -> dict[Any, str]:
    """What remembers that rules were above their levels, after all conditions have been looked at; its text."""
    return {
        group.run_regularly(text, clock=clock, when="after_thresholds", order=1, name=f"look_{k}"): text
        for k, text in enumerate(job.looks, 1)
    }


def _quantity(value: Any, dimension: tuple[int, ...]) -> Any:
    from brian2.units.fundamentalunits import Quantity, get_or_create_dimension

    length, mass, time, current, temperature, substance = dimension
    base = get_or_create_dimension(m=length, kg=mass, s=time, A=current, K=temperature, mol=substance)
    return Quantity.with_dimensions(value, base)


def _timed_array(clock: Any, given: np.ndarray, dimension: tuple[int, ...], name: str) -> Any:
    """One value a step of this very clock, such as the stimulus, looked up without TimedArray's search for another clock's."""
    import brian2 as b2

    samples = b2.TimedArray(_quantity(given, dimension), dt=clock.dt, name=name)
    values, dt = samples.values, samples.dt
    samples.implementations.add_implementation("numpy", lambda t: values[int(t / dt + 0.5)])
    return samples


def _uncompiled(job: Brian2Job, group: Any, looks: Mapping[Any, str]) -> Iterator[Any]:
    """What runs as numpy code beside compiled equations."""
    # where statements of every step move the states on, the integrator only minds the refractory period
    texts = {group.subexpression_updater: "", **looks, **({group.state_updater: job.refractory or ""} if job.update else {})}
    rules = {**job.events, **({"spike": (job.threshold, job.reset)} if job.threshold else {})}
    for event, (condition, statements) in rules.items():
        texts[group.thresholder[event]] = condition
        if statements:
            texts[group.resetter[event]] = statements
    # arrivals are few, and what compiling them would save is less than it takes
    for event in _arrivals(job):
        texts[group.thresholder[event]] = texts[group.resetter[event]] = ""
    plain = _plain([*job.states, *job.namespace])
    return (runner for runner, text in texts.items() if all(plain.fullmatch(line) for line in text.splitlines()))


def _plain(names: Sequence[str]) -> re.Pattern[str]:
    """Lines that copy, compare or add up two of these names or numbers, and remember what came of it: nothing that a compiler
    could round otherwise."""
    one = rf"-?(?:{'|'.join(map(re.escape, names))}|{_NUMBER})"
    two = rf"{one}(?: [-+] {one})?"
    return re.compile(rf"(?:\w+ = )?(?:{two} > )?{two}(?: and [\w ()=]+)?")


class Recorder:
    """Keeps the states at the start of every step, and at every spike before its reset.

    It takes what a StateMonitor and a SpikeMonitor would, at a tenth of their cost a step and with nothing to compile.
    """

    def __init__(self, job: Brian2Job, group: Any) -> None:
        self.job, self.group = job, group
        # Brian2 changes its arrays in place, and a memoryview gives one number of them faster than numpy does
        self.states = [memoryview(group.variables[name].get_value()) for name in job.states]
        self.kept = np.empty((len(self.states), job.steps + 1))
        self.pairs = list(zip([row.data for row in self.kept], self.states, strict=True))
        self.spikes: list[tuple[float, list[float]]] = []
        self.step = 0
        self.began = 0.0

    def operations(self) -> list[Any]:
        """What Brian2 calls in every step."""
        from brian2 import NetworkOperation

        clock = self.group.clock
        operations = [NetworkOperation(self.keep, clock=clock, when="start", name="trace")]
        if self.job.threshold:
            operations.append(NetworkOperation(self._look(clock), clock=clock, when="thresholds", order=1, name="spikes"))
        return operations

    def keep(self) -> None:
        """Take the states as they are."""
        step = self.step
        if not step:
            stage("brian2", f"running at dt = {self.job.dt_ms:g} ms")
            self.began = perf_counter()  # Brian2 has made and compiled its code by now
        for row, state in self.pairs:
            row[step] = state[0]
        self.step = step + 1

    def break_off(self) -> None:
        """There are no numbers from here on."""
        self.kept[:, self.step :] = np.nan
        self.pairs = []

    def _look(self, clock: Any) -> Callable[[], None]:
        fired = memoryview(self.group.variables["_spikespace"].get_value())
        now = memoryview(clock.variables["t"].get_value())
        wanted = self.states if self.job.spike_variables else []

        def look() -> None:
            if fired[1]:  # how many of one
                self.spikes.append((now[0], [state[0] for state in wanted]))

        return look

    def answer(self) -> Answer:
        """What was recorded, the states at the end included."""
        wall_s = perf_counter() - self.began
        self.keep()
        shape = len(self.spikes), len(self.job.spike_variables)
        return {
            "states": self.kept,
            "spikes_ms": np.array([t for t, _ in self.spikes]) / 1e-3,
            "at_spikes": np.array([values for _, values in self.spikes]).reshape(shape).T,
            "wall_s": wall_s,
        }
