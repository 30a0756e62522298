"""What a .mod file computes: rates, currents, initial values and definitions, with the scheme that solves each state.

NEURON runs a file in two parts. BREAKPOINT, without its SOLVE statements, gives the currents of the membrane, at states as they are;
then the solved blocks take the states on, at the new voltage. What one part leaves behind and the other reads is *stale*: the same
equation in the limit of small steps, another scheme in any step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spikebridge.bridge.definition.singularity import SingularityRemover
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.expression import Binary, Expression, Name, Negative, Quantity, names
from spikebridge.bridge.importing.nmodl_execution import Execution
from spikebridge.bridge.importing.nmodl_guards import Guards, singular
from spikebridge.bridge.importing.nmodl_linear import solved
from spikebridge.bridge.importing.nmodl_source import Declared, Source
from spikebridge.bridge.importing.nmodl_tree import Node
from spikebridge.bridge.importing.nmodl_updates import equation_of
from spikebridge.bridge.importing.nmodl_values import Definition, at_zero_step, reached, written_out

METHODS = ("cnexp", "derivimplicit", "sparse", "euler", "runge", "after_cvode", "cvode_t", "adams", "newton", "heun")
_SCHEMES = {
    "cnexp": "cnexp",
    "derivimplicit": "derivimplicit",
    "sparse": "sparse",
    "euler": "euler",
    "runge": "runge",
    "newton": "derivimplicit",
}
FROM_CELL = ("v", "celsius", "area", "diam")


@dataclass(frozen=True)
class Meaning:
    """The mathematics of one file; names are inner ones, and ``definitions`` say how the file calls them.

    Attributes
    ----------
    rates : of each state, per ms, in the order of the file
    schemes : how each state is solved: cnexp, derivimplicit, sparse, euler, "cnexp by hand", "euler by hand"
    currents : outward positive
    written : concentrations and reversal potentials that it gives its ion, where they are no states
    initial : of each state
    unset : variables that nothing in the file gives a value: parameters, 0 until somebody sets them
    stale_in_current, stale_in_rates : variables that a current, or a rate, reads as the other part has left them, each with
        the inner name of its value
    late : stale variables that INITIAL leaves at 0: they have their value from the second step on
    algebraic : STATEs that the solved block sets to a value without memory, as if they were variables
    steps_at_start : whether INITIAL takes a step by hand, which vanishes with dt
    """

    source: Source
    definitions: Mapping[str, Definition]
    rates: Mapping[str, Expression]
    schemes: Mapping[str, str]
    currents: Mapping[str, Expression]
    written: Mapping[str, Expression]
    initial: Mapping[str, Expression]
    unset: Mapping[str, Declared]
    stale_in_current: Mapping[str, str]
    stale_in_rates: Mapping[str, str]
    inlined: Mapping[str, int]
    guards: Guards
    late: tuple[str, ...] = ()
    algebraic: tuple[str, ...] = ()
    steps_at_start: bool = False

    @property
    def expressions(self) -> list[Expression]:
        """All that it computes."""
        return [*self.rates.values(), *self.currents.values(), *self.written.values(), *self.initial.values()]


def meaning_of(source: Source) -> Meaning:
    """Run a file's blocks; Refused names what cannot be imported, and its line."""
    found = _Reader(source, shifts=True).meaning()
    if found.guards.shifted and _still_singular(found):
        return _Reader(source, shifts=False).meaning()
    return found


def _still_singular(found: Meaning) -> bool:
    """Whether a quotient is left that exprel does not take, so that a shift of v must stay."""
    remover = SingularityRemover(found.guards.constants)
    trees = [*found.expressions, *(d.expression for d in found.definitions.values())]
    return any(singular(remover(tree)) for tree in trees)


@dataclass
class _Reader:
    source: Source
    shifts: bool
    unset: dict[str, Declared] = field(default_factory=dict)
    stale: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        source = self.source
        self.algebraic: dict[str, Expression] = {}
        self.steps_at_start = False
        self.dynamic = self._writes([source.breakpoint, *(self._solved_block(s.block, s.line) for s in source.solves)])
        self.at_start = self._writes([source.initial])
        assigned = self.dynamic | self.at_start
        self.parameters = [
            name for name in source.parameters if name not in (*FROM_CELL, *self._of_ions) and name not in assigned
        ]
        self.guards = Guards(frozenset({*self.parameters, "celsius", "area", "diam"}), self.shifts)
        base = {*self.parameters, *source.states, *FROM_CELL, *source.reads}
        self.execution = Execution(source, frozenset(base), self.guards)

    @property
    def _of_ions(self) -> set[str]:
        return {*self.source.reads, *self.source.writes}

    def _solved_block(self, name: str, line: int) -> Node:
        source = self.source
        block = source.blocks.get(name) or source.procedures.get(name)
        if block is None:
            raise source.refuse(f"SOLVE: there is no block {name}", line)
        return block

    def _writes(self, blocks: Iterable[Node | None]) -> set[str]:
        """The variables that blocks assign, themselves or by what they call."""
        found: set[str] = set()
        waiting, seen = [b for b in blocks if b], set()
        while waiting:
            block = waiting.pop()
            local = {p.word for p in block.parts_of("Argument")} | {n.word for n in block.all("LocalVar")}
            for node in block.all("BinaryExpression"):
                if node.parts[1].text == "=" and not node.parts[0].all("PrimeName") and node.parts[0].word not in local:
                    found.add(node.parts[0].word)
            for call in block.all("FunctionCall"):
                inner = self.source.procedures.get(call.word) or self.source.functions.get(call.word)
                if inner is not None and call.word not in seen:
                    seen.add(call.word)
                    waiting.append(inner)
        return found

    # parts --------------------------------------------------------------------------------------------

    def meaning(self) -> Meaning:
        """Initial values, then rates, then currents."""
        source, run = self.source, self.execution
        self._refuse_solves()
        self.start = self._initial()
        self.left: dict[str, Expression] = {}
        self.rates: dict[str, Expression] = {}
        self.schemes: dict[str, str] = {}
        for solve in source.solves:
            self._solve(solve.block, solve.method, solve.line)
        of_rates, self.stale = self.stale, {}
        for state in self._states:
            if state not in self.rates:
                self.rates[state] = Quantity(0.0)
                self.schemes[state] = "constant"
        ended = self._breakpoint()
        currents = self._currents(ended)
        rates = {state: self.rates[state] for state in self._states}
        written = {
            n: ended.get(n, self.left.get(n, self.start.get(n)))
            for n in source.writes
            if n not in currents and n not in source.states
        }
        for name, value in written.items():
            if value is None:
                raise source.refuse(f"USEION writes {name}, but nothing gives it a value")
        initial = {state: self._checked_initial(state) for state in self._states}
        return Meaning(
            source, run.definitions, rates, self.schemes, currents, {k: v for k, v in written.items() if v is not None}, initial,
            self.unset, self.stale, of_rates, run.inlined, self.guards, self._late, tuple(self.algebraic), self.steps_at_start,
        )  # fmt: skip

    @property
    def _states(self) -> list[str]:
        """Every state, elements of arrays one by one."""
        return [state for state in self._declared if state not in self.algebraic]

    @property
    def _declared(self) -> list[str]:
        return [
            name if not declared.size else f"{name}[{k}]"
            for name, declared in self.source.states.items()
            for k in range(declared.size or 1)
        ]

    @property
    def _late(self) -> tuple[str, ...]:
        return tuple(n for n in self.stale if self.start.get(n, Quantity(0.0)) == Quantity(0.0))

    def _refuse_solves(self) -> None:
        source = self.source
        for node in source.breakpoint.all("IfStatement") if source.breakpoint else ():
            if node.all("SolveBlock"):
                raise source.refuse("SOLVE within if cannot be imported", node.first_line)
        for solve in source.solves:
            if solve.block in source.blocks and solve.method not in _SCHEMES:
                raise source.refuse(f"SOLVE METHOD {solve.method or 'of NEURON itself'} cannot be imported", solve.line)

    def _initial(self) -> dict[str, Expression]:
        """The values of all variables when a run begins."""
        source, before = self.source, {state: self._before(state) for state in self._declared}
        if source.initial is None:
            return before
        self.execution.time_step, self.execution.solve = True, self._steady
        ended = self.execution.run(source.initial, "INITIAL", before, self._unset_at_start)
        self.execution.time_step, self.execution.solve = False, None
        return ended

    def _steady(self, statement: Node) -> None:
        """SOLVE within INITIAL: the states where the equations of a LINEAR block hold, or where nothing moves."""
        run, source, name = self.execution, self.source, statement.word
        block = source.linear.get(name) or source.blocks.get(name)
        if block is None:
            raise source.refuse(f"SOLVE in INITIAL: {name} is no LINEAR, KINETIC or DERIVATIVE block", statement.first_line)
        run.env |= {state: Name(state) for state in self._declared}
        run.equations, run.conserved, run.tidy = [], {}, name in source.kinetic
        before = {state: run.env[state] for state in self._declared}
        run.within(block, name)
        run.tidy = False
        rates = {state: run.env.pop(f"{state}'") for state in self._declared if f"{state}'" in run.env}
        rates |= {state: Binary("-", Name(state), value) for state, value in run.conserved.items()}
        zero = [*run.equations, *rates.values()]
        definitions = {inner: d.expression for inner, d in run.definitions.items()}
        wanted = [s for s in before if s in rates or any(s in reached([e], run.definitions) for e in run.equations)]
        try:
            found = solved(zero, wanted, definitions, lambda value: run.bound("steady", value, f"INITIAL, {name}", 0))
        except DefinitionError as error:
            raise source.refuse(f"SOLVE {name} in INITIAL: {error}", statement.first_line) from None
        run.env |= found

    def _before(self, state: str) -> Expression:
        """What NEURON sets a state to before INITIAL: the parameter with a 0 behind its name, or 0."""
        name = f"{state.partition('[')[0]}0"
        if name in self.source.parameters:
            return Name(name) if name in self.parameters else Quantity(0.0)
        if state in self._of_ions:
            return self._as_parameter(name, 0)
        return Quantity(0.0)

    def _unset_at_start(self, name: str, line: int) -> Expression:
        if name in self.source.parameters and self.source.parameters[name].value:
            return _number(self.source.parameters[name].value)
        if name.partition("[")[0] in self.dynamic:
            return Name(f"?{name}")
        return self._as_parameter(name, line)

    def _as_parameter(self, name: str, line: int) -> Expression:
        """A variable that only a user sets."""
        bare = name.partition("[")[0]
        known = self.source.assigned.get(bare) or self.source.parameters.get(bare)
        if known is None and not (bare.endswith("0") and bare[:-1] in self.source.states):
            raise self.source.refuse(f"{bare} is used but never declared", line)
        self.unset[name] = known or Declared(name, "0", self.source.states[bare[:-1]].unit)
        return Name(name)

    def _checked_initial(self, state: str) -> Expression:
        value, run = self.start[state], self.execution
        if "dt" in reached([value], run.definitions):
            self.steps_at_start = True
            value = at_zero_step(written_out(value, run.definitions, lambda n: "dt" in reached([Name(n)], run.definitions)))
        for name in reached([value], self.execution.definitions):
            if name.startswith("?") or name == "dt":
                what = "the step dt" if name == "dt" else f"{name[1:]}, which nothing has given a value yet"
                raise self.source.refuse(f"INITIAL: {state} is made of {what}")
        return value

    # solved blocks ------------------------------------------------------------------------------------

    def _solve(self, name: str, method: str, line: int) -> None:
        source, run = self.source, self.execution
        by_hand = name not in source.blocks
        run.time_step, run.tidy = by_hand, name in source.kinetic
        ended = run.run(self._solved_block(name, line), name, self.left, self._stale_in_rates)
        run.time_step = run.tidy = False
        for state in self._states:
            if f"{state}'" in ended:
                self.rates[state], self.schemes[state] = ended[f"{state}'"], _SCHEMES[method]
                if ended.get(state, Name(state)) != Name(state):
                    raise source.refuse(f"{name} sets {state} beside its equation", line)
            elif state in ended and ended[state] != Name(state):
                self._by_hand(state, ended[state], name, line)
        self.left = {k: v for k, v in ended.items() if "#" not in k and not k.endswith("'") and k not in self._states}
        self._refuse_hidden_steps()

    def _by_hand(self, state: str, new: Expression, block: str, line: int) -> None:
        run = self.execution
        whole = written_out(new, run.definitions, lambda n: "dt" in reached([Name(n)], run.definitions))
        if not {"dt", state} & reached([whole], run.definitions).keys():
            self.algebraic[state] = run.bound(state, new, block, line)
            return
        found = equation_of(state, whole)
        if found is None:
            fixed = (
                "by a rule without dt, and so for one step only"
                if "dt" not in names(whole)
                else "by hand in a form that is not known"
            )
            raise self.source.refuse(f"{block} updates {state} {fixed}", line)
        self.rates[state], self.schemes[state] = found.rate, f"{found.scheme} by hand"

    def _refuse_hidden_steps(self) -> None:
        for state, rate in self.rates.items():
            if "dt" in reached([rate], self.execution.definitions):
                raise self.source.refuse(f"the rate of {state} reads the step dt")

    def _stale_in_rates(self, name: str, line: int) -> Expression:
        """A variable that the solved block has not set itself."""
        bare = name.partition("[")[0]
        if bare in self._writes([self.source.breakpoint]) and name not in self.start:
            return self._left_by_breakpoint(name, line)
        if bare in self._writes([self.source.breakpoint]):
            return self._left_by_breakpoint(name, line)
        return self._kept(name, line)

    def _left_by_breakpoint(self, name: str, line: int) -> Expression:
        run = self.execution
        env, fallback = run.env, run.fallback
        choices, run._choices = run._choices, 0
        assert self.source.breakpoint is not None
        ended = run.run(self.source.breakpoint, "BREAKPOINT", {}, self._kept)
        run.env, run.fallback, run._choices = env, fallback, choices
        if name not in ended:
            raise self.source.refuse(f"{name} is read before it is written", line)
        self.stale[name] = _inner(ended[name])
        return ended[name]

    def _kept(self, name: str, line: int) -> Expression:
        """A variable that keeps what INITIAL gave it, or that nothing sets."""
        bare = name.partition("[")[0]
        if bare in self.dynamic:
            raise self.source.refuse(f"{name} is read before it is written, and so keeps its value from step to step", line)
        if name in self.start:
            value = self.start[name]
            varying = {
                n
                for n in reached([value], self.execution.definitions)
                if n == "v" or n in self._states or n in self.source.reads or n == "dt"
            }
            if varying:
                raise self.source.refuse(
                    f"{name} keeps its value of the start, which is made of {', '.join(sorted(varying))}", line
                )
            return value
        if bare in self.source.parameters and self.source.parameters[bare].value:
            return _number(self.source.parameters[bare].value)
        return self._as_parameter(name, line)

    # currents -----------------------------------------------------------------------------------------

    def _breakpoint(self) -> dict[str, Expression]:
        source = self.source
        if source.breakpoint is None:
            return {}
        self.stale |= {name: _inner(value) for name, value in self.algebraic.items()}
        ended = self.execution.run(source.breakpoint, "BREAKPOINT", self.algebraic, self._stale_in_current)
        for state in self._states:
            if state in ended and ended[state] != Name(state):
                raise source.refuse(
                    f"BREAKPOINT itself updates {state}: NEURON runs it twice a step, and there is no limit of small steps"
                )
        return ended

    def _stale_in_current(self, name: str, line: int) -> Expression:
        if name in self.left:
            value = self.left[name]
            needed = reached([value], self.execution.definitions)
            if "dt" in needed:
                raise self.source.refuse(f"a current reads {name}, which is made of the step dt", line)
            if needed.keys() & {"v", *self._states, *self.source.reads}:
                self.stale[name] = _inner(value)
            return value
        return self._kept(name, line)

    def _currents(self, ended: Mapping[str, Expression]) -> dict[str, Expression]:
        """Outward positive; an ELECTRODE_CURRENT is written inward, and with it NEURON takes all currents of its file so."""
        source = self.source
        found = {}
        carried = [n for n in source.writes if n.startswith("i") and n[1:] in {ion.name for ion in source.ions}]
        for name in (*carried, *source.nonspecific, *source.electrode):
            value = ended.get(name, self.left.get(name))
            if value is None:
                value = Quantity(0.0)
            found[name] = Negative(value) if source.electrode else value
        return found


def _inner(value: Expression) -> str:
    """The definition that a value is; empty where it is none, and short."""
    return value.id if isinstance(value, Name) else ""


def _number(text: str) -> Expression:
    value = float(text)
    return Negative(Quantity(-value)) if value < 0 else Quantity(value)
