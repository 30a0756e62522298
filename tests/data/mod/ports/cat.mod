TITLE low-threshold calcium, with a temperature factor for each gate

NEURON {
    SUFFIX cat
    USEION ca READ cai, cao WRITE ica
    RANGE pbar, minf, mtau, hinf, htau
    GLOBAL qm, qh
}
UNITS {
    (mA) = (milliamp) (mV) = (millivolt) (molar) = (1/liter) (mM) = (millimolar)
    FARADAY = (faraday) (coulomb)
    R = (k-mole) (joule/degC)
}
PARAMETER {
    pbar = 1e-4 (cm/s)
    qm = 5
    qh = 3
}
STATE { m h }
ASSIGNED { v (mV) celsius (degC) cai (mM) cao (mM) ica (mA/cm2) minf hinf mtau (ms) htau (ms) fm fh }
BREAKPOINT {
    SOLVE gates METHOD cnexp
    ica = pbar*m*m*h*ghk(v, cai, cao)
}
INITIAL {
    fm = qm^((celsius - 24)/10)
    fh = qh^((celsius - 24)/10)
    rates(v)
    m = minf
    h = hinf
}
DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}
FUNCTION ghk(v (mV), ci (mM), co (mM)) (.001 coul/cm3) {
    LOCAL z, e
    z = (1e-3)*2*FARADAY*v/(R*(celsius + 273.15))
    if (fabs(z) < 1e-4) { e = 1 - z/2 } else { e = z/(exp(z) - 1) }
    ghk = (.001)*2*FARADAY*(ci*(e + z) - co*e)
}
PROCEDURE rates(v (mV)) {
    minf = 1/(1 + exp(-(v + 56)/6.2))
    mtau = (0.6 + 1/(exp(-(v + 131)/16.7) + exp((v + 16)/18.2)))/fm
    hinf = 1/(1 + exp((v + 80)/4))
    if (v < -80) {
        htau = exp((v + 466)/66.6)/fh
    } else {
        htau = (28 + exp(-(v + 22)/10.5))/fh
    }
}
