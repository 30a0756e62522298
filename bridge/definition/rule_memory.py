"""Which rules must remember that they were above their level, because their own reset may leave them there.

It is proven where it can be, from the reset's assignments, that a level above zero is taken to or below zero, or down by a fixed
amount at least; choices, min and max among them, are taken apart into their cases. Where it cannot, memory does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from spikebridge.bridge.definition.evaluation import evaluate
from spikebridge.bridge.definition.model import STIMULUS, Model
from spikebridge.bridge.definition.spike_rule import SpikeRule
from spikebridge.bridge.expressions.expression import (
    Binary,
    Choice,
    Compare,
    Expression,
    Negative,
    Node,
    names,
    rebuild,
    substitute,
    walk,
)

MAX_CHOICES = 6
MAX_NODES = 2_000


def remembering(model: Model) -> tuple[bool, ...]:
    """Of each of the model's rules, in their order, whether it must remember that it was above its level at the last look."""
    return tuple(bool(rule.reset) and _remembers(model, rule) for rule in model.rules)


def _remembers(model: Model, rule: SpikeRule) -> bool:
    if starts_above(model, rule):
        return True
    # a spike with a refractory period does not act in it, and is to act if it is above its level at the end
    rests = rule.refractory is not None and model.value(rule.refractory) > 0
    return not rests and not lowers(model, rule)


def starts_above(model: Model, rule: SpikeRule) -> bool:
    """Whether the level is above zero at t = 0, and so has not crossed."""
    known = {**model.parameter_values, **model.initial_values, STIMULUS: model.stimulus_at_rest}
    try:
        left, right = (evaluate(_in_states(model, side), known, model.coherent) for side in (rule.left, rule.right))
    except ArithmeticError:
        return False
    return bool(left > right)


def lowers(model: Model, rule: SpikeRule) -> bool:
    """Whether the reset provably takes a level above zero to zero or below, or down by a fixed amount at least."""
    before = Binary("-", _in_states(model, rule.left), _in_states(model, rule.right))
    after = substitute(before, _after(model, rule))
    if sum(1 for tree in (before, after) for _ in walk(tree)) > MAX_NODES:
        return False
    try:
        level = _affine(model, before)
        return all(_comes_down(_affine(model, tree), level, [level, *known]) for tree, known in _cases(model, after))
    except (_Unproven, ArithmeticError):
        return False


def _in_states(model: Model, expression: Expression) -> Expression:
    """With every definition written out."""
    while any(name in model.definitions for name in names(expression)):
        expression = substitute(expression, dict(model.definitions))
    return expression


def _after(model: Model, rule: SpikeRule) -> dict[str, Expression]:
    """Every state that the reset assigns, in the states before it; definitions keep the value they had then."""
    new: dict[str, Expression] = {}
    before = {name: _in_states(model, expression) for name, expression in model.definitions.items()}
    for name, value in rule.reset:
        new[name] = substitute(value, {**before, **new})
    return new


# sums of multiples --------------------------------------------------------------------------------------


class _Unproven(Exception):
    """The cases are too many, or depend on what cannot be compared."""


@dataclass(frozen=True)
class _Affine:
    """A number and multiples of terms, which are states or whatever else is no sum; coherent."""

    constant: float = 0.0
    slopes: Mapping[Expression, float] = field(default_factory=dict)

    def plus(self, other: _Affine, times: float = 1.0) -> _Affine:
        slopes = {
            term: self.slopes.get(term, 0.0) + times * other.slopes.get(term, 0.0) for term in {**self.slopes, **other.slopes}
        }
        return _Affine(self.constant + times * other.constant, {term: slope for term, slope in slopes.items() if slope})

    def at_most(self, positive: _Affine) -> float | None:
        """A bound from above where ``positive`` is at least zero; None where it says nothing."""
        ratios = {self.slopes.get(term, 0.0) / slope for term, slope in positive.slopes.items()}
        if not self.slopes:
            return self.constant
        if set(self.slopes) != set(positive.slopes) or len(ratios) != 1 or max(ratios) > 0:
            return None
        return self.constant - max(ratios) * positive.constant


def _affine(model: Model, node: Expression) -> _Affine:
    if all(name in model.parameters for name in names(node)):
        return _Affine(model.value(node))
    match node:
        case Negative(operand):
            return _Affine().plus(_affine(model, operand), -1.0)
        case Binary("+" | "-" as sign, left, right):
            return _affine(model, left).plus(_affine(model, right), 1.0 if sign == "+" else -1.0)
        case Binary("*" | "/", left, right) if all(name in model.parameters for name in names(right)):
            factor = model.value(right)
            return _Affine().plus(_affine(model, left), 1.0 / factor if node.operator == "/" else factor)
        case Binary("*", left, right) if all(name in model.parameters for name in names(left)):
            return _Affine().plus(_affine(model, right), model.value(left))
    return _Affine(0.0, {node: 1.0})


def _cases(model: Model, tree: Expression, known: Sequence[_Affine] = ()) -> Iterator[tuple[Expression, Sequence[_Affine]]]:
    """The tree without its choices, case by case, each with what is then known to be at least zero."""
    choice = next((node for node in walk(tree) if isinstance(node, Choice)), None)
    if choice is None:
        yield tree, known
        return
    if len(known) >= MAX_CHOICES:
        raise _Unproven
    margin = _margin(model, choice.condition)
    for branch, sign in ((choice.if_true, 1.0), (choice.if_false, -1.0)):
        yield from _cases(model, _chosen(tree, choice, branch), [*known, _Affine().plus(margin, sign)])


def _chosen(tree: Expression, choice: Choice, branch: Expression) -> Expression:
    """The tree with one of its choices made."""
    chosen: Expression = rebuild(tree, lambda node: branch if node == choice else None)
    return chosen


def _margin(model: Model, condition: Node) -> _Affine:
    """At least zero where the condition holds, at most zero where it does not."""
    if not isinstance(condition, Compare):
        raise _Unproven
    above = _affine(model, condition.left).plus(_affine(model, condition.right), -1.0)
    return above if condition.operator in (">", ">=") else _Affine().plus(above, -1.0)


def _comes_down(after: _Affine, before: _Affine, known: Sequence[_Affine]) -> bool:
    to_zero = [bound for fact in known if (bound := after.at_most(fact)) is not None]
    by_so_much = [bound for fact in known if (bound := after.plus(before, -1.0).at_most(fact)) is not None]
    return min(to_zero, default=1.0) <= 0.0 or min(by_so_much, default=0.0) < 0.0
