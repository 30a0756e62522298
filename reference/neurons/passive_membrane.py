"""The passive membrane: a capacitor, a resistor and a battery, and its closed form.

C dv/dt = I - g_L (v - E_L). Koch 1999, Biophysics of Computation, ch. 1.
mV, ms, pA, pF, nS.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import System


def system(C=100.0, g_L=10.0, E_L=-70.0, initial=None):
    """The membrane as a System with the one variable v; it does not spike."""

    def rate(y, I_stim):
        return (I_stim - g_L * (y[0] - E_L)) / C

    return System(
        ("v",),
        initial or (E_L,),
        rates=lambda y, I_stim: (rate(y, I_stim),),
        voltage=0,
        voltage_rate=rate,
        linear=lambda y, I_stim: ((-g_L / C,), ((I_stim + g_L * E_L) / C,)),
    )


def response(t, I_stim, v=-70.0, C=100.0, g_L=10.0, E_L=-70.0):
    """Potential in mV when a constant current has flowed for t ms, starting from ``v``."""
    v_inf = E_L + I_stim / g_L
    return v_inf + (v - v_inf) * exp(-t * g_L / C)
