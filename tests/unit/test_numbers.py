"""Numbers as people read them."""

import pytest

from spikebridge.reports.metrics.numbers import counted, on_grid, quantity, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1694, "0.17"),
        (68.4, "68"),
        (2.53e-11, "2.5e-11"),
        (1e-5, "1e-5"),
        (-3.21e-7, "-3.2e-7"),
        (1.26e12, "1.3e12"),
        (1e100, "1e100"),
        (0.0, "0"),
        (123.0, "120"),
        (-99.7, "-100"),
        (99.4, "99"),
        (88_000.0, "88000"),
        (123_456.0, "1.2e5"),
        (None, "?"),
        (float("inf"), "inf"),
    ],
)
def test_two_digits_and_no_padding(value, text) -> None:
    """Exponents without leading zeros or plus; a question mark where there is no number."""
    assert short(value) == text


def test_a_pure_number_has_no_unit() -> None:
    """The unit 1 is not written."""
    assert quantity(0.17, "ms") == "0.17 ms"
    assert quantity(1.6e-9, "1") == "1.6e-9"


@pytest.mark.parametrize(("number", "text"), [(0, "0 spikes"), (1, "1 spike"), (7, "7 spikes")])
def test_one_is_not_many(number, text) -> None:
    """Singular for one only."""
    assert counted(number, "spike") == text


def test_a_time_on_a_grid_has_the_digits_of_the_step() -> None:
    """No more, and no fewer where they are zeros."""
    assert [on_grid(t, dt) for t, dt in ((12.4750000001, 0.025), (0.1 + 0.2, 0.1), (40.0, 0.01), (7.0, 1.0))] == [
        "12.475", "0.3", "40.00", "7",
    ]  # fmt: skip
