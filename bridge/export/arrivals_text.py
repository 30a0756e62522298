"""The spikes that reach an experiment's neuron as Python code: the list, and where a fixed step has each."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.export.listing import WIDTH, sensible
from spikebridge.bridge.translate.brian2_equations import ARRIVES, BEGINNING, END, WEIGHS

# in which half step a spike arrives; round-off of what is on the grid or in a middle must not matter
_HALF_STEP = "int(np.ceil(np.round(t/(dt/2), 6))) - 1"
_WHERE = "in the first half of a step it acts where that begins, else at its end"
_ROUND = '''def arriving(at_end, turn):
    """One value a step: whether a spike arrives at that end of it, the first (0) or a later one there; and its weight."""
    arrives, weights, count = np.zeros(steps), np.zeros(steps), {{}}
    for t, weight in arrivals:
        half = {half}  # {where}
        count[half] = count.get(half, -1) + 1
        if half % 2 == at_end and count[half] == turn:
            arrives[half//2], weights[half//2] = 1, weight
    return TimedArray(arrives, dt=dt*ms), TimedArray(weights{unit}, dt=dt*ms)
'''


@dataclass(frozen=True)
class ArrivalsText:
    """The text of one experiment's arriving spikes; each piece is empty where there are none."""

    experiment: Experiment

    def __bool__(self) -> bool:
        return bool(self.experiment.arrivals)

    @property
    def listing(self) -> str:
        """The list of times and coherent weights."""
        if not self:
            return ""
        rule, coherent = self.experiment.model.input, self.experiment.model.coherent
        assert rule is not None  # the experiment has seen to it
        unit = f" in {coherent.unit(rule.unit)}" if rule.unit.powers else ""
        given = zip(self.experiment.arrivals.times_ms.tolist(), self.experiment.arrivals.weights.tolist(), strict=True)
        rows = " ".join(f"({sensible(t)},\u00a0{sensible(weight)})," for t, weight in given)
        lines = fill(rows, WIDTH, initial_indent="    ", subsequent_indent="    ").replace("\u00a0", " ")
        return f"arrivals = [  # times in ms and weights{unit}\n{lines}\n]"

    # numpy ----------------------------------------------------------------------------------------------

    @property
    def by_half_step(self) -> list[str]:
        """The statements that sort the list by half steps."""
        if not self:
            return []
        return [
            "arriving = {}",
            f"for t, weight in arrivals:  # {_WHERE}",
            f"    arriving.setdefault({_HALF_STEP}, []).append(weight)",
        ]

    def act(self, half_step: str) -> list[str]:
        """The statements that let those of one half step act."""
        if not self:
            return []
        return [f"for weight in arriving.get({half_step}, ()):", "    y = np.array(arrive(y, 0, weight), float)"]

    # NEURON ---------------------------------------------------------------------------------------------

    @property
    def connections(self) -> list[str]:
        """What hands the spikes on, to be there before NEURON begins."""
        if not self:
            return []
        return [
            "connections = [h.NetCon(None, mechanism) for _ in arrivals]",
            "for connection, (_, weight) in zip(connections, arrivals):",
            "    connection.delay, connection.weight[0] = 0, weight",
        ]

    @property
    def sending(self) -> list[str]:
        """The statements that send them, after NEURON has begun."""
        if not self:
            return []
        times = self.experiment.arrivals.on_clock(self.experiment.grid)
        snapped = np.sort(np.round(self.experiment.arrivals.times_ms, 9))
        lines = [
            "clock = np.append(0, np.cumsum(np.full(2*steps, dt/2)))  # NEURON's, with its round-off",
            "when = np.array([t for t, _ in arrivals], float)",
            "half = np.round(when/(dt/2)).astype(int)",
            "when = np.where(abs(when/(dt/2) - half) <= 2e-6, clock[np.minimum(half, 2*steps)], when)  # on the grid is on its clock",
        ]
        if len(times) > 1 and np.any(np.diff(snapped) == 0.0):
            lines += [
                "for k in range(len(when) - 2, -1, -1):  # of two at one time the first in the list comes first",
                "    when[k] = min(when[k], np.nextafter(when[k + 1], 0))",
            ]
        return [*lines, "for connection, t in zip(connections, when):", "    connection.event(t)"]

    @property
    def samples(self) -> list[str]:
        """The statements that put the values after an arrival where NEURON recorded those before."""
        if not self:
            return []
        return [
            "for t, weight in arrivals:  # NEURON recorded the value before a spike that arrives at the end of a step; put the one after it",
            f"    half = {_HALF_STEP}",
            "    if half % 2:",
            "        states[:, half//2 + 1] = arrive(states[:, half//2 + 1], 0, weight)",
        ]

    # Brian2 ---------------------------------------------------------------------------------------------

    def function(self, unit: str) -> str:
        """The function that makes the arrays of one round; ``unit`` are the factors of the weights."""
        return _ROUND.format(half=_HALF_STEP, where=_WHERE, unit=unit) if self else ""

    @property
    def arrays(self) -> str:
        """The arrays of every round."""
        rounds = self.experiment.arrivals.rounds(self.experiment.grid)
        turns = [sum(other.at_end is each.at_end for other in rounds[:k]) for k, each in enumerate(rounds)]
        return "\n".join(
            f"{ARRIVES}_{k}, {WEIGHS}_{k} = arriving({int(each.at_end)}, {turn})"
            for k, (each, turn) in enumerate(zip(rounds, turns, strict=True), 1)
        )

    @property
    def slots(self) -> list[str]:
        """When in a step each round acts."""
        return [END if each.at_end else BEGINNING for each in self.experiment.arrivals.rounds(self.experiment.grid)]
