TITLE Leaky integrate-and-fire neuron with reset and absolute refractory period

COMMENT
Dayan & Abbott 2001, Theoretical Neuroscience, sec. 5.4, equation 5.7

v is the membrane potential. Give the section the capacitance tau_m/R_m = 1 nF
and inject I_stim with an IClamp.
ENDCOMMENT

NEURON {
    POINT_PROCESS leaky_integrate_and_fire
    NONSPECIFIC_CURRENT i
    RANGE E_L, R_m, theta, v_reset, tau_refrac
    RANGE refractory
}

UNITS {
    (mV) = (millivolt)
    (nA) = (nanoamp)
    (Mohm) = (megohm)
    (uS) = (microsiemens)
}

PARAMETER {
    E_L = -65 (mV)
    R_m = 10 (Mohm)
    theta = -50 (mV)
    v_reset = -65 (mV)
    tau_refrac = 2 (ms)
    g_hold = 1e15 (uS) : so large that v rests to the last bit
}

ASSIGNED {
    v (mV)
    i (nA)
    refractory
    v_held (mV)
}

INITIAL {
    refractory = 0
    v_held = v
    net_send(0, 1)
}

BREAKPOINT {
    if (refractory) {
        i = g_hold*(v - v_held)
    } else {
        i = (v - E_L)/R_m
    }
}

NET_RECEIVE (w) {
    if (flag == 1) {
        WATCH (v > theta) 2
    } else if (flag == 2) {
        net_event(t)
        v = v_reset
        if (tau_refrac > 0) {
            refractory = 1
            v_held = v
            net_send(tau_refrac, 3)
        }
    } else if (flag == 3) {
        refractory = 0
    }
}
