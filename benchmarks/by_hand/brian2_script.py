"""What a Brian2 user would write: Hodgkin-Huxley, 10 uA/cm2 from 5 to 95 ms, dt 0.01 ms, spike times."""

from brian2 import *

prefs.codegen.target = "cython"
defaultclock.dt = 0.01 * ms
C_m, g_Na, g_K, g_L = 1 * uF / cm2, 120 * mS / cm2, 36 * mS / cm2, 0.3 * mS / cm2
E_Na, E_K, E_L = 50 * mV, -77 * mV, -54.387 * mV
current = TimedArray([0.0, *[10.0] * 18, 0.0] * uA / cm2, dt=5 * ms)
neuron = NeuronGroup(
    1,
    """
    dv/dt = (I - g_Na*m**3*h*(v - E_Na) - g_K*n**4*(v - E_K) - g_L*(v - E_L))/C_m : volt
    dm/dt = alpha_m*(1 - m) - beta_m*m : 1
    dh/dt = alpha_h*(1 - h) - beta_h*h : 1
    dn/dt = alpha_n*(1 - n) - beta_n*n : 1
    alpha_m = 1/exprel(-(v + 40*mV)/(10*mV))/ms : Hz
    beta_m = 4*exp(-(v + 65*mV)/(18*mV))/ms : Hz
    alpha_h = 0.07*exp(-(v + 65*mV)/(20*mV))/ms : Hz
    beta_h = 1/(exp(-(v + 35*mV)/(10*mV)) + 1)/ms : Hz
    alpha_n = 0.1/exprel(-(v + 55*mV)/(10*mV))/ms : Hz
    beta_n = 0.125*exp(-(v + 65*mV)/(80*mV))/ms : Hz
    I = current(t) : amp/meter**2 (constant over dt)
    """,
    method="exponential_euler",
    threshold="v > 0*mV",
    refractory="v > 0*mV",
)
neuron.v = -65 * mV
neuron.m, neuron.h, neuron.n = 0.0529324853, 0.5961207535, 0.3176769141
trace = StateMonitor(neuron, ["v", "m", "h", "n"], record=True)
spikes = SpikeMonitor(neuron)
run(100 * ms)
print(spikes.t / ms)
