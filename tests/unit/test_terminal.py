"""The table for the terminal: complete and readable at any width."""

import io

import pytest
from rich.console import Console
from runs import compared, spiking

from spikebridge.reports.formats.terminal import STYLES, render_terminal
from spikebridge.reports.formats.wording import sentence
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("compared")

HH = "hodgkin_huxley"
ALL = ("rk4", "forward_euler", "exponential_euler", "crank_nicolson")


def printed(comparison, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(render_terminal(comparison, width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("name", [HH, "leaky_integrate_and_fire", "fitzhugh_nagumo"])
def test_nothing_is_cut_off(name, width) -> None:
    """Not at the 80 characters of a terminal either: every cell, every verdict, every reason."""
    comparison = compared(name, schemes=ALL if name == HH else ("rk4", "forward_euler"))
    text = printed(comparison, width)
    words = " ".join(text.split())
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    for entry in comparison.entries:
        assert entry.scheme.name in text
        assert " ".join(f"{entry.key}: {entry.verdict}: {entry.because}".split()) in words
    assert f"{comparison.verdict}: {sentence(comparison)}" in words


def test_the_numbers_are_those_of_the_comparison() -> None:
    """Two digits, with units."""
    lines = printed(compared(HH)).splitlines()
    heading = next(line for line in lines if line.startswith("engine"))
    assert heading.split() == "engine translation spikes spike shift max error order limit gap".split()
    euler = compared(HH)["reference/forward_euler"]
    row = lines[lines.index(next(line for line in lines if line.startswith("forward_euler"))) - 1]
    assert "2 of 2" in row
    assert f"{euler.accuracy['spike_shift'].value:.2g} ms" in row
    assert f"{euler.convergence.order:.2f} of 1" in row


def test_a_quick_comparison_has_no_columns_of_the_ladder() -> None:
    """Neither order nor limit."""
    text = printed(compared(HH, quick=True))
    assert "limit gap" not in text
    assert "order" not in text


def test_brackets_in_a_title_are_not_markup() -> None:
    """A title with [bold] in it is printed as it is."""
    assert printed(compared("fitzhugh_nagumo")).startswith("A neuron without units [bold]\n")


def test_an_engine_that_did_not_run_says_why() -> None:
    """Dashes in its row, its reason below."""
    comparison = compare(spiking(HH, dt="0.2 ms"), ["reference"], quick=True)
    words = " ".join(printed(comparison).split())
    assert "reference: not run: the solution left the numbers at t = " in words
    assert words.endswith("not run: No engine ran.")


def test_every_verdict_has_a_colour() -> None:
    """Nothing is printed plainly by accident."""
    assert set(STYLES) == set(Verdict)
