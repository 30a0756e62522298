"""Small definitions, one for every feature of the language that the catalogue uses rarely."""

from __future__ import annotations

DEFINITIONS: dict[str, str] = {
    "chaotic_map": '''name = "chaotic_map"
title = "chaotic map"
equations = """
x[n+1] = alpha/(1 + x**2) + y + I_stim : 1
y[n+1] = y - mu*(x - sigma)            : 1
I_stim : 1
"""
spike = "x > 0"
[parameters]
alpha = "4.1"
mu = "0.001"
sigma = "-1"
[initial]
x = "-1"
y = "-3"
[experiment]
duration = "2000 ms"
dt = "1 ms"
''',
    "current_clamp": '''name = "current_clamp"
title = "current clamp"
equations = """
dv/dt = (E_L - v + R*I_stim)/tau : mV
dw/dt = -w/tau_w : mV
I_stim : nA
"""
spike = "v > theta"
reset = """v = v_r
w += 1*mV"""
refractory = "3 ms"
refractory_clamp = "current"
[parameters]
E_L = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
v_r = "-60 mV"
tau_w = "20 ms"
[initial]
v = "E_L"
w = "0 mV"
[experiment]
duration = "50 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "3 nA"
start = "2 ms"
stop = "40 ms"
''',
    "several_events": '''name = "several_events"
title = "several events"
equations = """
dv/dt = (E_L - v + R*I_stim - u)/tau : mV
du/dt = -u/tau_w : mV
dp/dt = 1/T : 1
I_stim : nA
"""
spike = "v > theta"
reset = """v = v_r
u += 1*mV"""
refractory = "1 ms"
[[event]]
when = "p > 1"
reset = """p -= 1
u = 0*mV"""
[[event]]
when = "u > 3*mV"
reset = """
u = 1*mV
v -= 1*mV
"""
[parameters]
E_L = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
v_r = "-60 mV"
tau_w = "20 ms"
T = "17.03 ms"
[initial]
v = "E_L"
u = "0 mV"
p = "0"
[experiment]
duration = "60 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "3 nA"
start = "2 ms"
''',
    "reset_per_area": '''name = "reset_per_area"
title = "reset per area"
equations = """
dv/dt = (g_L*(E_L - v) + g_L*D*exp((v - V_T)/D) - w + I_stim)/C : mV
dw/dt = (a*(v - E_L) - w)/tau_w : uA/cm2
I_stim : uA/cm2
"""
spike = "v > V_p"
reset = """v = V_r
w += b"""
refractory = "1 ms"
[parameters]
C = "1 uF/cm2"
g_L = "0.1 mS/cm2"
E_L = "-65 mV"
V_T = "-50 mV"
D = "2 mV"
V_p = "-40 mV"
V_r = "-58 mV"
a = "0.01 mS/cm2"
b = "0.2 uA/cm2"
tau_w = "50 ms"
[initial]
v = "E_L"
w = "0 uA/cm2"
[experiment]
duration = "100 ms"
dt = "0.02 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "3 uA/cm2"
start = "2 ms"
''',
    "concentrations": '''name = "concentrations"
title = "concentrations"
equations = """
dv/dt = (I_stim - g*m*(v - E_K) - g_m*(v - E_m) - I_Cl)/C : mV
dm/dt = phi*(0.5 - m)/tau : 1
E_m = ghk_voltage(P, K_i, K_o, 1, P/25, K_o, K_i, 1, T) : mV
I_Cl = ghk_current(P, v, K_o, K_i, -1, T) : uA/cm2
E_Ca = nernst(Ca, K_o, 2, T) : mV
dCa/dt = -k*g*m*(v - E_K)/(2*F*d) - (Ca - Ca0)/tau_ca : mM
E_K = R*T/F*log(K_o/K_i) : mV
phi = 3**((T - T_ref)/(10*K)) : 1
I_stim : uA/cm2
"""
[parameters]
C = "1 uF/cm2"
g = "0.3 mS/cm2"
T = "20 degC"
T_ref = "6.3 degC"
R = "8.314462618 J/K/mol"
F = "96485.33212 C/mol"
K_o = "20 mM"
K_i = "400 mM"
tau = "5 ms"
d = "1 um"
k = "0.01"
g_m = "0.01 mS/cm2"
P = "1e-7 cm/s"
Ca0 = "1e-4 mM"
tau_ca = "20 ms"
[initial]
v = "-65 mV"
m = "0.1"
Ca = "Ca0"
[experiment]
duration = "50 ms"
dt = "0.05 ms"
''',
    "simultaneous_events": '''name = "simultaneous_events"
title = "two events at the same moment"
equations = """
dp/dt = 1/T : 1
dq/dt = 1/T : 1
dr/dt = -r/T : 1
I_stim : 1
"""
[[event]]
when = "p > 1"
reset = """
p = 0
q = 0.5
r += 1
"""
[[event]]
when = "q > 1"
reset = """
q = 0.25
r += p + 1
"""
[parameters]
T = "9.99 ms"
[initial]
p = "0"
q = "0"
r = "0"
[experiment]
duration = "30 ms"
dt = "0.05 ms"
''',
    "once_an_excursion": '''name = "once_an_excursion"
title = "rules whose resets leave them above their levels: one act an upward crossing"
equations = """
dp/dt = omega*q  : 1
dq/dt = -omega*p : 1
dx/dt = -x/tau   : 1
ds/dt = 0/ms     : 1
dclock/dt = 1    : ms
I_stim : 1
"""
spike = "p > 0.5"
reset = "x += 1"
[[event]]
when = "clock > 5.0125*ms"
reset = "x += 0.5"
[[event]]                         # which jumps of the others set off
when = "x > 0.75"
reset = "s += 0.1"
[[event]]                         # above from the start
when = "q > 0.2"
reset = "s += 10"
[parameters]
omega = "0.83 1/ms"
tau = "5 ms"
[initial]
p = "0"
q = "1"
x = "0"
s = "0"
clock = "0 ms"
[experiment]
duration = "20 ms"
dt = "0.05 ms"
''',
    "rests_above": '''name = "rests_above"
title = "a refractory period that is spent above the level, and ends in a spike"
equations = """
dv/dt = (E_L - v + R*I_stim)/tau : mV
dw/dt = -w/tau : mV
I_stim : nA
"""
spike = "v > theta"
reset = """v = theta + 1*mV
w += 1*mV"""
refractory = "2 ms"
[parameters]
E_L = "-65 mV"
R = "10 Mohm"
tau = "10 ms"
theta = "-50 mV"
[initial]
v = "E_L"
w = "0 mV"
[experiment]
duration = "40 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "3 nA"
start = "2 ms"
stop = "20 ms"
''',
    "released_above": '''name = "released_above"
title = "a neuron that crosses its level while it is refractory"
equations = """
dv/dt = (E_L - v + R*I_stim + w)/tau : mV
dw/dt = -w/tau_w : mV
I_stim : nA
"""
spike = "v > theta"
reset = """v = E_L
w += 15*mV"""
refractory = "3 ms"
refractory_clamp = "current"
[parameters]
E_L = "-65 mV"
R = "10 Mohm"
tau = "3 ms"
tau_w = "6 ms"
theta = "-50 mV"
[initial]
v = "E_L"
w = "0 mV"
[experiment]
duration = "40 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "step"
amplitude = "3 nA"
start = "2 ms"
stop = "20 ms"
''',
    "arriving_conductance": '''name = "arriving_conductance"
title = "spikes that reach a conductance, on the grid and off it, two at one time, at its end and within a refractory period"
equations = """
dv/dt = (E_L - v)/tau + (g*(E_s - v) + I_stim)/C_m : mV
dg/dt = -g/tau_s : uS
dw/dt = -w/tau : mV
I_stim : nA
"""
spike = "v > theta"
reset = """v = E_L
w += 1*mV"""
refractory = "2 ms"
[[event]]
when = "w > 2*mV"
reset = "w -= 1.5*mV"
[[event]]
on = "input"
weight = "nS"
reset = "g = g + weight if g < g_most else g_most"
[parameters]
E_L = "-65 mV"
E_s = "0 mV"
C_m = "1 nF"
tau = "10 ms"
tau_s = "3 ms"
theta = "-50 mV"
g_most = "0.4 uS"
[initial]
v = "E_L"
g = "0 uS"
w = "0 mV"
[experiment]
duration = "40 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "spikes"
times = ["2 ms", "2.01 ms", "5.025 ms", "6.3 ms", "6.35 ms", "6.39 ms", "12.3 ms", "20.04 ms", "33 ms", "40 ms"]
weight = "80 nS"
[[experiment.stimulus]]
kind = "step"
amplitude = "1 nA"
start = "15 ms"
stop = "25 ms"
[[experiment.stimulus]]
kind = "spikes"
times = ["0.01 ms", "2 ms", "12.3 ms", "33.02 ms"]
weight = "0.15 uS"
''',
    "arriving_jumps": '''name = "arriving_jumps"
title = "spikes that move the voltage itself, at the look and between two looks"
equations = """
dv/dt = (E_L - v)/tau + I_stim/C_m : mV
I_stim : nA
"""
spike = "v > theta"
reset = "v = E_L + 5*mV"
[[event]]
on = "input"
weight = "mV"
reset = "v += weight"
[parameters]
E_L = "-65 mV"
C_m = "1 nF"
tau = "10 ms"
theta = "-50 mV"
[initial]
v = "E_L"
[experiment]
duration = "40 ms"
dt = "0.1 ms"
[[experiment.stimulus]]
kind = "spikes"
times = ["8 ms", "8.03 ms", "8.06 ms", "20 ms", "20.1 ms", "20.2 ms", "30.02 ms", "30.05 ms", "39.98 ms"]
weight = "25 mV"
''',
    "arriving_per_area": '''name = "arriving_per_area"
title = "spikes that reach a membrane per area, whose spikes reset nothing, through a resource that they use up"
equations = """
dv/dt = (I_stim - I_L - I_s)/C_m : mV
I_L = g_L*(v - E_L) : uA/cm2
I_s = g*(v - E_s) : uA/cm2
dg/dt = -g/tau_s : mS/cm2
dx/dt = (1 - x)/tau_x : 1
used = U*x : 1
I_stim : uA/cm2
"""
spike = "v > -40*mV"
[[event]]
on = "input"
weight = "mS/cm2"
reset = """g += weight*used*exprel(-x)
x -= used"""
[parameters]
C_m = "1 uF/cm2"
g_L = "0.1 mS/cm2"
E_L = "-65 mV"
E_s = "0 mV"
tau_s = "3 ms"
tau_x = "50 ms"
U = "0.5"
[initial]
v = "E_L"
g = "0 mS/cm2"
x = "1"
[experiment]
duration = "40 ms"
dt = "0.05 ms"
[[experiment.stimulus]]
kind = "spikes"
times = ["2 ms", "7.01 ms", "12.3 ms", "20.04 ms", "22.025 ms", "33 ms", "40 ms"]
weight = "1 mS/cm2"
''',
}
