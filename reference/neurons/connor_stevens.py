"""The crustacean walking-leg axon: an A-current delays the first spike and lets the rate start from zero.

Connor, Walter & McKown 1977, Biophys J 18:81; as in Dayan & Abbott 2001, Theoretical Neuroscience, appendix A of ch. 6.
C dv/dt = I - sum of g (v - E), with g_Na m^3 h, g_K n^4, g_A a^3 b and g_L; each gate x' = (x_inf - x)/tau_x.
mV, ms, uF/cm2, mS/cm2, uA/cm2.
"""

from spikebridge.reference.functions import exp, exprel
from spikebridge.reference.system import Event, State, System, Value


def gates(v: Value, r_n: float = 0.02, s_n: float = 0.25) -> tuple[tuple[Value, Value], ...]:
    """Where each of m, h, n, a and b goes, and in how many ms; c x/(1 - exp(-x/10)) is written 10 c/exprel(-x/10)."""
    m = 3.8 / exprel(-(v + 29.7) / 10), 15.2 * exp(-0.0556 * (v + 54.7))
    h = 0.266 * exp(-0.05 * (v + 48)), 3.8 / (1 + exp(-0.1 * (v + 18)))
    n = 10 * r_n / exprel(-(v + 45.7) / 10), s_n * exp(-0.0125 * (v + 55.7))
    a = (0.0761 * exp(0.0314 * (v + 94.22)) / (1 + exp(0.0346 * (v + 1.17)))) ** (1 / 3)
    tau_a = 0.3632 + 1.158 / (1 + exp(0.0497 * (v + 55.96)))
    b = (1 / (1 + exp(0.0688 * (v + 53.3)))) ** 4
    tau_b = 1.24 + 2.678 / (1 + exp(0.0624 * (v + 50)))
    opening = ((alpha / (alpha + beta), 1 / (alpha + beta)) for alpha, beta in (m, h, n))
    return (*opening, (a, tau_a), (b, tau_b))


def system(
    C_m: float = 1.0, g_Na: float = 120.0, g_K: float = 20.0, g_A: float = 47.7, g_L: float = 0.3, E_Na: float = 55.0,
    E_K: float = -72.0, E_A: float = -75.0, E_L: float = -17.0, r_n: float = 0.02, s_n: float = 0.25, level: float = 0.0,
    v_0: float = -67.9781172, initial: State | None = None,
) -> System:  # fmt: skip
    """The axon as a System; by default it starts at v_0, where it rests with the default values, with the gates steady."""

    def channels(y: State) -> tuple[tuple[Value, float], ...]:
        _, m, h, n, a, b = y
        return (g_Na * m**3 * h, E_Na), (g_K * n**4, E_K), (g_A * a**3 * b, E_A), (g_L, E_L)

    def voltage_rate(y: State, I_stim: Value) -> Value:
        return (I_stim - sum(g * (y[0] - E) for g, E in channels(y))) / C_m

    def rates(y: State, I_stim: Value) -> State:
        going = zip(y[1:], gates(y[0], r_n, s_n), strict=True)
        return (voltage_rate(y, I_stim), *((x_inf - x) / tau for x, (x_inf, tau) in going))

    def relax(y: State, I_stim: Value, dt: float) -> State:
        going = zip(y[1:], gates(y[0], r_n, s_n), strict=True)
        return (y[0], *(x + (1 - exp(-dt / tau)) * (x_inf - x) for x, (x_inf, tau) in going))

    def linear(y: State, I_stim: Value) -> tuple[State, State]:
        slope = -sum(g for g, _ in channels(y)) / C_m
        offset = (I_stim + sum(g * E for g, E in channels(y))) / C_m
        going = gates(y[0], r_n, s_n)
        return (slope, *(-1 / tau for _, tau in going)), (offset, *(x_inf / tau for x_inf, tau in going))

    return System(
        ("v", "m", "h", "n", "a", "b"),
        initial or (v_0, *(float(x_inf) for x_inf, _ in gates(v_0, r_n, s_n))),
        rates,
        voltage=0,
        voltage_rate=voltage_rate,
        linear=linear,
        relax=relax,
        event=Event(lambda y: y[0] - level),
    )
