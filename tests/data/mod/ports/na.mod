TITLE fast sodium, opening and closing rates

NEURON {
    SUFFIX na
    USEION na READ ena WRITE ina
    RANGE gbar, shift
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (S) = (siemens) }
PARAMETER {
    gbar = 0.12 (S/cm2)
    shift = -5  (mV)
}
STATE { m h }
ASSIGNED { v (mV) ena (mV) ina (mA/cm2) am (/ms) bm (/ms) ah (/ms) bh (/ms) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ina = gbar*m*m*m*h*(v - ena)
}
INITIAL {
    rates(v)
    m = am/(am + bm)
    h = ah/(ah + bh)
}
DERIVATIVE states {
    rates(v)
    m' = am*(1 - m) - bm*m
    h' = ah*(1 - h) - bh*h
}
FUNCTION lin(x (mV), k (mV)) (mV) {
    if (fabs(x/k) < 1e-6) {
        lin = k*(1 - x/k/2)
    } else {
        lin = x/(exp(x/k) - 1)
    }
}
PROCEDURE rates(v (mV)) {
    LOCAL u
    u = v - shift
    am = 0.32*lin(13 - u - 60, 4)
    bm = 0.28*lin(u + 20, 5)
    ah = 0.128*exp(-(u + 43)/18)
    bh = 4/(1 + exp(-(u + 20)/5))
}
