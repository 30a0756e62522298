TITLE delayed rectifier, rates by alpha and beta

COMMENT
Written for the tests of spikebridge; nobody's channel.
ENDCOMMENT

NEURON {
    SUFFIX kdr
    USEION k READ ek WRITE ik
    RANGE gbar, ninf, ntau
    GLOBAL q10
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S)  = (siemens)
}

PARAMETER {
    gbar = .01 (S/cm2)   : peak conductance
    vh = -40   (mV)
    q10 = 3
}

STATE { n }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    ninf
    ntau (ms)
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    ik = gbar*n^4*(v - ek)
}

INITIAL {
    rates(v)
    n = ninf
}

DERIVATIVE states {
    rates(v)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL a, b, qt
    TABLE ninf, ntau DEPEND vh, celsius, q10 FROM -120 TO 80 WITH 200
    UNITSOFF
    qt = q10^((celsius - 22)/10)
    a = trap(.02, v - vh, 9)
    b = .25*exp(-(v - vh)/80)     : closing
    ntau = 1/(qt*(a + b))
    ninf = a/(a + b)
    UNITSON
}

FUNCTION trap(r, x, s) {
    if (fabs(x) < 1e-6) {
        trap = r*s
    } else {
        trap = r*x/(1 - exp(-x/s))
    }
}
