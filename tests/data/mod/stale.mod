TITLE a current that reads what the rates procedure has left

NEURON {
    SUFFIX stale
    USEION ca READ eca, cai WRITE ica
    NONSPECIFIC_CURRENT il
    RANGE gbar, pinf
}

UNITS { (mA) = (milliamp) (mV) = (millivolt) (mM) = (milli/liter) }
PARAMETER { gbar = 1 (pS/um2)  gl = 1e-4 (S/cm2)  el = -60 (mV)  kd = 0.0004 (mM) }
STATE { q }
ASSIGNED { v (mV) celsius eca (mV) cai (mM) ica (mA/cm2) il (mA/cm2) pinf qinf qtau (ms) tadj }

BREAKPOINT {
    SOLVE states METHOD derivimplicit
    ica = (1e-4)*tadj*gbar*pinf*pinf*q*(v - eca)
    il = gl*(v - el)
}

INITIAL {
    tadj = 2.3^((celsius - 23)/10)
    rates(v)
    q = qinf
}

DERIVATIVE states {
    rates(v)
    q' = (qinf - q)/qtau
}

PROCEDURE rates(v (mV)) {
    pinf = 1/(1 + exp(-(v + 30)/7))
    if (cai > kd) {
        qinf = kd/cai
    } else if (cai < 1e-7) {
        qinf = 1
    } else {
        qinf = 1 - 0.1*cai/kd
    }
    qtau = 10 + 40/(1 + exp((v + 50)/9))
}
