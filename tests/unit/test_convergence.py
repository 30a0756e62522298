"""Ladders of known order and limit; and what must not be taken for a limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikebridge.reports.proof.convergence import LEVELS, Ladder, climb

STEPS = tuple(0.01 / 2**k for k in range(LEVELS))
SLOPE = np.array([0.3, 1.0, -2.0])  # how three spikes react to the step
NOISE = 1e-10


def ladder(errors, noise=NOISE, jitter=(), round_off=()) -> Ladder:
    errors = tuple(None if e is None else np.asarray(e) for e in errors)
    return Ladder(STEPS, errors, "ms", noise, jitter=jitter, round_off=round_off)


def power_law(order: int, limit: float = 0.0, next_term: float = 0.0) -> Ladder:
    """Errors limit + slope dt**order + next_term slope dt**(order + 1)."""
    return ladder([limit + SLOPE * (dt**order + next_term * dt ** (order + 1)) for dt in STEPS])


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("next_term", [0.0, 5.0, -5.0])
def test_order_and_limit_of_a_power_law(order, next_term) -> None:
    """The order to 0.05; a limit that is the exact solution is recognised, and known far better than the finest error."""
    found = climb(power_law(order, next_term=next_term), order)
    assert found.order == pytest.approx(order, abs=0.05)
    assert found.settled
    assert found.reaches_exact
    assert found.uncertainty < 0.1 * found.worst[-1] + NOISE


def test_errors_of_forward_euler_and_midpoint_on_decay() -> None:
    """dy/dt = -y over 1 ms, whose Euler and midpoint solutions are powers: orders 1 and 2, limit exp(-1) to a hundredth."""
    for order, factor in ((1, lambda dt: 1 - dt), (2, lambda dt: 1 - dt + dt**2 / 2)):
        errors = [np.array([factor(dt) ** round(1 / dt) - np.exp(-1)]) for dt in STEPS]
        found = climb(ladder(errors, noise=1e-13), order)
        assert found.order == pytest.approx(order, abs=0.02)
        assert found.reaches_exact
        assert found.difference < 0.01 * found.worst[-1]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("limit", [0.003, -1e-6, 1e-8])
def test_a_wrong_limit_is_seen_and_measured(order, limit) -> None:
    """Errors that fall to a wrong value: settled, of the right order, but not the exact solution."""
    found = climb(power_law(order, limit), order)
    assert found.settled
    assert found.order == pytest.approx(order, abs=0.05)
    assert found.difference == pytest.approx(abs(limit), rel=1e-3)
    assert not found.reaches_exact


def test_a_wrong_limit_smaller_than_what_is_known_is_not_claimed() -> None:
    """A tenth of the noise."""
    assert climb(power_law(1, limit=NOISE / 10), 1).reaches_exact


def test_worst_is_the_largest_error_of_each_rung() -> None:
    """Over the spikes, without sign; None where spikes are missing."""
    found = climb(ladder([None, [0.1, -0.4], [0.1, 0.2], [0.0, 0.1]]), None)
    assert found.worst == (None, 0.4, 0.2, 0.1)


def test_an_order_below_the_schemes_own_is_not_extrapolated() -> None:
    """A second-order scheme that shows order 1: the limit is only known to twice the last changes."""
    found = climb(power_law(1), 2)
    assert found.order == pytest.approx(1.0, abs=0.05)
    assert found.difference == found.worst[-1]
    assert found.uncertainty == pytest.approx(2 * 2.0 * (STEPS[1] - STEPS[2]) + NOISE)
    assert found.reaches_exact


@given(st.lists(st.lists(st.floats(0.0, 1.0), min_size=7, max_size=7), min_size=LEVELS, max_size=LEVELS))
def test_resets_that_wait_for_the_grid_never_point_at_another_limit(shares) -> None:
    """Each of seven spikes late by any part of what seven resets may cost on its rung: settled, and the exact solution."""
    jitter = tuple(7 * dt for dt in STEPS)
    found = climb(ladder([np.array(s) * j for s, j in zip(shares, jitter, strict=True)], jitter=jitter), None)
    assert found.order is None
    assert found.settled
    assert found.reaches_exact


def test_grids_that_delay_a_spike_alike_are_no_proof_of_a_limit() -> None:
    """The same 1 us on every rung: a wrong limit where errors are smooth, chance where one reset may cost 1.25 us or more."""
    alike = [np.array([0.001])] * LEVELS
    assert not climb(ladder(alike), None).reaches_exact
    assert climb(ladder(alike, jitter=STEPS), None).reaches_exact


def test_a_limit_beyond_the_jitter_is_another_limit() -> None:
    """Twenty finest steps away, with at most five to explain them."""
    errors = [np.array([20 * STEPS[-1] + 0.5 * dt]) for dt in STEPS]
    found = climb(ladder(errors, jitter=tuple(5 * dt for dt in STEPS)), None)
    assert found.settled
    assert not found.reaches_exact


def test_errors_that_grow_do_not_settle() -> None:
    """Each halving doubles the error."""
    found = climb(ladder([[0.01], [0.02], [0.04], [0.08]]), 1)
    assert not found.settled
    assert not found.reaches_exact


def test_errors_that_jump_without_a_grid_to_blame_do_not_settle() -> None:
    """Small changes first, large ones last."""
    assert not climb(ladder([[0.0], [0.001], [0.002], [-0.02]]), 1).settled


@pytest.mark.parametrize(
    ("errors", "settled"),
    [
        ([None, [4e-3], [2e-3], [1e-3]], True),
        ([None, None, [2e-3], [1e-3]], False),
        ([[8e-3], [4e-3], [2e-3], None], False),
        ([[8e-3], None, [2e-3], [1e-3]], False),
        ([None, None, None, None], False),
    ],
    ids=["coarsest", "two coarsest", "finest", "one between", "all"],
)
def test_rungs_with_other_spike_counts(errors, settled) -> None:
    """Three fine rungs in a row are needed; fewer prove nothing, and no limit is claimed."""
    found = climb(ladder(errors), 1)
    assert found.settled is settled
    assert found.reaches_exact is settled
    assert (found.difference is not None) is settled
    assert (found.order == pytest.approx(1.0)) if settled else (found.order is None)


def test_no_order_is_read_from_noise() -> None:
    """Changes of the size of the noise: no order, and the exact solution is reached to the noise."""
    found = climb(ladder([[3e-10], [1e-10], [2e-10], [1e-10]]), 4)
    assert found.order is None
    assert found.reaches_exact


def test_equal_errors_have_no_order() -> None:
    """Without noise either: a logarithm of nought is never taken."""
    found = climb(ladder([[0.0]] * LEVELS, noise=0.0), 1)
    assert found.order is None
    assert found.reaches_exact


def test_points_without_number_settle_on_nothing() -> None:
    """No spikes on either side: nothing to be off by."""
    found = climb(ladder([np.array([])] * LEVELS), 1)
    assert found.worst == (0.0,) * LEVELS
    assert found.reaches_exact


@given(st.floats(-1.0, 1.0), st.floats(-2.0, 2.0), st.sampled_from([1, 2]))
def test_the_limit_of_any_power_law_lies_within_the_uncertainty(limit, slope, order) -> None:
    """Whatever limit and slope: the difference found is the true one, to what is claimed."""
    found = climb(ladder([np.array([limit + slope * dt**order]) for dt in STEPS]), order)
    assert abs(found.difference - abs(limit)) <= found.uncertainty


# round-off that shows ---------------------------------------------------------------------------------------

ROUND_OFF = (8e-5,) * LEVELS
SIGNS = np.array([1.0, -0.3, 0.6])


def rounded(order: int, limit: float = 0.0) -> list[np.ndarray]:
    """Errors that fall with the order to where a variable stands still because its change is lost in rounding."""
    return [limit + SLOPE * dt**order + 0.9 * r * SIGNS for dt, r in zip(STEPS, ROUND_OFF, strict=True)]


@pytest.mark.parametrize("order", [1, 2, 4])
def test_errors_that_stop_falling_at_round_off_lead_to_the_exact_solution(order) -> None:
    """What would be another limit is none; and the exact one is known no better than round-off lets it be."""
    found = climb(ladder(rounded(order), round_off=ROUND_OFF), order)
    assert found.settled and found.reaches_exact and found.uncertainty >= ROUND_OFF[-1]
    assert not climb(ladder(rounded(order)), order).reaches_exact


@pytest.mark.parametrize("order", [1, 2, 4])
def test_another_limit_is_seen_through_round_off(order) -> None:
    """Where it is as far as a few roundings."""
    found = climb(ladder(rounded(order, limit=3e-3), round_off=ROUND_OFF), order)
    assert found.settled and not found.reaches_exact and not found.drowned
    assert found.difference == pytest.approx(3e-3, abs=4e-4)


def test_an_order_that_shows_is_kept() -> None:
    """First order, beside which round-off is small; that of round-off is none."""
    found = climb(ladder(rounded(1), round_off=ROUND_OFF), 1)
    assert found.order == pytest.approx(1.0, abs=0.1)
    noise = [r * SIGNS * (-1) ** k for k, r in enumerate(ROUND_OFF)]
    assert climb(ladder(noise, round_off=(2e-4,) * LEVELS), 1).order is None


def test_what_round_off_has_no_bound_for_never_settles() -> None:
    """A tail of three good rungs is nothing where the spikes of the finest may be others; and then nothing is said of a limit."""
    found = climb(ladder(rounded(2), round_off=(1e-5, 1e-5, 1e-5, np.inf)), 2)
    assert not found.settled and not found.reaches_exact and found.drowned


@pytest.mark.parametrize(("round_off", "drowned"), [((), False), ((1e-9,) * 4, False), ((1.0,) * 4, True)])
def test_a_ladder_is_drowned_where_round_off_explains_all_of_it(round_off, drowned) -> None:
    """Not where it is smaller than what is found, nor where nobody measured it."""
    assert climb(ladder(rounded(1, limit=1e-3), round_off=round_off), 1).drowned is drowned


def test_another_number_of_spikes_is_not_round_off() -> None:
    """Unless they are no longer the same spikes."""
    errors = [None] * 4
    assert not climb(ladder(errors, round_off=(1.0,) * 4), 1).drowned
    assert climb(ladder(errors, round_off=(np.inf,) * 4), 1).drowned


def test_a_point_that_bends_on_its_way_is_left_out_of_the_limit() -> None:
    """A spike that every rung has on the other side of an edge leads elsewhere until the steps are small enough; where all bend,
    nothing is extrapolated, and the limit is known to no better than the last changes."""
    errors = [SLOPE * dt + np.array([0.0, 0.0, 8e-4]) for dt in STEPS]
    assert not climb(ladder(errors), 1).reaches_exact
    assert climb(ladder(errors), 1, kinked=np.array([False, False, True])).reaches_exact
    assert not climb(ladder(errors), 1, kinked=np.array([True, False, False])).reaches_exact
    alone = climb(ladder([e[2:] for e in errors]), 1, kinked=np.array([True]))
    assert alone.uncertainty >= 2 * abs(SLOPE[2]) * STEPS[-1]
