"""What a NEURON user would write: Hodgkin-Huxley, 10 uA/cm2 from 5 to 95 ms, dt 0.01 ms, spike times."""

import sys

import numpy as np
from neuron import h

h.nrn_load_dll(sys.argv[1])
soma = h.Section(name="soma")
soma.L, soma.diam = 10, 10 / np.pi  # 100 um2
soma.cm = 1
soma.insert("hhand")
clamp = h.IClamp(soma(0.5))
clamp.delay, clamp.dur, clamp.amp = 5, 90, 0.01
v, t, spikes = h.Vector().record(soma(0.5)._ref_v), h.Vector().record(h._ref_t), h.Vector()
detector = h.NetCon(soma(0.5)._ref_v, None, sec=soma)
detector.threshold = 0
detector.record(spikes)
h.dt = 0.01
h.finitialize(-65)
for _ in range(10_000):
    h.fadvance()
print(np.array(spikes))
