"""The perfect integrator: a capacitor without a leak, emptied by every spike.

C dv/dt = I; at v = theta a spike, v is set to v_reset and stays there for tau_ref.
Lapicque 1907, J Physiol Pathol Gen 9:620, without the leak; Koch 1999, Biophysics of Computation, sec. 14.2.1.
mV, ms, nA, nF.
"""

import math

from spikebridge.reference.system import Event, State, System, Value


def system(
    C: float = 0.2, theta: float = 16.4, v_reset: float = 0.0, tau_ref: float = 2.0, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the one variable v."""

    def rate(y: State, I_stim: Value) -> Value:
        return I_stim / C

    return System(
        ("v",),
        initial or (v_reset,),
        rates=lambda y, I_stim: (rate(y, I_stim),),
        voltage=0,
        voltage_rate=rate,
        linear=lambda y, I_stim: ((0.0,), (I_stim / C,)),
        event=Event(lambda y: y[0] - theta, lambda y: (v_reset,), tau_ref, held=(0,)),
    )


def interval(I_stim: float, C: float = 0.2, theta: float = 16.4, v_reset: float = 0.0, tau_ref: float = 2.0) -> float:
    """Time in ms between spikes under a constant current, which delivers the charge C (theta - v_reset) each time."""
    return tau_ref + C * (theta - v_reset) / I_stim if I_stim > 0 else math.inf
