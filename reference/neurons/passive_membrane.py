"""The passive membrane: a capacitor, a resistor and a battery, and its closed form.

C dv/dt = I - g_L (v - E_L). Koch 1999, Biophysics of Computation, ch. 1.
mV, ms, pA, pF, nS.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import State, System, Value


def system(C: float = 100.0, g_L: float = 10.0, E_L: float = -70.0, initial: State | None = None) -> System:
    """The membrane as a System with the one variable v; it does not spike."""

    def rate(y: State, I_stim: Value) -> Value:
        return (I_stim - g_L * (y[0] - E_L)) / C

    return System(
        ("v",),
        initial or (E_L,),
        rates=lambda y, I_stim: (rate(y, I_stim),),
        voltage=0,
        voltage_rate=rate,
        linear=lambda y, I_stim: ((-g_L / C,), ((I_stim + g_L * E_L) / C,)),
    )


def response(t: Value, I_stim: Value, v: Value = -70.0, C: float = 100.0, g_L: float = 10.0, E_L: float = -70.0) -> Value:
    """Potential in mV when a constant current has flowed for t ms, starting from ``v``."""
    v_inf = E_L + I_stim / g_L
    return v_inf + (v - v_inf) * exp(-t * g_L / C)
