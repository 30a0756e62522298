TITLE a nonlinear rate under METHOD cnexp

NEURON {
    SUFFIX nonlin
    NONSPECIFIC_CURRENT i
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) }
PARAMETER { g = 0.0005 (S/cm2) }
STATE { x }
ASSIGNED { v (mV) i (mA/cm2) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = g*x*(v + 20)
}
INITIAL { x = 0.2 }
DERIVATIVE states { x' = x*(1 - x)/5 }
