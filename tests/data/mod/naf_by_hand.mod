TITLE sodium channel whose gates are updated by hand

NEURON {
    SUFFIX nafh
    USEION na READ ena WRITE ina
    RANGE gbar
    GLOBAL minf, hinf, mexp, hexp
}

UNITS { (mA) = (milliamp) (mV) = (millivolt) }
PARAMETER { gbar = 0.05 (mho/cm2) }
STATE { m h }
ASSIGNED { v (mV) dt (ms) celsius ena (mV) ina (mA/cm2) minf hinf mexp hexp }

BREAKPOINT {
    SOLVE states
    ina = gbar*m*m*m*h*(v - ena)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

PROCEDURE states() {
    rates(v)
    m = m + mexp*(minf - m)
    h = h + hexp*(hinf - h)
    VERBATIM
    return 0;
    ENDVERBATIM
}

PROCEDURE rates(v) {
    LOCAL a, b, tinc
    TABLE minf, mexp, hinf, hexp DEPEND dt, celsius FROM -100 TO 100 WITH 200
    tinc = -dt*3^((celsius - 24)/10)
    if (v == -38) { v = v + 0.0001 }
    a = 0.182*(v + 38)/(1 - exp(-(v + 38)/6))
    b = 0.124*(-v - 38)/(1 - exp((v + 38)/6))
    minf = a/(a + b)
    mexp = 1 - exp(tinc*(a + b))
    a = 0.015*exp(-(v + 66)/12)
    b = 0.9/(1 + exp(-(v + 30)/8))
    hinf = a/(a + b)
    hexp = 1 - exp(tinc*(a + b))
}
