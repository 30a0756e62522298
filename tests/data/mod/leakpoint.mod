TITLE a leak at a point, and one of an electrode

NEURON {
    POINT_PROCESS LeakPoint
    NONSPECIFIC_CURRENT i
    ELECTRODE_CURRENT ie
    RANGE g, e, amp
}
UNITS { (nA) = (nanoamp) (mV) = (millivolt) (uS) = (microsiemens) }
PARAMETER { g = .002 (uS)  e = -50 (mV)  amp = 0.01 (nA) }
ASSIGNED { v (mV) i (nA) ie (nA) }
BREAKPOINT {
    i = g*(v - e)
    ie = amp
}
