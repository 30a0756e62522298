TITLE transient potassium, inactivating with two time constants

NEURON {
    SUFFIX ka
    USEION k READ ek WRITE ik
    RANGE gbar
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (mS) = (millisiemens) }
PARAMETER {
    gbar = 5 (mS/cm2)
    fast = 0.6
    tslow = 90 (ms)
}
STATE { n h1 h2 }
ASSIGNED { v (mV) ek (mV) ik (mA/cm2) ninf hinf taun (ms) tau1 (ms) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ik = (0.001)*gbar*n^4*(fast*h1 + (1 - fast)*h2)*(v - ek)
}
INITIAL {
    rates(v)
    n = ninf
    h1 = hinf
    h2 = hinf
}
DERIVATIVE states {
    rates(v)
    n' = (ninf - n)/taun
    h1' = (hinf - h1)/tau1
    h2' = (hinf - h2)/tslow
}
PROCEDURE rates(v (mV)) {
    LOCAL a
    ninf = 1/(1 + exp(-(v + 60)/8.5))
    taun = 0.37 + 1/(exp((v + 35.8)/19.7) + exp(-(v + 79.7)/12.7))
    hinf = 1/(1 + exp((v + 78)/6))
    a = 1/(exp((v + 46)/5) + exp(-(v + 238)/37.5))
    if (v < -63) { tau1 = a } else { tau1 = 19 }
}
