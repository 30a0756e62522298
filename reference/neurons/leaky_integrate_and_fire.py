"""The leaky integrate-and-fire neuron and its closed form.

tau_m dv/dt = E_L - v + R I; at v = theta a spike, v is set to v_reset and stays there for tau_ref.
Dayan & Abbott 2001, Theoretical Neuroscience, sec. 5.4; Gerstner et al. 2014, Neuronal Dynamics, sec. 1.3.
mV, ms, Mohm, nA.
"""

import math

from spikebridge.reference.system import Event, State, System, Value


def system(
    E_L: float = -65.0, R: float = 10.0, tau_m: float = 10.0, theta: float = -50.0, v_reset: float = -65.0,
    tau_ref: float = 0.0, initial: State | None = None,
) -> System:  # fmt: skip
    """The neuron as a System with the one variable v."""

    def rate(y: State, I_stim: Value) -> Value:
        return (E_L - y[0] + R * I_stim) / tau_m

    return System(
        ("v",),
        initial or (E_L,),
        rates=lambda y, I_stim: (rate(y, I_stim),),
        voltage=0,
        voltage_rate=rate,
        linear=lambda y, I_stim: ((-1 / tau_m,), ((E_L + R * I_stim) / tau_m,)),
        event=Event(lambda y: y[0] - theta, lambda y: (v_reset,), tau_ref, held=(0,)),
    )


def time_to_threshold(
    v: float, I_stim: float, E_L: float = -65.0, R: float = 10.0, tau_m: float = 10.0, theta: float = -50.0,
) -> float:  # fmt: skip
    """Time in ms from ``v`` to theta under a constant current; infinite at or below rheobase."""
    v_inf = E_L + R * I_stim
    return tau_m * math.log((v_inf - v) / (v_inf - theta)) if v_inf > theta else math.inf


def spike_times(
    I_stim: float, start_ms: float, stop_ms: float, E_L: float = -65.0, R: float = 10.0, tau_m: float = 10.0,
    theta: float = -50.0, v_reset: float = -65.0, tau_ref: float = 0.0,
) -> list[float]:  # fmt: skip
    """Spike times in ms for a current step from rest: the first latency, then a period each."""
    times, period = [], tau_ref + time_to_threshold(v_reset, I_stim, E_L, R, tau_m, theta)
    t = start_ms + time_to_threshold(E_L, I_stim, E_L, R, tau_m, theta)
    while t < stop_ms:
        times.append(t)
        t += period
    return times
