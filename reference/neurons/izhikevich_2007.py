"""Izhikevich's quadratic neuron with recovery, in physical units.

C dv/dt = k (v - v_r)(v - v_t) - u + I and u' = a (b (v - v_r) - u); at v_peak a spike: v is set to c and u grows by d.
Izhikevich 2007, Dynamical Systems in Neuroscience, equations 8.5-8.6; the default is the regular spiking cell of sec. 8.2.
mV, ms, pF, pA, k in nS/mV, a in 1/ms, b in nS.
"""

from spikebridge.reference.functions import exp
from spikebridge.reference.system import Event, State, System, Value


def system(
    C: float = 100.0, k: float = 0.7, v_r: float = -60.0, v_t: float = -40.0, v_peak: float = 35.0, a: float = 0.03,
    b: float = -2.0, c: float = -50.0, d: float = 100.0, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the variables v and u."""

    def voltage_rate(y: State, I_stim: Value) -> Value:
        v, u = y
        return (k * (v - v_r) * (v - v_t) - u + I_stim) / C

    def rates(y: State, I_stim: Value) -> State:
        v, u = y
        return voltage_rate(y, I_stim), a * (b * (v - v_r) - u)

    def relax(y: State, I_stim: Value, dt: float) -> State:
        v, u = y
        return v, u + (1 - exp(-a * dt)) * (b * (v - v_r) - u)

    return System(
        ("v", "u"),
        initial or (v_r, 0.0),
        rates,
        voltage=0,
        voltage_rate=voltage_rate,
        relax=relax,
        event=Event(lambda y: y[0] - v_peak, lambda y: (c, y[1] + d)),
    )


def saddle_node(k: float = 0.7, v_r: float = -60.0, v_t: float = -40.0, b: float = -2.0) -> float:
    """The constant current in pA above which there is no rest; at it v = (v_r + v_t + b/k)/2."""
    return (k * (v_t - v_r) + b) ** 2 / (4 * k)
