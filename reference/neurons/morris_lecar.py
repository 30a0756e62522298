"""The barnacle muscle fibre in two variables: calcium at once, potassium with delay.

C dv/dt = I - g_Ca m_inf (v - E_Ca) - g_K w (v - E_K) - g_L (v - E_L); w' = phi cosh((v - V_3)/(2 V_4)) (w_inf - w);
m_inf = (1 + tanh((v - V_1)/V_2))/2, w_inf = (1 + tanh((v - V_3)/V_4))/2.
Morris & Lecar 1981, Biophys J 35:193; Rinzel & Ermentrout 1998 in Koch & Segev (eds), Methods in Neuronal Modeling, ch. 7,
whose "Hopf" case is the default. mV, ms, uF/cm2, mS/cm2, uA/cm2, phi in 1/ms.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import Event, State, System, Value


def half_open(x: Value) -> Value:
    """(1 + tanh(x))/2."""
    return 1 / (1 + exp(-2 * x))


def cosh(x: Value) -> Value:
    """The hyperbolic cosine of a float or an array."""
    return (exp(x) + exp(-x)) / 2


def system(
    C_m: float = 20.0, g_Ca: float = 4.4, g_K: float = 8.0, g_L: float = 2.0, E_Ca: float = 120.0, E_K: float = -84.0,
    E_L: float = -60.0, V_1: float = -1.2, V_2: float = 18.0, V_3: float = 2.0, V_4: float = 30.0, phi: float = 0.04,
    level: float = 0.0, initial: State = (-60.855382, 0.0149150),
) -> System:  # fmt: skip
    """The fibre as a System with the variables v and w; it starts at rest, as it is with the default values."""

    def voltage_rate(y: State, I_stim: Value) -> Value:
        v, w = y
        I_Ca = g_Ca * half_open((v - V_1) / V_2) * (v - E_Ca)
        return (I_stim - I_Ca - g_K * w * (v - E_K) - g_L * (v - E_L)) / C_m

    def potassium(v: Value) -> tuple[Value, Value]:
        return half_open((v - V_3) / V_4), phi * cosh((v - V_3) / (2 * V_4))

    def rates(y: State, I_stim: Value) -> State:
        w_inf, pace = potassium(y[0])
        return voltage_rate(y, I_stim), pace * (w_inf - y[1])

    def relax(y: State, I_stim: Value, dt: float) -> State:
        v, w = y
        w_inf, pace = potassium(v)
        return v, w + (1 - exp(-dt * pace)) * (w_inf - w)

    event = Event(lambda y: y[0] - level)
    return System(("v", "w"), initial, rates, voltage=0, voltage_rate=voltage_rate, relax=relax, event=event)
