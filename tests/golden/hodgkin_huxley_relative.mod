TITLE Squid giant axon, voltage measured from rest, depolarisation positive

COMMENT
Hodgkin & Huxley 1952, J Physiol 117:500, equations 7-26, table 3, with the sign of the voltage turned round

v is the membrane potential. Give cm the capacitance C_m = 1 uF/cm2
and inject I_stim with an IClamp.
ENDCOMMENT

NEURON {
    SUFFIX hodgkin_huxley_relative
    NONSPECIFIC_CURRENT i
    RANGE g_Na, g_K, g_l, V_Na, V_K, V_l, I_Na, I_K
    RANGE I_l, alpha_m, beta_m, alpha_h, beta_h, alpha_n, beta_n
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (uA) = (microamp)
    (mS) = (millisiemens)
}

PARAMETER {
    g_Na = 120 (mS/cm2)
    g_K = 36 (mS/cm2)
    g_l = 0.3 (mS/cm2)
    V_Na = 115 (mV)
    V_K = -12 (mV)
    V_l = 10.613 (mV)
}

STATE { m h n }

ASSIGNED {
    v (mV)
    i (mA/cm2)
    I_Na (uA/cm2)
    I_K (uA/cm2)
    I_l (uA/cm2)
    alpha_m (/ms)
    beta_m (/ms)
    alpha_h (/ms)
    beta_h (/ms)
    alpha_n (/ms)
    beta_n (/ms)
}

INITIAL {
    rates()
    m = alpha_m/(alpha_m + beta_m)
    h = alpha_h/(alpha_h + beta_h)
    n = alpha_n/(alpha_n + beta_n)
}

BREAKPOINT {
    SOLVE states METHOD cnexp
    I_Na = g_Na*m^3*h*(v - V_Na)
    I_K = g_K*n^4*(v - V_K)
    I_l = g_l*(v - V_l)
    i = (0.001)*(I_Na + I_K + I_l)
}

DERIVATIVE states {
    rates()
    m' = alpha_m*(1 - m) - beta_m*m
    h' = alpha_h*(1 - h) - beta_h*h
    n' = alpha_n*(1 - n) - beta_n*n
}

PROCEDURE rates() {
    alpha_m = 1 (/ms)/exprel((25 (mV) - v)/10 (mV))
    beta_m = 4 (/ms)*exp(-v/18 (mV))
    alpha_h = 0.07 (/ms)*exp(-v/20 (mV))
    beta_h = 1 (/ms)/(exp((30 (mV) - v)/10 (mV)) + 1)
    alpha_n = 0.1 (/ms)/exprel((10 (mV) - v)/10 (mV))
    beta_n = 0.125 (/ms)*exp(-v/80 (mV))
}

FUNCTION exprel(x) {
    : (exp(x) - 1)/x, by its series where the difference would cancel
    if (fabs(x) < 0.02) {
        exprel = 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6*(1 + x/7)))))
    } else {
        exprel = (exp(x) - 1)/x
    }
}
