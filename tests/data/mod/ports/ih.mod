TITLE current that hyperpolarization switches on

NEURON {
    SUFFIX ih
    NONSPECIFIC_CURRENT i
    RANGE gbar, eh
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (S) = (siemens) }
PARAMETER {
    gbar = 2e-5 (S/cm2)
    eh = -43    (mV)
    q10 = 4.5
    vhalf = -90 (mV)
}
STATE { l }
ASSIGNED { v (mV) celsius (degC) i (mA/cm2) linf taul (ms) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    i = gbar*l*(v - eh)
}
INITIAL { rate(v)  l = linf }
DERIVATIVE states {
    rate(v)
    l' = (linf - l)/taul
}
FUNCTION bet(v (mV)) { bet = exp(0.0378*2.2*0.4*(v + 75)) }
FUNCTION alp(v (mV)) { alp = exp(0.0378*2.2*(v + 75)) }
PROCEDURE rate(v (mV)) {
    LOCAL qt
    qt = q10^((celsius - 33)/10)
    linf = 1/(1 + exp((v - vhalf)/8))
    taul = bet(v)/(qt*0.011*(1 + alp(v)))
}
