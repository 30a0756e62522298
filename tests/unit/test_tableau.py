"""Tableaus of Runge-Kutta methods: they check themselves, have the order they claim, and their step is the one written by hand."""

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.system import build_system
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reference.tableau import KUTTA, MIDPOINT, NEUN, Tableau, fractions

METHODS = {name: scheme for name, scheme in SCHEMES.items() if scheme.tableau}
Tree = tuple  # a rooted tree is the tuple of the trees on its root


@cache
def forests(nodes: int) -> frozenset[Tree]:
    """All sets of trees with so many nodes together."""
    if nodes == 0:
        return frozenset({()})
    return frozenset(
        tuple(sorted((tree, *rest))) for k in range(1, nodes + 1) for tree in forests(k - 1) for rest in forests(nodes - k)
    )


def size(tree: Tree) -> int:
    return 1 + sum(map(size, tree))


def density(tree: Tree) -> int:
    """gamma: the number of nodes times the densities of the subtrees."""
    product = size(tree)
    for branch in tree:
        product *= density(branch)
    return product


def weight(tableau: Tableau, tree: Tree) -> Fraction:
    """What the method makes of the elementary differential of a tree, times its density: 1 where the order condition holds."""
    rows = [(), *map(fractions, tableau.stages)]

    def stages(branches: Tree) -> list[Fraction]:
        product = [Fraction(1)] * len(rows)
        for branch in branches:
            inner = stages(branch)
            along = [sum((a * x for a, x in zip(row, inner, strict=False)), Fraction(0)) for row in rows]
            product = [p * x for p, x in zip(product, along, strict=True)]
        return product

    return density(tree) * sum(b * x for b, x in zip(fractions(tableau.weights), stages(tree), strict=True))


def order_of(tableau: Tableau) -> int:
    """Butcher 1963: of order p where the conditions of all trees with up to p nodes hold."""
    order = 0
    while all(weight(tableau, tree) == 1 for tree in forests(order)):
        order += 1
    return order


def test_there_are_as_many_trees_as_there_should_be() -> None:
    """Cayley's numbers of rooted trees, with up to seven nodes."""
    assert [len(forests(nodes - 1)) for nodes in range(1, 8)] == [1, 1, 2, 4, 9, 20, 48]


@pytest.mark.parametrize("name", METHODS)
def test_the_conditions_of_the_stated_order_hold_and_no_more(name) -> None:
    """Exactly, in fractions: one condition for each rooted tree; of the next order one fails."""
    assert order_of(METHODS[name].tableau) == METHODS[name].order


def test_neuns_decimals_are_these_fractions() -> None:
    """To the fifteen digits that its source has."""
    found = [fractions(row) for row in (NEUN.stages[-1], NEUN.weights)]
    written = [
        (0.660493827160493, 2.5, -5.185185185185185, 3.888888888888889, -0.864197530864197),
        (0.098765432098765, 0, 0.396825396825396, 0.231481481481481, 0.308641975308641, -0.035714285714285),
    ]
    for row, decimals in zip(found, written, strict=True):
        assert [float(x) for x in row] == pytest.approx(decimals, abs=1e-14)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("0 1/2", ("1/3",), "0 1"), "the row 1/3 sums to 1/3 instead of 1/2"),
        (("0 1/2", ("1/2",), "0 1/2"), "the row 0 1/2 sums to 1/2 instead of 1"),
        (("0 1/2", ("1/2",), "1"), "one weight a stage"),
        (("0 1/2 1", ("1/2",), "0 0 1"), "a row for every stage but the first"),
    ],
)
def test_a_tableau_with_a_slip_does_not_come_to_be(rows, message) -> None:
    """A row sums to its node, the weights to 1, and there are as many as there must be."""
    with pytest.raises(ValueError, match=message):
        Tableau(*rows)


def midpoint_by_hand(f, y, dt):
    k1 = f(y)
    k2 = f([x + dt / 2 * k for x, k in zip(y, k1, strict=True)])
    return [x + dt * k for x, k in zip(y, k2, strict=True)]


def kutta_by_hand(f, y, dt):
    k1 = f(y)
    k2 = f([x + dt / 2 * k for x, k in zip(y, k1, strict=True)])
    k3 = f([x + dt / 2 * k for x, k in zip(y, k2, strict=True)])
    k4 = f([x + dt * k for x, k in zip(y, k3, strict=True)])
    return [x + dt / 6 * (a + 2 * b + 2 * c + d) for x, a, b, c, d in zip(y, k1, k2, k3, k4, strict=True)]


@pytest.mark.parametrize(("tableau", "by_hand"), [(MIDPOINT, midpoint_by_hand), (KUTTA, kutta_by_hand)])
@pytest.mark.parametrize("neurons", [None, 3])
def test_a_step_is_the_one_written_by_hand_to_the_last_bit(tableau, by_hand, neurons) -> None:
    """A thousand of them, through a spike of Hodgkin and Huxley's axon."""
    system = build_system(load("hodgkin_huxley"), neurons)
    ours = theirs = system.initial
    peak = -np.inf
    for _ in range(1000):
        ours = tableau.step(system, ours, 10.0, 0.013)
        theirs = tuple(by_hand(lambda y: system.rates(tuple(y), 10.0), theirs, 0.013))
        assert np.array_equal(ours, theirs)
        peak = max(peak, np.max(ours[0]))
    assert peak > 0
