TITLE muscarinic potassium

NEURON {
    SUFFIX km
    USEION k READ ek WRITE ik
    RANGE gbar, inf, tau
}
UNITS { (mA) = (milliamp) (mV) = (millivolt) (S) = (siemens) }
PARAMETER {
    gbar = 1e-4 (S/cm2)
    taumax = 1000 (ms)
}
STATE { p }
ASSIGNED { v (mV) celsius (degC) ek (mV) ik (mA/cm2) inf tau (ms) tadj taupeak (ms) }
BREAKPOINT {
    SOLVE states METHOD cnexp
    ik = gbar*p*(v - ek)
}
INITIAL {
    tadj = 2.3^((celsius - 36)/10)
    taupeak = taumax/tadj
    evaluate(v)
    p = inf
}
DERIVATIVE states {
    evaluate(v)
    p' = (inf - p)/tau
}
PROCEDURE evaluate(v (mV)) {
    inf = 1/(1 + exp(-(v + 35)/10))
    tau = taupeak/(3.3*exp((v + 35)/20) + exp(-(v + 35)/20))
}
