"""The adaptive exponential integrate-and-fire neuron.

C dv/dt = -g_L (v - E_L) + g_L Delta_T exp((v - V_T)/Delta_T) - w + I and tau_w dw/dt = a (v - E_L) - w;
at V_peak a spike: v is set to V_r and w grows by b. Brette & Gerstner 2005, J Neurophysiol 94:3637, equations 2-3;
its patterns are in Naud, Marcille, Clopath & Gerstner 2008, Biol Cybern 99:335, table 1. mV, ms, pF, nS, pA.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import Event, State, System, Value


def system(
    C: float = 281.0, g_L: float = 30.0, E_L: float = -70.6, V_T: float = -50.4, Delta_T: float = 2.0, a: float = 4.0,
    tau_w: float = 144.0, b: float = 80.5, V_r: float = -70.6, V_peak: float = -40.4, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the variables v and w."""

    def voltage_rate(y: State, I_stim: Value) -> Value:
        v, w = y
        upstroke = Delta_T * exp((v - V_T) / Delta_T)
        return (g_L * (upstroke - (v - E_L)) - w + I_stim) / C

    def rates(y: State, I_stim: Value) -> State:
        v, w = y
        return voltage_rate(y, I_stim), (a * (v - E_L) - w) / tau_w

    def relax(y: State, I_stim: Value, dt: float) -> State:
        v, w = y
        return v, w + (1 - exp(-dt / tau_w)) * (a * (v - E_L) - w)

    return System(
        ("v", "w"),
        initial or (E_L, 0.0),
        rates,
        voltage=0,
        voltage_rate=voltage_rate,
        relax=relax,
        event=Event(lambda y: y[0] - V_peak, lambda y: (V_r, y[1] + b)),
    )


def holding_current(
    v: Value, g_L: float = 30.0, E_L: float = -70.6, V_T: float = -50.4, Delta_T: float = 2.0, a: float = 4.0,
) -> Value:  # fmt: skip
    """The constant current in pA under which ``v`` rests.

    It has its maximum, the saddle-node where rest ceases to exist, at V_T + Delta_T ln(1 + a/g_L); where
    a/g_L > C/(g_L tau_w), rest turns unstable before, in a Hopf point at V_T + Delta_T ln(1 + C/(g_L tau_w)).
    """
    return (g_L + a) * (v - E_L) - g_L * Delta_T * exp((v - V_T) / Delta_T)
