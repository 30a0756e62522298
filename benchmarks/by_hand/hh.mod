NEURON {
    SUFFIX hhand
    NONSPECIFIC_CURRENT i
}
UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (S) = (siemens)
}
ASSIGNED { v (mV) i (mA/cm2) am bm ah bh an bn }
STATE { m h n }
INITIAL {
    rates(v)
    m = am/(am + bm)
    h = ah/(ah + bh)
    n = an/(an + bn)
}
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = 0.12*m^3*h*(v - 50) + 0.036*n^4*(v + 77) + 0.0003*(v + 54.387)
}
DERIVATIVE states {
    rates(v)
    m' = am*(1 - m) - bm*m
    h' = ah*(1 - h) - bh*h
    n' = an*(1 - n) - bn*n
}
UNITSOFF
PROCEDURE rates(v) {
    am = 0.1*vtrap(-(v + 40), 10)
    bm = 4*exp(-(v + 65)/18)
    ah = 0.07*exp(-(v + 65)/20)
    bh = 1/(exp(-(v + 35)/10) + 1)
    an = 0.01*vtrap(-(v + 55), 10)
    bn = 0.125*exp(-(v + 65)/80)
}
FUNCTION vtrap(x, y) {
    if (fabs(x/y) < 1e-6) {
        vtrap = y*(1 - x/y/2)
    } else {
        vtrap = x/(exp(x/y) - 1)
    }
}
UNITSON
