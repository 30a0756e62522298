TITLE calcium in a shell

NEURON {
    SUFFIX capool
    USEION ca READ ica, cai WRITE cai
    RANGE depth, taur, cainf
}

UNITS {
    (molar) = (1/liter)
    (mM) = (millimolar)
    (um) = (micron)
    (mA) = (milliamp)
    FARADAY = (faraday) (coulomb)
}

PARAMETER {
    depth = .1 (um)   : of the shell
    taur = 200 (ms)
    cainf = 1e-4 (mM)
}
STATE { cai (mM) }
ASSIGNED { ica (mA/cm2) }
INITIAL { cai = cainf }
BREAKPOINT { SOLVE state METHOD euler }
DERIVATIVE state {
    LOCAL drive
    drive = -(10000)*ica/(2*FARADAY*depth)
    if (drive <= 0.) { drive = 0. }
    cai' = drive + (cainf - cai)/taur
}
