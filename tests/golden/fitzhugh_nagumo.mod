TITLE FitzHugh-Nagumo model of excitation and recovery

COMMENT
FitzHugh 1961, Biophys J 1:445, with the sign and scaling of the current as in Gerstner et al. 2014, Neuronal Dynamics, sec. 4.2

This mechanism has its own states; set I_stim, for example with Vector.play.
v is v_model here, w is w_model here: NEURON keeps those names for itself.
ENDCOMMENT

NEURON {
    POINT_PROCESS fitzhugh_nagumo
    RANGE a, b, c, eps, I_stim
}

PARAMETER {
    a = 0.7
    b = 0.8
    c = 3
    eps = 0.08
    I_stim = 0
}

STATE { v_model w_model }

INITIAL {
    v_model = -1.2
    w_model = -0.6
}

BREAKPOINT {
    SOLVE states METHOD derivimplicit
}

DERIVATIVE states {
    v_model' = (v_model - v_model*v_model*v_model/c - w_model + I_stim)/1 (ms)
    w_model' = eps*(v_model + a - b*w_model)/1 (ms)
}
