"""Symbolic execution of a .mod file's blocks: what each variable is, as an expression in parameters, states and what the cell gives.

Procedures and functions are written in place, if and else become choices, loops over a known range are unrolled. What is assigned
becomes a definition; the same expression is defined once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from spikebridge.bridge.expressions.expression import (
    Binary,
    Call,
    Choice,
    Compare,
    Condition,
    Expression,
    Logic,
    Name,
    Negative,
    Not,
    Quantity,
)
from spikebridge.bridge.importing.nmodl_guards import Guards
from spikebridge.bridge.importing.nmodl_source import NUMBERS, Source
from spikebridge.bridge.importing.nmodl_tree import Node, unwrapped
from spikebridge.bridge.importing.nmodl_values import LOCAL, MAX_SIZE, Definition, Frame, settled, shown_name, size, tidied, whole
from spikebridge.bridge.shown import plain

FUNCTIONS = {
    "exp": "exp", "fabs": "abs", "abs": "abs", "log": "log", "log10": "log10", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan",
    "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "atan": "arctan",
}  # fmt: skip
ZERO, ONE = Quantity(0.0), Quantity(1.0)
MAX_DEPTH, MAX_TURNS, MAX_STEPS = 25, 2_000, 50_000
_COMPARED = ("<", ">", "<=", ">=")
_IGNORED = ("TableStatement", "ConductanceHint", "LineComment", "BlockComment", "UnitState")
_BOUND_ARGUMENT = 12  # parts from which an argument gets a name of its own
_NAMED_VALUE = 6  # parts up to which what a function gives is written where it is called


Fallback = Callable[[str, int], Expression]


@dataclass
class Execution:
    """Runs blocks of one file; ``definitions`` grow by inner name, which another definition may hold.

    Attributes
    ----------
    base : the symbols that are what they are: parameters, states, what the cell gives
    env : the value of each variable by inner name
    fallback : gives the value of one that has none; raises Refused
    solve : does what a SOLVE statement says, where it is to be done there
    equations, conserved : what LINEAR and CONSERVE statements demand: expressions that vanish, and values of states
    """

    source: Source
    base: frozenset[str]
    guards: Guards
    definitions: dict[str, Definition] = field(default_factory=dict)
    env: dict[str, Expression] = field(default_factory=dict)
    inlined: dict[str, int] = field(default_factory=dict)
    time_step: bool = False  # whether dt may be read
    tidy: bool = False  # whether factors of one are left out, which the parser writes into KINETIC blocks
    fallback: Fallback | None = None
    solve: Callable[[Node], None] | None = None
    equations: list[Expression] = field(default_factory=list)
    conserved: dict[str, Expression] = field(default_factory=dict)
    _known: dict[Expression, str] = field(default_factory=dict)
    _counter: int = 0
    _choices: int = 0
    _loops: int = 0
    _steps: int = 0
    _depth: int = 0

    # blocks -------------------------------------------------------------------------------------------

    def run(self, block: Node, name: str, env: Mapping[str, Expression], fallback: Fallback) -> dict[str, Expression]:
        """The values of all variables after a block that begins with those of ``env``."""
        self.env, self.fallback = dict(env), fallback
        for body in block.parts_of("StatementBlock"):
            self._body(body, Frame([{}], name))
        return self.env

    def _body(self, body: Node, frame: Frame) -> None:
        inner = Frame([*frame.scopes, {}], frame.block, frame.returns)
        for statement in body.parts:
            self._statement(statement, inner)

    def _statement(self, node: Node, frame: Frame) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise self.source.refuse("it takes too many statements to be written out", node.first_line)
        match node.kind:
            case "LocalListStatement":
                self._locals(node, frame)
            case "ExpressionStatement":
                self._expression_statement(node.parts[0], frame)
            case "IfStatement":
                self._if(node, frame)
            case "FromStatement":
                self._loop(node, frame)
            case "StatementBlock":
                self._body(node, frame)
            case "ProtectStatement":
                for part in node.parts:
                    self._statement(part if part.kind == "ExpressionStatement" else Node("ExpressionStatement", (part,)), frame)
            case "Conserve":
                self.conserved[self._target(node.parts[0], frame)] = self._number(self.value(node.parts[1], frame))
            case "Verbatim":
                self.source.refuse_verbatim(node)
            case kind if kind in _IGNORED:
                pass
            case kind:
                raise self.source.refuse(f"the statement {kind} cannot be imported", node.first_line)

    def _locals(self, node: Node, frame: Frame) -> None:
        for local in node.all("LocalVar"):
            frame.scopes[-1][local.word] = self._inner(local.word)

    def _inner(self, name: str) -> str:
        self._counter += 1
        return f"{name}{LOCAL}{self._counter}"

    def _expression_statement(self, node: Node, frame: Frame) -> None:
        if node.kind == "SolveBlock":
            return self.solve(node) if self.solve else None
        if node.kind == "LinEquation":
            sides = [self._number(self.value(part, frame)) for part in node.parts]
            return self.equations.append(Binary("-", sides[0], sides[1]))
        if node.kind == "DiffEqExpression":
            node = node.parts[0]
        if node.kind == "BinaryExpression" and node.parts[1].text == "=":
            left = node.parts[0]
            key = self._target(left, frame)
            right = unwrapped(node.parts[2])
            called = right.kind == "FunctionCall"
            value = self._call(right, frame, whole=True) if called else self._number(self.value(right, frame))
            self._assign(key, value, frame, node.first_line, prime=bool(left.all("PrimeName")))
        else:
            self.value(node, frame)

    def _target(self, left: Node, frame: Frame) -> str:
        indexed = next(iter(left.all("IndexedName")), None)
        key = self._element(indexed, frame) if indexed else self._scoped(left.word, frame)
        return key + ("'" if left.all("PrimeName") else "")

    def _element(self, indexed: Node, frame: Frame) -> str:
        index = whole(self.value(indexed.parts[1], frame))
        if index is None:
            raise self.source.refuse(f"the index of {indexed.word}[...] is not known before the run", indexed.first_line)
        return f"{self._scoped(indexed.word, frame)}[{index}]"

    def _scoped(self, name: str, frame: Frame) -> str:
        return next((scope[name] for scope in reversed(frame.scopes) if name in scope), name)

    def _assign(self, key: str, value: Expression, frame: Frame, line: int, prime: bool = False) -> None:
        if size(value) > MAX_SIZE:
            raise self.source.refuse(f"what {shown_name(key)} becomes has more than {MAX_SIZE} parts", line)
        bare = key.partition(LOCAL)[0]
        keeps = (
            prime
            or self._choices
            or key == frame.returns
            or bare in self.source.states
            or bare.partition("[")[0] in self.source.states
        )
        self.env[key] = value if keeps else self.bound(key, value, frame.block, line)

    def bound(self, key: str, value: Expression, block: str, line: int) -> Expression:
        """The name of a definition of that value; what is short stays as it is."""
        if isinstance(value, (Name, Quantity)) or (isinstance(value, Negative) and isinstance(value.operand, Quantity)):
            return value
        if value not in self._known:
            inner = self._inner(key.partition(LOCAL)[0])
            self._known[value] = inner
            self.definitions[inner] = Definition(shown_name(key), value, block, line)
        return Name(self._known[value])

    def within(self, block: Node, name: str) -> None:
        """Go on with another block, in the same variables."""
        for body in block.parts_of("StatementBlock"):
            self._body(body, Frame([{}], name))

    # choices and loops ---------------------------------------------------------------------------------

    def _if(self, node: Node, frame: Frame) -> None:
        """Every branch is run; what they leave different becomes a choice."""
        branches = [(self._condition(self.value(node.parts[0], frame)), node.parts[1])]
        otherwise: Node | None = None
        for part in node.parts[2:]:
            if part.kind == "ElseIfStatement":
                branches.append((self._condition(self.value(part.parts[0], frame)), part.parts[1]))
            elif part.kind == "ElseStatement":
                otherwise = part.parts[0]
        known = [settled(condition) for condition, _ in branches]
        for (_, body), truth in zip(branches, known, strict=True):
            if truth is None:
                break
            if truth:
                return self._body(body, frame)
        else:
            return self._body(otherwise, frame) if otherwise else None
        self._join(branches, otherwise, frame, node.first_line)

    def _join(self, branches: list[tuple[Condition, Node]], otherwise: Node | None, frame: Frame, line: int) -> None:
        before = self.env
        self._choices += 1
        ends = [(condition, self._branch(body, before, frame)) for condition, body in branches]
        last = self._branch(otherwise, before, frame)
        self._choices -= 1
        self.env = dict(before)
        changed = dict.fromkeys(k for env in (*(e for _, e in ends), last) for k in env if env[k] is not before.get(k))
        for key in changed:
            if key not in before and LOCAL in key and any(key not in env for env in (*(e for _, e in ends), last)):
                continue  # local to one branch
            value = self._left(key, last, frame, line)
            for condition, env in reversed(ends):
                value = self._choice(condition, self._left(key, env, frame, line), value, line)
            self._assign(key, value, frame, line, prime=key.endswith("'"))

    def _branch(self, body: Node | None, before: Mapping[str, Expression], frame: Frame) -> dict[str, Expression]:
        self.env = dict(before)
        if body is not None:
            self._body(body, frame)
        return self.env

    def _left(self, key: str, env: Mapping[str, Expression], frame: Frame, line: int) -> Expression:
        """What a branch leaves of a variable that another one changes."""
        if key in env:
            return env[key]
        return ZERO if LOCAL in key or key.endswith("'") else self._unset(key, line)

    def _choice(self, condition: Condition, if_true: Expression, if_false: Expression, line: int) -> Expression:
        if if_true == if_false:
            return if_false
        if self.guards.covers(condition, if_true, if_false, line):
            return if_false
        return Choice(condition, if_true, if_false)

    def _loop(self, node: Node, frame: Frame) -> None:
        bounds = [whole(self.value(part, frame)) for part in node.parts[1:3]]
        first, last = bounds
        if first is None or last is None or not 0 <= last - first + 1 <= MAX_TURNS:
            raise self.source.refuse("FROM: the range of the loop is not known before the run", node.first_line)
        inner = Frame([*frame.scopes, {node.word: (key := self._inner(node.word))}], frame.block)
        step = [whole(self.value(part, frame)) for part in node.parts[3:] if part.kind != "StatementBlock"]
        before = dict(self.env)
        self._loops, self._choices = self._loops + 1, self._choices + 1  # what adds up over the turns gets its name at the end
        for turn in range(first, last + 1, (step[0] or 1) if step else 1):
            self.env[key] = Quantity(float(turn))
            for body in node.parts_of("StatementBlock"):
                self._body(body, inner)
        self._loops, self._choices = self._loops - 1, self._choices - 1
        for changed in [k for k, value in self.env.items() if value is not before.get(k) and k != key]:
            self._assign(changed, self.env[changed], frame, node.first_line, prime=changed.endswith("'"))

    # expressions ---------------------------------------------------------------------------------------

    def value(self, node: Node, frame: Frame) -> Expression | Condition:
        """The value of an expression here."""
        match node.kind:
            case "WrappedExpression" | "ParenExpression":
                return self.value(node.parts[0], frame)
            case kind if kind in NUMBERS:
                return self._read(node.word, frame, node.line) if node.word[0].isalpha() else self._literal(node.word)
            case "DoubleUnit":
                return self._literal(node.parts[0].word)
            case "Name":
                return self._read(node.word, frame, node.first_line)
            case "VarName":
                indexed = next(iter(node.parts_of("IndexedName")), None)
                return (
                    self._read_key(self._element(indexed, frame), node.first_line)
                    if indexed
                    else self._read(node.word, frame, node.first_line)
                )
            case "UnaryExpression":
                return self._unary(node, frame)
            case "BinaryExpression":
                return self._binary(node, frame)
            case "FunctionCall":
                return self._call(node, frame)
        raise self.source.refuse(f"{node.kind} in an expression cannot be imported", node.first_line)

    def _literal(self, text: str) -> Expression:
        try:
            number = float(text)
        except ValueError:
            number = math.inf
        if not math.isfinite(number):
            raise self.source.refuse(f"the number {plain(text, 40)} cannot be read")
        return Negative(Quantity(-number)) if number < 0 else Quantity(number)

    def _unary(self, node: Node, frame: Frame) -> Expression | Condition:
        operator, operand = node.parts[0].text, self.value(node.parts[1], frame)
        if operator == "!":
            return Not(self._condition(operand))
        return Negative(self._number(operand)) if operator == "-" else operand

    def _binary(self, node: Node, frame: Frame) -> Expression | Condition:
        operator = node.parts[1].text
        left, right = self.value(node.parts[0], frame), self.value(node.parts[2], frame)
        if operator in ("&&", "||"):
            return Logic("and" if operator == "&&" else "or", self._condition(left), self._condition(right))
        a, b = self._number(left), self._number(right)
        if operator in _COMPARED:
            return Compare(operator, a, b)
        if operator == "==":
            return Logic("and", Compare("<=", a, b), Compare(">=", a, b))
        if operator == "!=":
            return Logic("or", Compare("<", a, b), Compare(">", a, b))
        if operator not in ("+", "-", "*", "/", "^"):
            raise self.source.refuse(f"the operator {operator} cannot be imported", node.first_line)
        found = Binary("**" if operator == "^" else operator, a, b)
        return tidied(found) if self._loops or self.tidy else found

    def _condition(self, node: Expression | Condition) -> Condition:
        """A number is true where it is not zero, as in C."""
        if isinstance(node, (Compare, Logic, Not)):
            return node
        return Logic("or", Compare("<", node, ZERO), Compare(">", node, ZERO))

    def _number(self, node: Expression | Condition) -> Expression:
        return Choice(node, ONE, ZERO) if isinstance(node, (Compare, Logic, Not)) else node

    def _read(self, name: str, frame: Frame, line: int) -> Expression:
        return self._read_key(self._scoped(name, frame), line)

    def _read_key(self, key: str, line: int) -> Expression:
        if key in self.env:
            return self.env[key]
        if key in self.source.constants:
            return self._constant(key)
        if key.partition("[")[0] in self.base or (key == "dt" and self.time_step):
            return Name(key)
        return ZERO if LOCAL in key else self._unset(key, line)

    def _constant(self, name: str) -> Expression:
        """A physical constant keeps its name; a plain number stands for itself."""
        if name in self.source.constant_units:
            return Name(name)
        number = self.source.constants[name]
        return Negative(Quantity(-number)) if number < 0 else Quantity(number)

    def _unset(self, key: str, line: int) -> Expression:
        if key.partition("[")[0] in self.base:
            return Name(key)
        if key in ("t", "dt"):
            raise self.source.refuse(
                f"it reads {'the time t' if key == 't' else 'the step dt, and not to update a state by hand'}", line
            )
        assert self.fallback is not None
        return self.fallback(key, line)

    def _call(self, node: Node, frame: Frame, whole: bool = False) -> Expression:
        """The value of a call; that of a function of the file has its name where it is a part of something."""
        name, given = node.word, [self._number(self.value(part, frame)) for part in node.parts[1:]]
        if name in self.source.functions or name in self.source.procedures:
            found = self._inline(name, given, node.first_line)
            short = whole or self._choices or size(found) <= _NAMED_VALUE
            return found if short else self.bound(name, found, name, node.first_line)
        if name in FUNCTIONS and len(given) == 1:
            return Call(FUNCTIONS[name], given[0])
        if name == "pow" and len(given) == 2:
            return Binary("**", *given)
        if name in ("fmin", "fmax") and len(given) == 2:
            return Choice(Compare("<" if name == "fmin" else ">", *given), *given)
        raise self.source.refuse(f"the function {name} cannot be imported", node.first_line)

    def _inline(self, name: str, given: list[Expression], line: int) -> Expression:
        """The value of a call: its block run with its arguments in their places."""
        if self._depth >= MAX_DEPTH:
            raise self.source.refuse(f"{name} calls itself, or calls are nested too deeply", line)
        block = self.source.functions.get(name) or self.source.procedures[name]
        self.inlined[name] = self.inlined.get(name, 0) + 1
        scope: dict[str, str] = {}
        for argument, value in zip((p.word for p in block.parts_of("Argument")), given, strict=False):
            scope[argument] = self._inner(argument)
            long = size(value) > _BOUND_ARGUMENT and not self._choices
            self.env[scope[argument]] = self.bound(argument, value, name, line) if long else value
        if name in self.source.functions:
            scope[name] = self._inner(name)
            self.env[scope[name]] = ZERO
        tidy, self.tidy = self.tidy, False  # what a procedure says is the file's own
        self._depth += 1
        for body in block.parts_of("StatementBlock"):
            self._body(body, Frame([scope], name, scope.get(name, "")))
        self._depth -= 1
        self.tidy = tidy
        return self.env[scope[name]] if name in scope else ZERO
