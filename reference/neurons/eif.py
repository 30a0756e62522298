"""The exponential integrate-and-fire neuron.

tau_m dv/dt = E_L - v + Delta_T exp((v - V_T)/Delta_T) + R I; at V_cut, on its way to infinity, a spike: v is set
to V_r and stays there for tau_ref. Fourcaud-Trocme, Hansel, van Vreeswijk & Brunel 2003, J Neurosci 23:11628;
Gerstner et al. 2014, Neuronal Dynamics, sec. 5.2, whose exercises give the values. mV, ms, Mohm, nA.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import Event, State, System, Value


def system(
    tau_m: float = 12.0, R: float = 20.0, E_L: float = -65.0, V_T: float = -55.0, Delta_T: float = 2.0, V_cut: float = -45.0,
    V_r: float = -60.0, tau_ref: float = 0.0, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the one variable v."""

    def rate(y: State, I_stim: Value) -> Value:
        upstroke = Delta_T * exp((y[0] - V_T) / Delta_T)
        return (E_L - y[0] + upstroke + R * I_stim) / tau_m

    return System(
        ("v",),
        initial or (E_L,),
        rates=lambda y, I_stim: (rate(y, I_stim),),
        voltage=0,
        voltage_rate=rate,
        event=Event(lambda y: y[0] - V_cut, lambda y: (V_r,), tau_ref, held=(0,)),
    )


def rheobase(R: float = 20.0, E_L: float = -65.0, V_T: float = -55.0, Delta_T: float = 2.0) -> float:
    """The constant current in nA above which there is no rest; at it rest is lost at v = V_T."""
    return (V_T - E_L - Delta_T) / R
