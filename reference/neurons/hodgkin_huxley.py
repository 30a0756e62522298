"""The squid giant axon of Hodgkin & Huxley 1952, J Physiol 117:500, equations 7-26, table 3.

Voltages in mV, times in ms, currents in uA/cm2. ``v_rest`` is the potential from which Hodgkin and
Huxley count: -65 mV in the modern absolute convention, 0 in their own with depolarisation positive. All rates
are ``phi`` times those of 6.3 degC, threefold for 10 degC more.
"""

from spikebridge.reference.functions import exp, exprel
from spikebridge.reference.system import Event, State, System, Value


def gate_rates(v: Value, v_rest: float) -> tuple[tuple[Value, Value], ...]:
    """Opening and closing rates of m, h and n, per ms; 0.1 x/(exp(x/10) - 1) is written 1/exprel(x/10)."""
    u = v - v_rest
    m = 1.0 / exprel((25 - u) / 10), 4.0 * exp(-u / 18)
    h = 0.07 * exp(-u / 20), 1 / (exp((30 - u) / 10) + 1)
    n = 0.1 / exprel((10 - u) / 10), 0.125 * exp(-u / 80)
    return m, h, n


def membrane_current(
    v: Value, m: Value, h: Value, n: Value, v_rest: float, E_L: float, g_Na: float = 120.0, g_K: float = 36.0, g_L: float = 0.3,
) -> Value:  # fmt: skip
    """Total ionic current, outward positive; E_Na and E_K lie 115 above and 12 below rest."""
    I_Na = g_Na * m**3 * h * (v - (v_rest + 115))
    I_K = g_K * n**4 * (v - (v_rest - 12))
    return I_Na + I_K + g_L * (v - E_L)


def system(
    v_rest: float = -65.0, E_L: float = -54.387, C_m: float = 1.0, level: float = 0.0, initial: State | None = None,
    phi: float = 1.0, **conductances: float,
) -> System:  # fmt: skip
    """The neuron as a System; it starts at ``initial``, by default v_rest with the gates steady there."""

    def rates(y: State, I_stim: Value) -> State:
        v, m, h, n = y
        gates = zip((m, h, n), gate_rates(v, v_rest), strict=True)
        return (voltage_rate(y, I_stim), *(phi * (a * (1 - x) - b * x) for x, (a, b) in gates))

    def voltage_rate(y: State, I_stim: Value) -> Value:
        v, m, h, n = y
        return (I_stim - membrane_current(v, m, h, n, v_rest, E_L, **conductances)) / C_m

    def relax(y: State, I_stim: Value, dt: float) -> State:
        v, *gates = y
        pairs = zip(gates, gate_rates(v, v_rest), strict=True)
        return (v, *(x + (1 - exp(-dt * phi * (a + b))) * (a / (a + b) - x) for x, (a, b) in pairs))

    steady = [float(a / (a + b)) for a, b in gate_rates(v_rest, v_rest)]
    return System(
        ("v", "m", "h", "n"),
        initial or (v_rest, *steady),
        rates,
        voltage=0,
        voltage_rate=voltage_rate,
        relax=relax,
        event=Event(lambda y: y[0] - level),
    )
