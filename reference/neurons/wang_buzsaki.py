"""The fast-spiking hippocampal interneuron: sodium activation at once, h and n five times as fast as in the squid axon.

C dv/dt = I - g_Na m_inf^3 h (v - E_Na) - g_K n^4 (v - E_K) - g_L (v - E_L), m_inf = alpha_m/(alpha_m + beta_m);
h' = phi (alpha_h (1 - h) - beta_h h), n likewise. Wang & Buzsaki 1996, J Neurosci 16:6402, Methods.
mV, ms, uF/cm2, mS/cm2, uA/cm2.
"""

from spikebridge.reference.functions import exp, exprel
from spikebridge.reference.system import Event, State, System, Value


def gate_rates(v: Value) -> tuple[tuple[Value, Value], ...]:
    """Opening and closing rates of m, h and n, per ms; 0.1 x/(1 - exp(-x/10)) is written 1/exprel(-x/10)."""
    m = 1 / exprel(-(v + 35) / 10), 4 * exp(-(v + 60) / 18)
    h = 0.07 * exp(-(v + 58) / 20), 1 / (exp(-0.1 * (v + 28)) + 1)
    n = 0.1 / exprel(-(v + 34) / 10), 0.125 * exp(-(v + 44) / 80)
    return m, h, n


def system(
    C_m: float = 1.0, g_Na: float = 35.0, g_K: float = 9.0, g_L: float = 0.1, E_Na: float = 55.0, E_K: float = -90.0,
    E_L: float = -65.0, phi: float = 5.0, level: float = -20.0, v_0: float = -64.0175649, initial: State | None = None,
) -> System:  # fmt: skip
    """The cell as a System; by default it starts at v_0, where it rests with the default values, with the gates steady."""

    def voltage_rate(y: State, I_stim: Value) -> Value:
        v, h, n = y
        a_m, b_m = gate_rates(v)[0]
        I_Na = g_Na * (a_m / (a_m + b_m)) ** 3 * h * (v - E_Na)
        return (I_stim - I_Na - g_K * n**4 * (v - E_K) - g_L * (v - E_L)) / C_m

    def rates(y: State, I_stim: Value) -> State:
        v, h, n = y
        _, (a_h, b_h), (a_n, b_n) = gate_rates(v)
        return voltage_rate(y, I_stim), phi * (a_h * (1 - h) - b_h * h), phi * (a_n * (1 - n) - b_n * n)

    def relax(y: State, I_stim: Value, dt: float) -> State:
        v, *gates = y
        pairs = zip(gates, gate_rates(v)[1:], strict=True)
        return (v, *(x + (1 - exp(-dt * phi * (a + b))) * (a / (a + b) - x) for x, (a, b) in pairs))

    return System(
        ("v", "h", "n"),
        initial or (v_0, *(float(a / (a + b)) for a, b in gate_rates(v_0)[1:])),
        rates,
        voltage=0,
        voltage_rate=voltage_rate,
        relax=relax,
        event=Event(lambda y: y[0] - level),
    )
