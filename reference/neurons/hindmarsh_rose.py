"""The Hindmarsh-Rose model of bursting.

x' = y - x^3 + 3 x^2 - z + I, y' = 1 - 5 x^2 - y, z' = r (s (x - x_R) - z): spikes in x and y, while z builds up slowly
and ends the burst. Hindmarsh & Rose 1984, Proc R Soc Lond B 221:87, equations 3.1-3.3. No units; one unit of time is
called 1 ms.
"""

from spikebridge.reference.system import Event, State, System, Value


def system(r: float = 0.001, s: float = 4.0, x_R: float = -1.6, level: float = 0.0, initial: State | None = None) -> System:
    """The neuron as a System with the variables x, y and z; it starts at x_R with y steady there. x is the potential."""

    def rates(state: State, I_stim: Value) -> State:
        x, y, z = state
        return y - x**3 + 3 * x**2 - z + I_stim, 1 - 5 * x**2 - y, r * (s * (x - x_R) - z)

    return System(
        ("x", "y", "z"),
        initial or (x_R, 1 - 5 * x_R**2, 0.0),
        rates,
        event=Event(lambda state: state[0] - level),
    )
