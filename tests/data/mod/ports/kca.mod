TITLE potassium that calcium opens, and a leak

NEURON {
    SUFFIX kca
    USEION k READ ek WRITE ik
    USEION ca READ cai
    NONSPECIFIC_CURRENT il
    RANGE gk, gl, el
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (S) = (siemens) (molar) = (1/liter) (mM) = (millimolar) }
PARAMETER {
    gk = 0.01 (S/cm2)
    gl = 1e-4 (S/cm2)
    el = -70  (mV)
    kd = 0.01 (mM)
    beta = 0.03 (/ms)
}
STATE { c }
ASSIGNED { v (mV) celsius (degC) ek (mV) cai (mM) ik (mA/cm2) il (mA/cm2) cinf ctau (ms) tadj }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ik = gk*c*c*(v - ek)
    il = gl*(v - el)
}
INITIAL { tadj = 3^((celsius - 22)/10)  rates(cai)  c = cinf }
DERIVATIVE states {
    rates(cai)
    c' = (cinf - c)/ctau
}
PROCEDURE rates(cai (mM)) {
    LOCAL car
    car = (cai/kd)^2
    cinf = car/(1 + car)
    ctau = 1/(beta*(1 + car)*tadj)
}
