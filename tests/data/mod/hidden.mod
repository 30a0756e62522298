TITLE a rate inside a FUNCTION, and one that overflows harmlessly

NEURON {
    SUFFIX hidden
    NONSPECIFIC_CURRENT i
    RANGE gbar
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) }
PARAMETER { gbar = 0 (S/cm2) }
STATE { m h }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = gbar*m*h*(v + 20)
}
INITIAL {
    m = 0.2
    h = 0.7
}
DERIVATIVE states {
    m' = drive(m, v)
    h' = drive(h, v)
}
FUNCTION drive(x, v (mV)) {
    drive = (1/(1 + exp(-(v + 30)*40)) - x)/4
}
