"""The FitzHugh-Nagumo model of excitation and recovery.

v' = v - v^3/c - w + I and w' = eps (v + a - b w), with c = 3. FitzHugh 1961, Biophys J 1:445, with the sign and scaling
of the current as in Gerstner et al. 2014, Neuronal Dynamics, sec. 4.2. No units; one unit of time is called 1 ms.
"""

import math

from spikebridge.reference.system import Event, State, System, Value


def system(
    a: float = 0.7, b: float = 0.8, c: float = 3.0, eps: float = 0.08, level: float = 0.0, initial: State = (-1.2, -0.6),
) -> System:  # fmt: skip
    """The neuron as a System with the variables v and w; a spike is v rising above ``level``."""

    def rates(y: State, I_stim: Value) -> State:
        v, w = y
        return v - v**3 / c - w + I_stim, eps * (v + a - b * w)

    return System(("v", "w"), initial, rates, event=Event(lambda y: y[0] - level))


def hopf_currents(a: float = 0.7, b: float = 0.8, c: float = 3.0, eps: float = 0.08) -> tuple[float, ...]:
    """The two constant currents between which rest is unstable: at their resting states 1 - 3 v^2/c = eps b.

    For b < 1, where every current has one resting state.
    """
    v = math.sqrt(c * (1 - eps * b) / 3)
    return tuple((u + a) / b - u + u**3 / c for u in (-v, v))
