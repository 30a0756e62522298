TITLE three states by a kinetic scheme, and a loop over an array

NEURON {
    SUFFIX kkin
    USEION k READ ek WRITE ik
    RANGE gbar
}
DEFINE N 3
UNITS { (mA) = (milliamp) (mV) = (millivolt) }
PARAMETER { gbar = 0.002 (S/cm2) }
STATE { c1 c2 o }
ASSIGNED { v (mV) ek (mV) ik (mA/cm2) f[N] w a b }
BREAKPOINT {
    SOLVE kin METHOD sparse
    ik = gbar*o*w*(v - ek)
}
INITIAL {
    SOLVE kin STEADYSTATE sparse
}
KINETIC kin {
    rates(v)
    ~ c1 <-> c2 (a, b)
    ~ c2 <-> o  (0.5*a, 2*b)
    CONSERVE c1 + c2 + o = 1
}
PROCEDURE rates(v (mV)) {
    a = exp((v + 40)/25)
    b = 0.3*exp(-(v + 40)/40)
    w = 0
    FROM i = 0 TO N - 1 {
        f[i] = (i + 1)/6
        w = w + f[i]
    }
}
