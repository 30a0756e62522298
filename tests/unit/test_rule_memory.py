"""Which rules remember, and that targets are told only where it is needed."""

from __future__ import annotations

import pytest

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue, load, parse_model
from spikebridge.bridge.definition.rule_memory import lowers, remembering, starts_above
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.nmodl import Nmodl


def model(rule: str, **initial: str) -> Model:
    start = {"v": "-65 mV", "theta": "-50 mV", "w": "0 mV", "p": "0", **initial}
    lines = "\n".join(f'{name} = "{value}"' for name, value in start.items())
    return parse_model(
        'name = "ruled"\nequations = """\ndv/dt = (E - v + R*I_stim - w)/tau : mV\ndtheta/dt = (top - theta)/tau : mV\n'
        "dw/dt = -w/tau : mV\ndp/dt = 1/tau : 1\ngap = v - theta : mV\nI_stim : nA\n"
        f'"""\n{rule}\n[parameters]\nE = "-65 mV"\nR = "10 Mohm"\ntau = "10 ms"\ntop = "-50 mV"\nnone = "0 ms"\n[initial]\n{lines}\n',
        "ruled.toml",
    )


DOWN = {
    "to a constant below": ("v > top", "v = E"),
    "to the level itself": ("v > top", "v = top"),
    "below a threshold that moves and is kept above": ("v > theta", "v = E\ntheta = max(-60*mV, theta)"),
    "below a threshold that jumps": ("v > theta", "theta = v + 5*mV"),
    "by a fixed amount": ("p > 1", "p -= 1"),
    "by a fixed amount of a sum": ("v + w > top", "w += E - top"),
    "by a fixed amount under what is no sum": ("v > top + 3*mV*exp(p)", "v -= 5*mV"),
    "to a share": ("v > 3*mV", "v = 0.5*v"),
    "through a definition": ("gap > 0*mV", "v = theta - 1*mV"),
    "the value a definition had": ("v > top", "w = 3*mV\nv = v - gap + top - theta"),
    "in both cases": ("v > top", "v = E if p > 0.5 else top - 1*mV"),
    "as a level that falls": ("-20*mV > v", "v = 0*mV"),
}
UP = {
    "not at all": ("v > top", "w += 1*mV"),
    "to a constant above": ("v > top", "v = top + 1*mV"),
    "up": ("v > top", "v += 1*mV"),
    "as far as chance will have it": ("v > top", "v -= w"),
    "in one case only": ("v > top", "v = E if p > 0.5 else 0*mV"),
    "half way, which has no end": ("v > 0*mV", "v = 0.5*v"),
    "by nothing": ("v > top", "v -= 0*mV"),
    "down and up again": ("v > top", "v = E\nv += 100*mV"),
    "to where the threshold may be lower": ("v > theta", "v = E"),
}


@pytest.mark.parametrize("how", DOWN)
def test_a_reset_that_takes_its_level_down_needs_no_memory(how) -> None:
    """Proven from its assignments, one after another."""
    when, reset = DOWN[how]
    found = model(f'spike = "{when}"\nreset = """\n{reset}\n"""', v="2 mV" if when.startswith("-20") else "-65 mV")
    assert lowers(found, found.spike)
    assert remembering(found) == (False,)


@pytest.mark.parametrize("how", UP)
def test_where_it_cannot_be_proven_the_rule_remembers(how) -> None:
    """Which does no harm."""
    when, reset = UP[how]
    found = model(f'[[event]]\nwhen = "{when}"\nreset = """\n{reset}\n"""\n')
    assert not lowers(found, found.events[0])
    assert remembering(found) == (True,)


def test_values_of_parameters_decide() -> None:
    """A reset to a potential below threshold, and the same above it."""
    found = model('spike = "v > top"\nreset = "v = E"')
    assert remembering(found) == (False,)
    assert remembering(found.with_parameters(E="-49 mV")) == (True,)


def test_a_rule_that_is_above_at_the_start_remembers_that() -> None:
    """Though its reset takes it down; through a definition too."""
    for when in ("v > top", "gap > 0*mV"):
        found = model(f'spike = "{when}"\nreset = "v = theta - 1*mV"', v="-40 mV")
        assert starts_above(found, found.spike)
        assert remembering(found) == (True,)


def test_a_refractory_period_keeps_a_spike_from_acting_again() -> None:
    """It is to act where it is above at the end; a period of nothing keeps it from nothing."""
    rule = 'spike = "v > top"\nreset = "w += 1*mV"\nrefractory = '
    assert remembering(model(rule + '"2 ms"')) == (False,)
    assert remembering(model(rule + '"none"')) == (True,)


def test_a_spike_without_reset_remembers_nothing() -> None:
    """It changes nothing; each engine counts its crossings."""
    assert remembering(load("hodgkin_huxley")) == (False,)


@pytest.mark.parametrize("name", [n for n in catalogue() if load(n).resets])
def test_no_rule_of_the_catalogue_needs_memory(name) -> None:
    """In any of its regimes: their translations are what they were."""
    found = load(name)
    for each in (found, *map(found.with_regime, found.regimes)):
        assert not any(remembering(each))


TWO = model(
    'spike = "v > top"\nreset = "w += 1*mV"\n[[event]]\nwhen = "p > 1"\nreset = "p -= 1"\n[[event]]\nwhen = "w > 3*mV"\nreset = "v += 1*mV"\n'
)


def test_brian2_is_told_what_to_remember_after_it_has_looked() -> None:
    """A boolean for each rule that needs it; the one that does not is as it was."""
    found = Brian2Equations(TWO)
    assert found.threshold == "v > top and not spike_above"
    assert [when for when, _ in found.events.values()] == ["p > 1", "w > 3*mV and not event_2_above"]
    assert found.looks == ["spike_above = v > top", "event_2_above = w > 3*mV"]
    assert found.equations.splitlines()[-2:] == ["spike_above : boolean", "event_2_above : boolean"]
    assert found.above_at_start == {"spike_above": False, "event_2_above": False}


def test_brian2_counts_a_spike_of_this_very_step_as_looked_at() -> None:
    """It rests from now on, but where that is for no time at all it must not spike again."""
    found = Brian2Equations(model('spike = "v > top"\nreset = "w += 1*mV"\nrefractory = "none"'))
    assert found.looks == ["spike_above = v > top and (not_refractory or lastspike == t)"]


def test_neuron_remembers_by_itself() -> None:
    """A WATCH goes off on a rise: nothing is added."""
    text = Nmodl(TWO).text
    for line in ("WATCH (v > top) 2", "WATCH (p > 1) 4", "WATCH (w_model > 3 (mV)) 5"):
        assert line in text


@pytest.mark.parametrize(
    ("rule", "watched"),
    [
        ('reset = "v = E"\nrefractory = "2 ms"', "v > top"),
        ('reset = "v = top + 1*mV"\nrefractory = "2 ms"', "awake*(v - top) > 0"),
        ('reset = "v = E"\nrefractory = "2 ms"\nrefractory_clamp = "current"', "awake*(v - top) > 0"),
        ('reset = "v = E"\nrefractory = "2 ms"\n[[event]]\nwhen = "p > 1"\nreset = """\np = 0\nv = 0*mV\n"""\n', "awake*(v - top) > 0"),
    ],
)  # fmt: skip
def test_neuron_looks_at_a_neuron_that_may_be_above_when_it_is_released(rule, watched) -> None:
    """The level counts from its first step that is not spent at rest; where it is sure to be below, nothing is added."""
    text = Nmodl(model(f'spike = "v > top"\n{rule}')).text
    assert f"WATCH ({watched}) 2" in text
    assert ("awake = 1 - refractory" in text) is ("awake" in watched)
