"""Does an imported mechanism compute what its file does? The original runs in NEURON beside the definition, under the same scheme.

From random states one step is taken, with conductances that make the current matter and concentrations that differ from one membrane to
the next; then a whole run, with every step of it held against the definition's. A file with TABLE runs with the table off, and once more
with it on, to say what the table does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.engines.original_job import OriginalAnswer, OriginalJob, Start
from spikebridge.bridge.engines.worker import LIMIT_S, Worker
from spikebridge.bridge.errors import BridgeError, NotRun
from spikebridge.bridge.expressions.expression import names
from spikebridge.bridge.expressions.units import CURRENT_DIMENSION
from spikebridge.bridge.importing.nmodl import Imported
from spikebridge.reports.proof.import_step import COMPILED, ImportStep, Values, stimulated

WORKER = "spikebridge.bridge.engines.original_worker"
MEMBRANES, STEPS, DT_MS = 24, 800, 0.025
STEP_LIMIT, RUN_LIMIT = 1e-9, 1e-6  # of a millivolt or a gate: what round-off leaves in one step, and adds up to
_IMPLICIT_SLACK = 5e-8  # derivimplicit stops where no rate misses by more than 1e-8 per ms
_STEADY = 1e-7
_QUOTIENT = (
    4e-13  # per mV: what round-off in NEURON's conductance, a quotient over 0.001 mV, does to a step of so many mV, squared
)
_VERBATIM = re.compile(r"\bVERBATIM\b.*?\bENDVERBATIM\b", re.DOTALL)


@dataclass(frozen=True)
class ImportProof:
    """What was measured.

    Attributes
    ----------
    proven : whether all of it agrees to round-off
    because : one sentence
    step, run : the largest difference after one step, and in the run, in mV, of a gate, or of what a state is measured in, relative to
        its size where that is above one
    worst : the state, or v, that is furthest off
    compiled : what cnexp became in NEURON's hands, where it is another scheme
    table_mV : by how much reading its table moves the run; None without one
    set : parameters that were given another value, so that a current flows
    """

    proven: bool
    because: str
    step: float = float("nan")
    run: float = float("nan")
    worst: str = ""
    compiled: str = ""
    table_mV: float | None = None
    set: dict[str, str] = field(default_factory=dict)
    version: str = ""


def prove_imports(imports: Sequence[Imported], limit_s: float = LIMIT_S) -> list[ImportProof]:
    """Each import against its file, all in one process of NEURON."""
    trials = [_trial(imported) for imported in imports]
    jobs = [job for trial in trials if isinstance(trial, _Trial) for job in trial.jobs]
    with Worker(WORKER) as worker:
        answers = iter([*worker.run(jobs, limit_s)])
        found = []
        for trial in trials:
            if isinstance(trial, ImportProof):
                found.append(trial)
            else:
                found.append(trial.judged([next(answers) for _ in trial.jobs]))
    return found


def _trial(imported: Imported) -> _Trial | ImportProof:
    try:
        trial = _Trial(imported)
        _ = trial.jobs
    except (BridgeError, ArithmeticError, ValueError) as error:
        return ImportProof(False, f"not proven: {error}")
    return trial


@dataclass(frozen=True)
class _Trial:
    """One import, how it is tried, and the judgement."""

    imported: Imported

    # set up -------------------------------------------------------------------------------------------

    @cached_property
    def original_names(self) -> dict[str, str]:
        """The file's name of each symbol of the definition."""
        return {here: there for there, here in self.imported.names.items()}

    @cached_property
    def diam_um(self) -> float:
        return 20000 / (100 * np.pi) if self.imported.point_process else 10 / np.pi

    @cached_property
    def length_um(self) -> float:
        return 100.0 if self.imported.point_process else 10.0

    @cached_property
    def mechanism(self) -> Mechanism:
        """With conductances that make its currents matter, in the geometry of the trial."""
        found = self.imported.mechanism
        patch = {**found.patch}
        for name, value in (("diam", f"{self.diam_um!r} um"), ("area", f"{np.pi * self.diam_um * self.length_um!r} um2")):
            if name in patch:
                patch[name] = value
        return replace(found, patch=patch).with_parameters(self.set)

    @cached_property
    def set(self) -> dict[str, str]:
        """New values of conductances that are 0, or so small that nothing would show."""
        found = self.imported.mechanism
        flow = self._flow(found)
        if not found.currents or flow > 0.05:
            return {}
        if flow > 0:
            scaled = [n for n in _conductances(found) if found.in_patch.parameters[n].value]
            return {n: _times(found, n, min(5 / flow, 1e9)) for n in scaled[:1]}
        return {n: f"{_usual(str(found.in_patch.unit_of(n)))} {found.in_patch.unit_of(n)}".removesuffix(" 1") for n in _conductances(found)
                if not found.in_patch.parameters[n].value}  # fmt: skip

    def _flow(self, mechanism: Mechanism) -> float:
        """The largest current at some states, uA/cm2 or nA."""
        model = mechanism.in_patch
        step = ImportStep(model, {})
        rng = np.random.default_rng(1)
        known = {**model.parameter_values, **{s: rng.uniform(0.1, 0.9, 50) for s in step.states}, "v": rng.uniform(-90, 40, 50)}
        with np.errstate(all="ignore"):
            flows = list(step.values(mechanism.currents, known).values())
        sizes = np.abs(np.broadcast_to(np.nan_to_num(np.array(np.broadcast_arrays(*flows, np.zeros(50))))[:-1], (len(flows), 50)))
        return float(np.median(sizes.max(axis=0))) if len(flows) else 0.0

    @cached_property
    def step(self) -> ImportStep:
        return ImportStep(self.mechanism.in_patch, self.imported.schemes, self.imported.frozen, self.imported.stale)

    @cached_property
    def carried(self) -> dict[str, float]:
        """Ions whose current is read and not carried by the file itself: mA/cm2."""
        source = self.imported.meaning.source
        found = {}
        for ion in source.ions:
            if f"i{ion.name}" in ion.reads and f"i{ion.name}" not in source.writes:
                found[ion.name] = -2e-3 if ion.name == "ca" else 1e-3
        return found

    @cached_property
    def ions(self) -> tuple[str, ...]:
        """Concentrations and potentials that are read."""
        return tuple(n for n in self.imported.meaning.source.reads if not n.startswith("i") and n in self.mechanism.reads)

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """The first is the membrane at -65 mV, where the run begins."""
        rng, given = np.random.default_rng(17), self.mechanism.in_patch
        found = [Start(-65.0, (), tuple((n, given.parameters[n].value) for n in self.ions))]
        for v in rng.uniform(-90, 40, MEMBRANES - 1):
            ions = tuple((n, _varied(n, given.parameters[n].value, rng)) for n in self.ions)
            states = () if self._conserved else tuple((self.original_names[s], self._drawn(s, rng)) for s in self.step.states)
            found.append(Start(float(v), states, ions))
        return tuple(found)

    @property
    def _conserved(self) -> bool:
        """Whether something in it is conserved, which random states are not."""
        return bool(re.search(r"\bCONSERVE\b", self.imported.original))

    def _drawn(self, state: str, rng: np.random.Generator) -> float:
        model = self.step.model
        if not model.unit_of(state).powers:
            return float(rng.uniform(0.02, 0.98))
        usual = abs(model.initial_values.get(state, 0.0)) / model.factor(state) or 1e-4
        return float(usual * 10 ** rng.uniform(-0.5, 0.5))

    @cached_property
    def jobs(self) -> tuple[OriginalJob, ...]:
        """Without the table, and with it where there is one."""
        source, text = self.imported.meaning.source, _VERBATIM.sub("", self.imported.original)
        suffix = f"{source.name}_file"  # a name of NEURON's own, such as hh, or one of its states, would be in the way
        text = re.sub(rf"\b(SUFFIX|POINT_PROCESS)(\s+){re.escape(source.name)}\b", rf"\g<1>\g<2>{suffix}", text)
        amp = 0.3 if self.imported.point_process else 3e-3  # nA, on 100 um2 as 3 uA/cm2
        job = OriginalJob(
            text, suffix, self.imported.point_process, tuple(self.carried.items()), (1e-4, -65.0), self.diam_um, self.length_um, 1.0,
            self._celsius, self._parameters, self.ions, tuple(self.original_names[s] for s in self.step.states),
            False, 1 if self.imported.frozen else 0, self.starts, DT_MS, STEPS, (amp, 2.0, 12.0),
        )  # fmt: skip
        return (job, replace(job, table=True)) if source.tables else (job,)

    @property
    def _celsius(self) -> float:
        patch = self.mechanism.patch
        return float(patch["celsius"]) if "celsius" in patch else 6.3

    @property
    def _parameters(self) -> tuple[tuple[str, float], ...]:
        constants = self.imported.meaning.source.constants
        model = self.mechanism.in_patch
        return tuple(
            (self.original_names[n], model.parameters[n].value) for n in self.mechanism.parameters
            if n in self.original_names and self.original_names[n] not in constants and "[" not in self.original_names[n]
        )  # fmt: skip

    # judgement ----------------------------------------------------------------------------------------

    def judged(self, answers: Sequence[Any]) -> ImportProof:
        """What the answers of the jobs say."""
        bad = next((a for a in answers if isinstance(a, NotRun)), None)
        if bad is not None:
            return ImportProof(False, f"not proven: the file does not run in NEURON: {bad}", set=self.set)
        found: OriginalAnswer = answers[0]["answer"]
        table = None
        if len(answers) > 1 and found.has_table:
            table = float(np.max(np.abs(answers[1]["answer"].run[:, 0] - found.run[:, 0])))
        with np.errstate(all="ignore"):
            return replace(self._compared(found), table_mV=table, set=self.set, version=answers[0]["version"])

    def _compared(self, found: OriginalAnswer) -> ImportProof:
        tried = [self._under(compiled, found) for compiled in self._candidates]
        best = min(tried, key=lambda proof: (not proof.proven, np.nan_to_num(proof.step, nan=np.inf)))
        return best if best.proven or not self._nonlinear else replace(best, because=f"{best.because}; {self._nonlinear}")

    @property
    def _nonlinear(self) -> str:
        """What is said of METHOD cnexp where it cannot be right."""
        wrong = [s for s, how in self.imported.schemes.items() if how == "cnexp" and self.step.model.linear[s] is None]
        return (
            f"NEURON's METHOD cnexp is right only for rates linear in their state, and that of {wrong[0]} is not" if wrong else ""
        )

    @property
    def _candidates(self) -> tuple[str, ...]:
        schemes = set(self.imported.schemes.values())
        return COMPILED["cnexp"] if "cnexp" in schemes else ("",)

    def _under(self, compiled: str, found: OriginalAnswer) -> ImportProof:
        try:
            steps, run = self._step_differences(compiled, found), self._run_differences(compiled, found)
        except (ArithmeticError, np.linalg.LinAlgError) as error:
            return ImportProof(False, f"not proven: {error}")
        names = ("v", *self.step.states)
        iterated = compiled == "implicit" or {"derivimplicit", "sparse"} & set(self.imported.schemes.values())
        slack = _IMPLICIT_SLACK * DT_MS if iterated else 0.0
        in_step, in_run, at_start = float(steps.max()), float(run.max()), self._start_differences(found)
        proven = in_step <= STEP_LIMIT + slack and in_run <= RUN_LIMIT + 100 * slack
        worst = names[int(np.argmax(steps))] if not in_step <= STEP_LIMIT + slack else names[int(np.argmax(run))]
        said = f"one step from {MEMBRANES} random states within {in_step:.1g}, a run of {STEPS * DT_MS:g} ms within {in_run:.1g}"
        other = compiled if compiled not in ("", "cnexp") else ""
        if not proven:
            said = f"not proven: {worst} of the definition and of the file differ, by {in_step:.1g} in one step and {in_run:.1g} in a run"
        # NEURON's STEADYSTATE is one implicit step of 1e9 ms
        if proven and at_start.max(initial=0.0) > (_STEADY if "STEADYSTATE" in self.imported.original else STEP_LIMIT):
            worst = self.step.states[int(np.argmax(at_start))]
            proven, said = False, f"not proven: {worst} begins elsewhere, by {at_start.max():.1g}; beyond that {said}"
        return ImportProof(proven, said, in_step, in_run, worst, other)

    def _known(self, row: np.ndarray, read: np.ndarray, stimulus: float) -> Values:
        """Coherent values where NEURON has these; the last axis of ``row`` is v and the states."""
        model = self.step.model
        known: Values = {**model.parameter_values, "v": row[..., 0]}
        known |= {s: row[..., 1 + k] * model.factor(s) for k, s in enumerate(self.step.states)}
        known |= {n: read[..., k] * model.factor(n) for k, n in enumerate(self.ions)}
        for ion, amount in self.carried.items():
            if f"i{ion}" in self.mechanism.reads:
                known[f"i{ion}"] = amount * model.factor(f"i{ion}")
        area = np.pi * self.diam_um * self.length_um
        absolute = 1.0 if self._absolute else 1e5 / area  # nA as uA/cm2 on that area
        helpers = sum(self.carried.values()) * area * 1e-2  # mA/cm2 on the area, in nA
        return stimulated(known, (stimulus - helpers) * absolute)

    @property
    def _absolute(self) -> bool:
        """Whether the patch of the definition is driven in nA: a point process without currents is per area."""
        return self.step.model.stimulus_unit.dimension == CURRENT_DIMENSION

    def _left(self, known: Values, states: Values | None) -> Values:
        """What the solved block has left, at this voltage and the states before; None of these where a run begins."""
        if not self.step.frozen:
            return {}
        if states is None:
            return {
                **self.step.held(self.step.frozen, {**known, **self.step.initial(known)}),
                **dict.fromkeys(self.imported.late, 0.0),
            }
        return self.step.held(self.step.frozen, {**known, **states})

    def _step_differences(self, compiled: str, found: OriginalAnswer) -> np.ndarray:
        """The largest of v and of each state, after one step."""
        known = self._known(found.before, found.read, 0.0)
        after = self.step.step(known, DT_MS, self._left(known, known), compiled)
        moved = found.after[:, 0] - found.before[:, 0]
        after["v"] = after["v"] + np.clip(found.after[:, 0] - after["v"], -_QUOTIENT * moved**2, _QUOTIENT * moved**2)
        return self._differences(after, found.after)

    def _start_differences(self, found: OriginalAnswer) -> np.ndarray:
        """Of each state between the definition's initial value at -65 mV and what INITIAL has left; none where that took a step."""
        if self.imported.meaning.steps_at_start or not self.step.states:
            return np.zeros(len(self.step.states))
        known = self._known(found.run[:1], found.run_read[None], 0.0)
        initial = self.step.initial({n: x for n, x in known.items() if n not in self.step.states})
        return self._differences({"v": known["v"], **initial}, found.run[:1])[1:]

    def _run_differences(self, compiled: str, found: OriginalAnswer) -> np.ndarray:
        """The largest of v and of each state in a run by itself, from where INITIAL left the file."""
        row, rows = found.run[:1], [found.run[:1]]
        known = self._known(row, found.run_read[None], 0.0)
        states: Values | None = None
        for amp in self._stimulus():
            known = {**known, **self._stimulated(amp)}
            new = self.step.step(known, DT_MS, self._left(known, states), compiled)
            states = {s: known[s] for s in self.step.states}
            known = {**known, **new}
            rows.append(self._row(known))
        return self._differences_of(np.concatenate(rows), found.run)

    def _stimulus(self) -> Iterator[float]:
        amp, on, off = self.jobs[0].clamp
        for k in range(STEPS):
            middle = (k + 0.5) * DT_MS
            yield amp if on <= middle < off else 0.0

    def _stimulated(self, amp: float) -> Values:
        known = self._known(np.zeros((1, 1 + len(self.step.states))), np.zeros((1, len(self.ions))), amp)
        return {"I_stim": known["I_stim"]}

    def _row(self, known: Mapping[str, Any]) -> np.ndarray:
        model = self.step.model
        return np.stack(
            [np.broadcast_to(known["v"], (1,)), *(np.broadcast_to(known[s], (1,)) / model.factor(s) for s in self.step.states)],
            axis=-1,
        )

    def _differences(self, after: Values, found: np.ndarray) -> np.ndarray:
        model, count = self.step.model, len(found)
        own = [
            np.broadcast_to(after["v"], (count,)),
            *(np.broadcast_to(after[s], (count,)) / model.factor(s) for s in self.step.states),
        ]
        return self._differences_of(np.stack(own, axis=-1), found)

    def _differences_of(self, own: np.ndarray, found: np.ndarray) -> np.ndarray:
        """Largest of each column, relative where values are above one; nan is no agreement."""
        gap = np.abs(own - found) / np.maximum(1.0, np.abs(found) * np.r_[0.0, np.ones(found.shape[-1] - 1)])
        scale = np.maximum(np.abs(found).max(axis=0), 1e-12)
        small = np.where(scale < 0.01, scale, 1.0)  # a concentration of 1e-4 mM is held to its own size
        gap = gap / small
        return np.where(np.isnan(gap), np.where(np.isnan(own) & np.isnan(found), 0.0, np.inf), gap).max(axis=0)


def _conductances(mechanism: Mechanism) -> Iterator[str]:
    """Parameters that are called like one and that a current is made of."""
    used = {n for c in mechanism.currents for n in _symbols(mechanism, c)}
    return (n for n in mechanism.parameters if n in used and re.match(r"(g|p(?!h|i\b)|imax|ipump|k?i_?max|perm)", n.lower()))


def _symbols(mechanism: Mechanism, current: str) -> set[str]:
    model = mechanism.in_patch
    expressions = [model.regular[current]]
    from_definitions = [model.regular[d] for d in model.definitions_for(expressions)]
    return {n for e in (*expressions, *from_definitions) for n in names(e)}


def _usual(unit: str) -> str:
    """A conductance that makes a current of some uA/cm2 or tenths of nA."""
    return {"S/cm2": "0.001", "mS/cm2": "1", "pS/um2": "10", "uS": "0.002", "cm/s": "1e-4", "nS": "2", "S": "2e-9"}.get(
        unit, "0.001"
    )


def _times(mechanism: Mechanism, name: str, factor: float) -> str:
    quantity = mechanism.in_patch.parameters[name]
    return f"{quantity.value * factor!r} {quantity.unit}".removesuffix(" 1")


def _varied(name: str, usual: float, rng: np.random.Generator) -> float:
    """A potential within 20 mV of it, a concentration within a factor of ten."""
    if name.startswith("e"):
        return float(usual + rng.uniform(-20, 20))
    return float(usual * 10 ** rng.uniform(-1, 1))
