TITLE delayed rectifier, steady state and time constant

NEURON {
    SUFFIX kd
    USEION k READ ek WRITE ik
    RANGE gkbar, ninf, taun
}
PARAMETER {
    gkbar = 20  (pS/um2)
    vhalf = -25 (mV)
    zeta = 9    (mV)
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (pS) = (picosiemens) (um) = (micron) }
STATE { n }
ASSIGNED { v (mV) ek (mV) ik (mA/cm2) ninf taun (ms) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ik = (1e-4)*gkbar*n^3*(v - ek)
}
INITIAL { settle(v)  n = ninf }
DERIVATIVE states {
    settle(v)
    n' = (ninf - n)/taun
}
PROCEDURE settle(v (mV)) {
    ninf = 1/(1 + exp(-(v - vhalf)/zeta))
    taun = 0.8 + 6/(exp((v + 35)/14) + exp(-(v + 35)/22))
}
