"""Izhikevich's simple model.

v' = 0.04 v^2 + 5 v + 140 - u + I and u' = a (b v - u); at 30 mV a spike: v is set to c and u grows by d.
Izhikevich 2003, IEEE Trans Neural Netw 14:1569, equations 1-3, as differential equations, not as the script of
its figures, which moves u with the new v. v and u in mV, ms, I in mV/ms, a in 1/ms.
"""

from spikebridge.reference.system import Event, State, System, Value


def system(
    a: float = 0.02, b: float = 0.2, c: float = -65.0, d: float = 8.0, v_peak: float = 30.0, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the variables v and u; no membrane that a current in amperes could charge."""

    def rates(y: State, I_stim: Value) -> State:
        v, u = y
        return 0.04 * v**2 + 5 * v + 140 - u + I_stim, a * (b * v - u)

    return System(
        ("v", "u"),
        initial or (-65.0, b * -65.0),
        rates,
        event=Event(lambda y: y[0] - v_peak, lambda y: (c, y[1] + d)),
    )


def saddle_node(b: float = 0.2) -> float:
    """The constant current in mV/ms above which there is no rest; at it v = -12.5 (5 - b)."""
    return (5 - b) ** 2 / 0.16 - 140
