"""Import of NEURON's .mod files: what each construct becomes, by the parser alone; no mechanism is built here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.importing.nmodl import Imported, import_mod, read_mod
from spikebridge.bridge.system import build_system

MODS = Path(__file__).parents[1] / "data" / "mod"
V = np.array([-90.0, -62.5, -40.0, -21.0, 30.0])  # -40 mV is a singularity of kdr


def imported(name: str) -> Imported:
    """One of the test mechanisms."""
    return read_mod(MODS / f"{name}.mod")


def rates(found: Imported, **values: float) -> dict[str, np.ndarray]:
    """The slope of each state at the voltages V with every gate at 0.3; slopes in the patch, which has a leak of 0.1 mS/cm2."""
    model = found.mechanism.in_patch
    system = build_system(model, len(V))
    state = tuple(V if s == model.voltage else np.full(len(V), values.get(s, 0.3)) for s in model.state_names)
    return dict(zip(model.state_names, system.rates(state, 0.0), strict=True))


def of(current: np.ndarray | float) -> np.ndarray:
    """dv/dt of the patch with that current in mA/cm2."""
    return -1000 * current - 0.1 * (V + 65)


def mod(body: str, neuron: str = "NONSPECIFIC_CURRENT i", **blocks: str) -> str:
    """A small file: SUFFIX x with a current i, and other blocks by name."""
    others = "\n".join(f"{name.upper()} {{ {content} }}" for name, content in blocks.items())
    return f"NEURON {{ SUFFIX x\n {neuron} }}\nASSIGNED {{ v (mV) i (mA/cm2) }}\n{others}\n{body}"


def refusal(text: str) -> str:
    """The line with which a file is refused."""
    with pytest.raises(DefinitionError) as caught:
        import_mod(text, Path("x.mod"))
    return str(caught.value)


def test_a_channel_computes_what_its_file_says() -> None:
    """Rates at 6.3 degrees, at the removable singularity too, and the current; the definition reads like the file."""
    found = imported("kdr")
    u, qt = V + 40, 3 ** ((6.3 - 22) / 10)
    with np.errstate(invalid="ignore"):
        a = np.where(u == 0, 0.02 * 9, 0.02 * u / (1 - np.exp(-u / 9)))
    b = 0.25 * np.exp(-u / 80)
    assert rates(found)["n"] == pytest.approx(qt * (a * 0.7 - b * 0.3), rel=1e-12)
    assert rates(found)["v"] == pytest.approx(of(0.01 * 0.3**4 * (V + 77)), rel=1e-12)
    assert "ntau = 1/(qt*(a + b)) " in found.text and 'gbar = "0.01 S/cm2"  # peak conductance' in found.text
    assert [f.line for f in found.findings if f.kind in ("table", "guard")] == [65, 54]


def test_gates_updated_by_hand_become_equations() -> None:
    """m = m + mexp*(minf - m) is the exact step of a linear equation; a shift at one value of v is left out."""
    found = imported("naf_by_hand")
    assert found.schemes == {"m": "cnexp by hand", "h": "cnexp by hand"}
    q, u = 3 ** ((6.3 - 24) / 10), V + 38
    a, b = 0.182 * u / (1 - np.exp(-u / 6)), -0.124 * u / (1 - np.exp(u / 6))
    assert rates(found)["m"] == pytest.approx(q * (a * 0.7 - b * 0.3), rel=1e-11)
    assert [f.line for f in found.findings if f.kind == "guard"] == [39]


def test_a_current_that_reads_what_rates_have_left_is_marked() -> None:
    """The equation is that of small steps; the conductance does not see what is stale, and the scheme is kept."""
    found = imported("stale")
    assert found.frozen == ("pinf",) and found.schemes == {"q": "derivimplicit"}
    current = 1e-4 * 2.3 ** ((6.3 - 23) / 10) * (1 / (1 + np.exp(-(V + 30) / 7))) ** 2 * 0.3 * (V - 132.5) + 1e-4 * (V + 60)
    assert rates(found)["v"] == pytest.approx(of(current), rel=1e-12)
    assert rates(found)["q"] == pytest.approx((1 - 0.1 * 5e-5 / 0.0004 - 0.3) / (10 + 40 / (1 + np.exp((V + 50) / 9))), rel=1e-12)
    assert 'gbar = "1 pS/um2"' in found.text and "1e-4*" not in found.text


def test_a_pool_of_calcium_is_a_state_in_millimolar() -> None:
    """What flows in lifts it, what flows out does not lower it, and it decays: units from the file, FARADAY by name."""
    found = imported("capool")
    drive = 10000 * 1e-3 / (2 * 96485.3321233100184 * 0.1)
    assert rates(found, cai=2e-4)["cai"] == pytest.approx(drive + (1e-4 - 2e-4) / 200, rel=1e-12)
    assert 'FARADAY = "96485.33212331001 C/mol"' in found.text and 'depth = "0.1 um"  # of the shell' in found.text


def test_a_kinetic_scheme_becomes_its_equations() -> None:
    """With rates from a procedure, and a weight that a loop over an array adds up to 1."""
    found = imported("kkin")
    a, b = np.exp((V + 40) / 25), 0.3 * np.exp(-(V + 40) / 40)
    slopes = rates(found, c1=0.5, c2=0.2, o=0.3)
    assert slopes["c1"] == pytest.approx(-(a * 0.5 - b * 0.2), rel=1e-12)
    assert slopes["o"] == pytest.approx(0.5 * a * 0.2 - 2 * b * 0.3, rel=1e-12)
    assert slopes["v"] == pytest.approx(of(0.002 * 0.3 * (V + 77)), rel=1e-12)
    assert found.schemes == dict.fromkeys(("c1", "c2", "o"), "sparse")


def test_a_steady_state_is_solved_symbolically() -> None:
    """SOLVE ... STEADYSTATE of a kinetic scheme begins where nothing moves, at whatever voltage; a LINEAR block where its equations hold."""
    model = imported("kkin").mechanism.in_patch.with_initial({"v": "-33 mV"})
    a, b = np.exp(7 / 25), 0.3 * np.exp(-7 / 40)
    c2 = a / b
    o = c2 * 0.5 * a / (2 * b)
    start = model.initial_values
    assert [start[s] for s in ("c1", "c2", "o")] == pytest.approx(np.array([1, c2, o]) / (1 + c2 + o), rel=1e-13)
    linear = mod("LINEAR s { ~ a*3 - b = v\n ~ a + b = 1 }", state="a b", initial="SOLVE s", breakpoint="i = a*b")
    start = import_mod(linear, Path("x.mod")).mechanism.in_patch.initial_values
    assert (start["a"], start["b"]) == pytest.approx(((1 - 65) / 4, 1 - (1 - 65) / 4), rel=1e-13)


def test_a_point_process_is_in_nanoampere_and_an_electrode_points_inward() -> None:
    """In a patch of 20000 um2 and 0.2 nF; NEURON takes every current of such a file as an electrode's."""
    found = imported("leakpoint")
    assert found.point_process and found.currents == {"I_i": ("i", -1), "I_ie": ("ie", -1)}
    assert rates(found)["v"] == pytest.approx((0.002 * (V + 50) + 0.01 - 0.02 * (V + 65)) / 0.2, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (mod("BREAKPOINT {\nVERBATIM\n  v = 1;\nENDVERBATIM\n i = 0 }"), "x.mod: line 7: VERBATIM cannot be imported: v = 1;"),
        (mod("BREAKPOINT { i = p }", "POINTER p"), "x.mod: line 2: POINTER cannot be imported"),
        (mod("BREAKPOINT { WHILE (v > 0) { i = 0 } }"), "x.mod: line 5: WHILE cannot be imported"),
        (mod("FUNCTION_TABLE f(v)"), "x.mod: line 5: FUNCTION_TABLE cannot be imported"),
        (mod("NET_RECEIVE(w) { i = w }"), "x.mod: line 5: NET_RECEIVE: an event synapse cannot be imported"),
        (mod("BREAKPOINT { i = sin(t) }"), "x.mod: line 5: it reads the time t"),
        (mod('INCLUDE "/etc/passwd"'), "x.mod: line 5: INCLUDE cannot be imported: put what it names in its place"),
        (mod("BREAKPOINT { i = nothing(v) }"), "x.mod: line 5: the function nothing cannot be imported"),
        (mod("BREAKPOINT { i = i + v }"), "x.mod: line 5: i is read before it is written, and so keeps its value from step to step"),
        (mod("BREAKPOINT { SOLVE s\n i = 0 }\nPROCEDURE s() { m = m + (1 - exp(-0.025/3))*(1 - m) }", state="m"),
         "x.mod: line 5: s updates m by a rule without dt, and so for one step only"),
        (mod("BREAKPOINT { m = m + dt*(1 - m)\n i = m }", state="m"), "x.mod: line 5: it reads the step dt, and not to update a state by hand"),
        (mod("BREAKPOINT { SOLVE s METHOD cnexp\n m = m + 1\n i = 0 }\nDERIVATIVE s { m' = -m }", state="m"),
         "x.mod: BREAKPOINT itself updates m: NEURON runs it twice a step, and there is no limit of small steps"),
        (mod("BREAKPOINT { SOLVE s METHOD cnexp\n i = m }\nDERIVATIVE s { m' = -m\n if (m < 0) { m = 0 } }", state="m"),
         "x.mod: line 5: s sets m beside its equation"),
        ("NEURON { SUFFIX nothing }", "x.mod: there is no mechanism in it: NEURON { SUFFIX ... } is missing"),
        ("hello", "x.mod: line 1: NEURON's parser cannot read it"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_refused_by_name_and_line(text: str, message: str) -> None:
    """One line each."""
    assert message in refusal(text)


def test_a_mod_file_is_taken_wherever_a_definition_is(tmp_path: Path) -> None:
    """Loaded by its path it sits in a patch; a model file and an experiment file beside it use it by name."""
    assert load(MODS / "kdr.mod").state_names == ("v", "n")
    shutil.copy(MODS / "kdr.mod", tmp_path)
    (tmp_path / "cell.toml").write_text(CELL)
    (tmp_path / "run.toml").write_text('model = "kdr.mod"\nduration = "5 ms"\ndt = "0.1 ms"\n')
    assert "gbar" in load(tmp_path / "cell.toml").parameters
    assert load_experiment(tmp_path / "run.toml").model.name == "kdr"


CELL = '''name = "cell"
equations = """
dv/dt = (I_stim - ik - 0.1*mS/cm2*(v + 60*mV))/C_m : mV
I_stim : uA/cm2
"""
[[mechanism]]
use = "kdr.mod"
[parameters]
C_m = "1 uF/cm2"
ek = "-80 mV"
celsius = "37"
[initial]
v = "-60 mV"
'''
