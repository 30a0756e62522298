TITLE Squid giant axon, resting potential -65 mV

COMMENT
Hodgkin & Huxley 1952, J Physiol 117:500, equations 7-26, table 3; shifted to absolute voltage as in Dayan & Abbott 2001, sec. 5.6

v is the membrane potential. Give cm the capacitance C_m = 1 uF/cm2
and inject I_stim with an IClamp.
ENDCOMMENT

NEURON {
    SUFFIX hodgkin_huxley
    NONSPECIFIC_CURRENT i
    RANGE T, T_rates, g_Na, g_K, g_L, E_Na, E_K, E_L
    RANGE I_Na, I_K, I_L, phi, alpha_m, beta_m, alpha_h, beta_h
    RANGE alpha_n, beta_n
}

UNITS {
    (mV) = (millivolt)
    (mA) = (milliamp)
    (uA) = (microamp)
    (mS) = (millisiemens)
}

PARAMETER {
    T = 279.45 (K)
    T_rates = 279.45 (K)
    g_Na = 120 (mS/cm2)
    g_K = 36 (mS/cm2)
    g_L = 0.3 (mS/cm2)
    E_Na = 50 (mV)
    E_K = -77 (mV)
    E_L = -54.387 (mV)
}

STATE { m h n }

ASSIGNED {
    v (mV)
    i (mA/cm2)
    I_Na (uA/cm2)
    I_K (uA/cm2)
    I_L (uA/cm2)
    phi
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
    I_Na = g_Na*m^3*h*(v - E_Na)
    I_K = g_K*n^4*(v - E_K)
    I_L = g_L*(v - E_L)
    i = (0.001)*(I_Na + I_K + I_L)
}

DERIVATIVE states {
    rates()
    m' = phi*(alpha_m*(1 - m) - beta_m*m)
    h' = phi*(alpha_h*(1 - h) - beta_h*h)
    n' = phi*(alpha_n*(1 - n) - beta_n*n)
}

PROCEDURE rates() {
    phi = 3^((T - T_rates)/10 (K))
    alpha_m = 1 (/ms)/exprel(-(v + 40 (mV))/10 (mV))
    beta_m = 4 (/ms)*exp(-(v + 65 (mV))/18 (mV))
    alpha_h = 0.07 (/ms)*exp(-(v + 65 (mV))/20 (mV))
    beta_h = 1 (/ms)/(1 + exp(-(v + 35 (mV))/10 (mV)))
    alpha_n = 0.1 (/ms)/exprel(-(v + 55 (mV))/10 (mV))
    beta_n = 0.125 (/ms)*exp(-(v + 65 (mV))/80 (mV))
}

FUNCTION exprel(x) {
    : (exp(x) - 1)/x, by its series where the difference would cancel
    if (fabs(x) < 0.02) {
        exprel = 1 + x/2*(1 + x/3*(1 + x/4*(1 + x/5*(1 + x/6*(1 + x/7)))))
    } else {
        exprel = (exp(x) - 1)/x
    }
}
