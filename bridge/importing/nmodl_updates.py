"""States that a file updates by hand: ``m = m + (1 - exp(-dt/tau))*(minf - m)`` is the exact step of m' = (minf - m)/tau."""

from __future__ import annotations

from dataclasses import dataclass

from spikebridge.bridge.definition.linearity import linear_form
from spikebridge.bridge.expressions.expression import Binary, Call, Expression, Name, Negative, Quantity, names

STEP = Name("dt")
_Factor = tuple[Expression, int]


@dataclass(frozen=True)
class ByHand:
    """The equation that an update solves, and by which scheme: ``cnexp`` or ``euler``."""

    rate: Expression
    scheme: str


def equation_of(state: str, new: Expression) -> ByHand | None:
    """The equation of a state whose next value is ``new``, with all that holds dt written out; None where it is of no form we know."""
    x = Name(state)
    match new:
        case Binary("+", left, right):
            for beside, rest in ((left, right), (right, left)):
                if beside == x and (found := _moved(x, rest, 1)):
                    return found
                if (relaxed := _relaxed(x, beside, rest, 1)) is not None:
                    return relaxed
        case Binary("-", left, right):
            if left == x and (found := _moved(x, right, -1)):
                return found
            return _relaxed(x, left, right, -1)
    return _decayed(x, new)


def _moved(x: Name, change: Expression, sign: int) -> ByHand | None:
    """x + change: a factor 1 - exp(dt K) of a distance from where x goes, or a factor dt."""
    factors = _factors(change)
    for k, (factor, power) in enumerate(factors):
        others = [f for j, f in enumerate(factors) if j != k]
        if power < 0 or any(STEP.id in names(f) for f, _ in others):
            continue
        if factor == STEP:
            return ByHand(_signed(_product(others), sign), "euler")
        exponent, side = _one_minus_exp(factor)
        slope = _over_step(exponent) if exponent is not None else None
        distance = _product(others)
        if slope is None or not _is_distance(x, distance, -1 if sign * side > 0 else 1):
            continue
        return ByHand(_times(slope, _signed(distance, sign * side)), "cnexp")
    return None


def _relaxed(x: Name, goal: Expression, change: Expression, sign: int) -> ByHand | None:
    """goal + (x - goal) exp(dt K)."""
    if x.id in names(goal) or STEP.id in names(goal):
        return None
    factors = _factors(change)
    for k, (factor, power) in enumerate(factors):
        if not (isinstance(factor, Call) and factor.function == "exp" and power > 0):
            continue
        slope, distance = _over_step(factor.argument), _product([f for j, f in enumerate(factors) if j != k])
        form = linear_form(distance, x.id, {})
        if slope is None or form is None or distance not in (Binary("-", x, goal), Binary("-", goal, x)):
            continue
        ahead = distance if distance == Binary("-", goal, x) else Binary("-", goal, x)
        return ByHand(_times(slope, ahead), "cnexp") if (sign > 0) == (distance == Binary("-", x, goal)) else None
    return None


def _decayed(x: Name, new: Expression) -> ByHand | None:
    """x exp(dt K)."""
    factors = _factors(new)
    for k, (factor, power) in enumerate(factors):
        if isinstance(factor, Call) and factor.function == "exp" and power > 0:
            slope = _over_step(factor.argument)
            if slope is not None and [f for j, f in enumerate(factors) if j != k] == [(x, 1)]:
                return ByHand(_times(slope, Negative(x)), "cnexp")
    return None


def _is_distance(x: Name, distance: Expression, slope: int) -> bool:
    """Whether it is ``y - x`` (slope -1) or ``x - y``, with y and all else free of dt."""
    if STEP.id in names(distance):
        return False
    form = linear_form(distance, x.id, {})
    return form is not None and form.slope in (Quantity(float(slope)), Negative(Quantity(float(-slope))))


def _one_minus_exp(node: Expression) -> tuple[Expression | None, int]:
    """(argument, 1) of 1 - exp(argument), (argument, -1) of exp(argument) - 1."""
    match node:
        case Binary("-", Quantity(1.0), Call("exp", argument)):
            return argument, 1
        case Binary("-", Call("exp", argument), Quantity(1.0)):
            return argument, -1
    return None, 0


def _over_step(node: Expression) -> Expression | None:
    """-node/dt: by what a distance decays, where the node is dt times something; None otherwise."""
    factors = _factors(node)
    steps = [power for factor, power in factors if factor == STEP]
    rest = [(f, p) for f, p in factors if f != STEP]
    if steps != [1] or any(STEP.id in names(f) for f, _ in rest):
        return None
    return _negative(_product(rest))


def _negative(node: Expression) -> Expression:
    """-node, with the sign taken in where one stands already."""
    match node:
        case Negative(operand):
            return operand
        case Binary("*" | "/" as operator, Negative(left), right):
            return Binary(operator, left, right)
        case Binary("*" | "/" as operator, Binary() as left, right) if _has_sign(left):
            return Binary(operator, _negative(left), right)
    return Negative(node)


def _has_sign(node: Expression) -> bool:
    return isinstance(node, Negative) or (isinstance(node, Binary) and node.operator in "*/" and _has_sign(node.left))


def _signed(node: Expression, sign: int) -> Expression:
    return node if sign > 0 else _negative(node)


def _times(slope: Expression, distance: Expression) -> Expression:
    """slope * distance, written as distance/tau where the slope is 1/tau."""
    match slope:
        case Binary("/", Quantity(1.0), tau):
            return Binary("/", distance, tau)
        case Binary("/", over, tau):
            return Binary("/", Binary("*", over, distance), tau)
    return Binary("*", slope, distance)


def _factors(node: Expression) -> list[_Factor]:
    match node:
        case Negative(operand):
            return [(Negative(Quantity(1.0)), 1), *_factors(operand)]
        case Binary("*", left, right):
            return _factors(left) + _factors(right)
        case Binary("/", left, right):
            return _factors(left) + [(f, -p) for f, p in _factors(right)]
    return [(node, 1)]


def _product(factors: list[_Factor]) -> Expression:
    """The product of factors, a sign in front."""
    sign, over, under = 1, [], []
    for factor, power in factors:
        if factor == Negative(Quantity(1.0)):
            sign = -sign
        elif power > 0:
            over.append(factor)
        else:
            under.append(factor)
    product: Expression = over[0] if over else Quantity(1.0)
    for factor in over[1:]:
        product = Binary("*", product, factor)
    product = Negative(product) if sign < 0 else product
    for factor in under:
        product = Binary("/", product, factor)
    return product
