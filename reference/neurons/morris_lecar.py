"""The barnacle muscle fibre in two variables: calcium at once, potassium with delay.

C dv/dt = I - g_Ca m_inf (v - E_Ca) - g_K w (v - E_K) - g_L (v - E_L); w' = phi cosh((v - V_3)/(2 V_4)) (w_inf - w);
m_inf = (1 + tanh((v - V_1)/V_2))/2, w_inf = (1 + tanh((v - V_3)/V_4))/2.
Morris & Lecar 1981, Biophys J 35:193; Rinzel & Ermentrout 1998 in Koch & Segev (eds), Methods in Neuronal Modeling, ch. 7,
whose "Hopf" case is the default. mV, ms, uF/cm2, mS/cm2, uA/cm2, phi in 1/ms.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import Event, System


def half_open(x):
    """(1 + tanh(x))/2."""
    return 1 / (1 + exp(-2 * x))


def cosh(x):
    """The hyperbolic cosine of a float or an array."""
    return (exp(x) + exp(-x)) / 2


def system(
    C_m=20.0, g_Ca=4.4, g_K=8.0, g_L=2.0, E_Ca=120.0, E_K=-84.0, E_L=-60.0, V_1=-1.2, V_2=18.0, V_3=2.0, V_4=30.0, phi=0.04,
    level=0.0, initial=(-60.855382, 0.0149150),
):  # fmt: skip
    """The fibre as a System with the variables v and w; it starts at rest, as it is with the default values."""

    def voltage_rate(y, I_stim):
        v, w = y
        I_Ca = g_Ca * half_open((v - V_1) / V_2) * (v - E_Ca)
        return (I_stim - I_Ca - g_K * w * (v - E_K) - g_L * (v - E_L)) / C_m

    def potassium(v):
        return half_open((v - V_3) / V_4), phi * cosh((v - V_3) / (2 * V_4))

    def rates(y, I_stim):
        w_inf, pace = potassium(y[0])
        return voltage_rate(y, I_stim), pace * (w_inf - y[1])

    def relax(y, I_stim, dt):
        v, w = y
        w_inf, pace = potassium(v)
        return v, w + (1 - exp(-dt * pace)) * (w_inf - w)

    event = Event(lambda y: y[0] - level)
    return System(("v", "w"), initial, rates, voltage=0, voltage_rate=voltage_rate, relax=relax, event=event)
