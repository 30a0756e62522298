"""The words of NMODL: what it reserves, and how it spells units."""

from __future__ import annotations

from spikebridge.bridge.definition.spike_rule import MAX_EVENTS
from spikebridge.bridge.expressions.units import Unit
from spikebridge.bridge.translate.reserved_names import reserved

_C = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof "
    "static struct switch typedef union unsigned void volatile while asm bool catch class delete explicit export false friend mutable namespace new operator "
    "private protected public template this throw true try typeid typename using virtual alignas alignof and bitand bitor compl constexpr decltype noexcept "
    "not nullptr or thread_local wchar_t xor main std abs acos asin atan atan2 ceil cos cosh exp expm1 fabs floor fmod log log10 pow round sin sinh sqrt tan "
    "tanh erf erfc gamma hypot j0 j1 jn y0 y1 yn y div exit free malloc index time random rand signal select read write link pipe stdin stdout stderr errno "
    "NULL EOF INFINITY NAN M_PI printf fprintf hoc_getarg ret"
)
_NMODL = (
    "AFTER ALL ARTIFICIAL_CELL ASSIGNED BEFORE BREAKPOINT BY CONDUCTANCE CONSERVE CONSTANT CONSTRUCTOR DEFINE DEPEND DERIVATIVE DESTRUCTOR DISCRETE "
    "ELECTRODE_CURRENT ELSE END EQUATION EXTERNAL FIRST FOR_NETCONS FORALL FROM FUNCTION FUNCTION_TABLE GLOBAL HIDDEN IF INCLUDE INDEPENDENT INITIAL "
    "KINETIC LAG LAST LIN LINEAR LOCAL LONGITUDINAL_DIFFUSION MATCH METHOD MODEL MODEL_LEVEL NET_RECEIVE NEURON NONLINEAR NONSPECIFIC_CURRENT NRNMUTEXLOCK "
    "NRNMUTEXUNLOCK PARAMETER PARTEARR PARTIAL PLOT POINTER POINT_PROCESS PROCEDURE PROTECT PUTQ RANDOM RANGE READ REACTION REPEAT RESET SECTION SENS SOLVE "
    "SOLVEFOR START STATE STEADYSTATE STEP STEPPED SUFFIX SWEEP TABLE TERMINAL THREADSAFE TITLE TO UNITS UNITSOFF UNITSON USEION USING VALENCE VERBATIM "
    "VERTEX VS VVERSION WATCH WHILE WITH WRITE COMMENT ENDCOMMENT ENDVERBATIM BBCOREPOINTER COMPARTMENT QUEUE VECTOR"
)
_NEURON = (
    "t dt v i celsius area diam flag w states rates exprel refractory awake g_hold v_held net_send net_event net_move at_time secondorder nseg Ra cm L e_pas g_pas "
    "factorial first_time scop_random exprand normrand poisrand set_seed state_discontinuity threshold force boundary harmonic perpulse perstep pulse ramp "
    "revhyperbol revsawtooth revsigmoid squarewave sawtooth sigmoid tridiag trap expfit legendre sign schedule invert derivs deflate error euler crout "
    "adams runge gauss gear newton simplex simeq seidel advance heun cnexp derivimplicit sparse after_cvode matrix neuron nmodl point_process suffix usetable "
    "nothing hh pas extracellular capacitance fastpas IClamp SEClamp VClamp ExpSyn Exp2Syn AlphaSynapse NetStim NetCon IntFire1 IntFire2 IntFire4 APCount Section Vector"
)
# what the C++ that NEURON generates calls its own
_GENERATED = (
    "Datum DoubScal DoubVec HocParmLimits HocParmUnits HocStateTolerance Memb_list NMODL_TEXT NODEV NPyDirectMechFunc Node NrnThread Prop Symbol VoidFunc "
    "assert container data_handle field_index fpfield get gind hoc_Exp hoc_getdata_range hoc_intfunc hoc_lookup hoc_nrnpointerindex "
    "hoc_reg_nmodl_filename hoc_reg_nmodl_text hoc_register_cvode hoc_register_dparam_semantics hoc_register_limits hoc_register_npy_direct "
    "hoc_register_parm_default hoc_register_prop_size hoc_register_tolerance hoc_register_units hoc_register_var hoc_retpushx hoc_scdoub hoc_vdoub "
    "initmodel ivoc_help literal_value mech_type mechtype modelname need_memb nmodl_file_text nmodl_filename node_d_storage node_rhs_storage "
    "node_sav_d_storage node_sav_rhs_storage node_voltage_storage npy_direct_func_proc nrn_alloc nrn_cur nrn_get_mechtype nrn_init nrn_jacob nrn_promote "
    "nrn_prop_datum_alloc nrn_state nrn_thread_table_check_t prop_ion register_mech register_nmodl_text_and_filename size_t static_cast terminal delta_t "
    "Member_func NewtonSpace Object Point_process abort_run add_nrn_has_net_event create_point_process data derivimplicit_thread "
    "destroy_point_process dptr_field get_loc_point_process has_loc_point hoc_execerror hoc_object_name hoc_reg_watch_allocate "
    "loc_point_process node nrn_cons_newtonspace nrn_destroy_newtonspace nrn_newton_thread nrn_point_prop_ ob pnt_receive "
    "pnt_receive_size point_register_mech getarg nrn_threads resize row_view scopmath"
)
_OURS = "stimulus_seen iterate spike_level"
_LEVELS = " ".join(f"event_{k}_level" for k in range(1, MAX_EVENTS + 1))
# of whatever version; what the installed ones reserve beside is measured
NMODL = frozenset(f"{_C} {_NMODL} {_NEURON} {_GENERATED}".split())
RESERVED = NMODL | frozenset(f"{_OURS} {_LEVELS}".split()) | reserved("nmodl", "cplusplus")
MECHANISMS = RESERVED | reserved("hoc")

_UNIT_WORDS = {
    "V": "volt",
    "A": "amp",
    "S": "siemens",
    "F": "farad",
    "ohm": "ohm",
    "Hz": "/s",
    "J": "joule",
    "C": "coulomb",
    "g": "gram",
    "mol": "",  # in NEURON's units a mole is a number, and concentrations count it as one: mM is milli/liter
}
_PREFIX_WORDS = {"": "", "f": "femto", "p": "pico", "n": "nano", "u": "micro", "m": "milli", "k": "kilo", "M": "mega"}
KNOWN_UNITS = {"ms", "s", "cm", "m", "um", "K", "l"}  # NEURON's units table has these


def unit_text(unit: Unit) -> str:
    """``(mS/cm2)``, ``(/ms)``, ``(uA-ms)`` for a product; ``(1)`` for a pure number."""
    text = str(unit)
    text = text.replace("*", "-")
    return f"({text[1:] if text.startswith('1/') else text})"


def with_unit(declared: str, unit: Unit) -> str:
    """A name, or a name and its value, followed by its unit; a pure number has none."""
    return f"{declared} {unit_text(unit)}" if unit.powers else declared


def unit_words(atom: str) -> str:
    """An atom as a UNITS block defines it: ``millivolt`` for mV."""
    for symbol, word in _UNIT_WORDS.items():
        prefix = atom.removesuffix(symbol)
        if prefix != atom and prefix in _PREFIX_WORDS:
            if symbol == "ohm" and prefix == "M":
                return "megohm"
            return _PREFIX_WORDS[prefix] + word or "1"
    if atom.endswith("M"):
        return _PREFIX_WORDS[atom[:-1]] + "/liter"
    return atom
