"""Models composed of mechanisms: the same as if they were written out, and every fault named."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import catalogue, compose, load, load_mechanism, parse_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.latex import Latex
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import NumpySource
from spikebridge.reports.regression.baseline import definition_of

TESTS = Path(__file__).resolve().parents[1]
COMPOSED = [name for name, path in catalogue().items() if "mechanism" in tomllib.loads(path.read_text())]
TARGETS = {"brian2": Brian2Equations, "latex": Latex, "nmodl": Nmodl, "numpy": NumpySource}
LEAK = Mechanism("leak", "I_L = g_L*(v - E_L) : uA/cm2", {"v": "mV"}, ["I_L"], {"g_L": "0.1 mS/cm2", "E_L": "-65 mV"})
GATE = Mechanism(
    "gate", "I_K = g_K*n*(v - E_K) : uA/cm2\ndn/dt = (1 - n)/tau : 1", {"v": "mV"}, ["I_K"],
    {"g_K": "1 mS/cm2", "E_K": "-90 mV", "tau": "5 ms"}, {"n": "0.5"},
)  # fmt: skip
MEMBRANE = "dv/dt = (I_stim - I_L - I_K)/C : mV\nI_stim : uA/cm2\n"
PLAIN = {"parameters": {"C": "1 uF/cm2"}, "initial": {"v": "-65 mV"}}


def cell(*parts, equations: str = MEMBRANE, **more) -> Model:
    return compose("cell", equations, parts or (LEAK, GATE), **{**PLAIN, **more})


def refusal(make) -> str:
    with pytest.raises(DefinitionError) as error:
        make()
    return str(error.value)


# as if written out ----------------------------------------------------------------------------------------


def test_what_the_catalogue_shares_is_shared() -> None:
    """Cells, spike currents, a synapse, a calcium shell; Hodgkin and Huxley's own cell stays a page that is read on its own."""
    assert len(COMPOSED) == 11 and "hodgkin_huxley" not in COMPOSED


@pytest.mark.parametrize("name", COMPOSED)
def test_a_composed_models_definition_is_what_it_was_when_written_out(name) -> None:
    """Names, order, right-hand sides, parameters, initial values and rules, as frozen before there were mechanisms."""
    frozen = json.loads((TESTS / "frozen" / "schemes" / f"{name}.json").read_text())["definition"]
    found = definition_of(load_experiment(name))
    apart = {"duration", "dt", "stimulus"}  # the frozen runs are shorter
    assert [row for row in found.items() if row[0] not in apart] == [row for row in frozen.items() if row[0] not in apart]


@pytest.mark.parametrize("name", COMPOSED)
def test_a_composed_models_translations_are_what_they_were_when_written_out(name) -> None:
    """Letter by letter, by digests of the translations of the files before. To accept a change: RENEW_GOLDEN=1."""
    path = TESTS / "golden" / "composed_models.json"
    kept = json.loads(path.read_text())
    found = {key: hashlib.sha256(make(load(name)).text.encode()).hexdigest()[:16] for key, make in TARGETS.items()}
    if os.environ.get("RENEW_GOLDEN"):
        path.write_text(json.dumps(dict(sorted({**kept, name: found}.items())), indent=1) + "\n")
        kept[name] = found
    assert found == kept[name]


@pytest.mark.parametrize("name", COMPOSED)
def test_a_composed_models_text_is_a_model_file_itself(name) -> None:
    """The listing that `show` prints reads back as the same model, with its comments, and uses nothing."""
    model = load(name)
    assert "[[mechanism]]" not in model.text
    assert parse_model(model.text, model.origin) == model
    for comment in [
        line for line in catalogue()[name].read_text().partition("[parameters]")[2].splitlines() if line.startswith("#")
    ]:
        assert comment in model.text


def test_units_stand_below_one_another() -> None:
    """In a paragraph of equations from several mechanisms, as a person writes them; each mechanism's source is named above."""
    assert cell(equations=MEMBRANE.replace("\n", "\nI_K, I_L\n\n", 1)).text.splitlines()[2:10] == [
        "# leak: leak", "# gate: gate", "",
        "dv/dt = (I_stim - I_L - I_K)/C : mV", "I_K = g_K*n*(v - E_K)          : uA/cm2", "I_L = g_L*(v - E_L)            : uA/cm2",
        "", "dn/dt = (1 - n)/tau : 1",
    ]  # fmt: skip


# what counts ------------------------------------------------------------------------------------------------


def test_equations_follow_at_the_end_where_nothing_places_them() -> None:
    """Mechanism by mechanism."""
    assert [e.name for e in cell().equations] == ["v", "I_L", "I_K", "n"]
    assert [e.name for e in cell(GATE, LEAK).equations] == ["v", "I_K", "n", "I_L"]
    assert [e.name for e in cell(equations=f"gate\n{MEMBRANE}").equations] == ["I_K", "n", "v", "I_L"]


def test_the_models_own_values_count() -> None:
    """Before a [[mechanism]] table's, before the mechanism's; likewise for initial values, unless the model rests."""
    gate = {"use": GATE, "parameters": {"E_K": "-80 mV", "g_K": "3 mS/cm2"}}
    model = cell(LEAK, gate, parameters={"C": "1 uF/cm2", "g_K": "2 mS/cm2"})
    assert {n: p.value for n, p in model.parameters.items()} == {"C": 1, "g_K": 2, "g_L": 0.1, "E_L": -65, "E_K": -80, "tau": 5}
    assert model.initial_values["n"] == 0.5
    assert cell(initial={"v": "-65 mV", "n": "0.25"}).initial_values["n"] == 0.25
    assert cell(initial={"steady_state": True}).initial == {}


def test_mechanisms_share_what_they_call_alike() -> None:
    """One parameter at one value, and a state that one defines and another reads."""
    other = replace(GATE, name="other", equations="I_z = g_z*n*(v - E_K) : uA/cm2", currents=("I_z",), initial={},
                    reads={"v": "mV", "n": "1"}, parameters={"g_z": "1 mS/cm2", "E_K": "-90 mV"}, origin="")  # fmt: skip
    model = cell(LEAK, GATE, other, equations=MEMBRANE.replace("- I_K", "- I_K - I_z"))
    assert list(model.parameters).count("E_K") == 1 and model.state_names == ("v", "n")


def test_the_same_mechanism_stands_twice_with_a_suffix() -> None:
    """Two gates at one reversal potential."""
    second = {"use": GATE, "suffix": "_2", "names": {"E_K": "E_K"}}
    model = cell(LEAK, GATE, second, equations=MEMBRANE.replace("- I_K", "- I_K - I_K_2"))
    assert model.state_names == ("v", "n", "n_2")
    assert list(model.parameters) == ["C", "g_L", "E_L", "g_K", "E_K", "tau", "g_K_2", "tau_2"]


def test_a_cell_of_the_catalogue_is_a_part() -> None:
    """Without its membrane equation, which the model writes with a current more: the M-current slows Wang and Buzsaki's cell."""
    equations = "dv/dt = (I_stim - I_Na - I_K - I_L - I_M)/C_m : mV\nI_stim : uA/cm2"
    parts = [{"use": "wang_buzsaki", "without": ["v"]}, {"use": "m_current", "names": {"E_K": "E_M"}}]
    model = compose("slow", equations, parts, initial={"steady_state": True})
    assert model.state_names == ("v", "h", "n", "w") and model.spike is None
    silent = model.with_parameters(g_M="0 mS/cm2")
    assert silent.initial_values["v"] == pytest.approx(load("wang_buzsaki").initial_values["v"], abs=1e-9)


# faults -----------------------------------------------------------------------------------------------------

FAULTS = {
    "unknown key": (lambda: cell({"use": LEAK, "prefix": "x"}), "cell: mechanism 1: unknown key 'prefix'. Known: names, parameters, suffix, use, without."),
    "no use": (lambda: cell({"suffix": "x"}), "cell: mechanism 1: the key 'use' is missing"),
    "unknown mechanism": (
        lambda: cell("m_curent"), "cell: mechanism 1: use: there is no mechanism or model 'm_curent' in the catalogue. Did you mean 'm_current'?",
    ),
    "suffix": (lambda: cell({"use": LEAK, "suffix": "-i"}), "cell: mechanism 1: suffix: expected letters, digits and _ such as \"_i\", found '-i'"),
    "without": (lambda: cell({"use": LEAK, "without": "v"}), "cell: mechanism 1: without: expected a list of names such as [\"v\"], found 'v'"),
    "without unknown": (lambda: cell({"use": LEAK, "without": ["g"]}), "cell: mechanism 1: leak: without: 'g' is not defined here. Known: E_L, I_L, g_L."),
    "names unknown": (lambda: cell({"use": LEAK, "names": {"u": "w"}}), "cell: mechanism 1: leak: names: there is no 'u'. Known: E_L, I_L, g_L, v."),
    "parameter unknown": (
        lambda: cell({"use": LEAK, "parameters": {"g_M": "1"}}), "cell: mechanism 1: leak: parameters: there is no 'g_M'. Did you mean 'g_L'?",
    ),
    "twice": (lambda: cell(LEAK, LEAK), "cell: mechanism 2: leak is used twice; give one of them a suffix"),
    "clash with the model": (
        lambda: cell(equations=MEMBRANE + "I_K = 0*uA/cm2 : uA/cm2"),
        "cell: mechanism 2: 'I_K' is defined by the model and by gate; leave it out with without, or give it another name with names or suffix",
    ),
    "clash with a mechanism": (
        lambda: cell(LEAK, GATE, {"use": GATE, "suffix": "_2", "names": {"n": "n"}}),
        "cell: mechanism 3: 'n' is defined by gate and by gate_2; leave it out with without, or give it another name with names or suffix",
    ),
    "a parameter that is an equation": (
        lambda: cell(equations=MEMBRANE + "E_K = -90*mV : mV"),
        "cell: mechanism 2: 'E_K' is defined by the model and by gate; leave it out with without, or give it another name with names or suffix",
    ),
    "two values": (
        lambda: cell(LEAK, {"use": GATE, "names": {"E_K": "E_L"}}),
        "cell: mechanism 1: E_L is -65 mV in leak, but -90 mV in gate; give the model's own value under [parameters], or another name under names",
    ),
    "nothing to read": (
        lambda: cell(equations=MEMBRANE.replace("dv", "du"), initial={"u": "0 mV"}),
        "cell: mechanism 1: leak reads v (mV), which neither the model nor another part defines; define it, or say what it is called here: names = { v = \"...\" }",
    ),
    "another quantity": (
        lambda: cell(equations="dv/dt = (I_L + I_K)/C*ms : 1"), "cell: mechanism 1: leak reads v in mV, but in this model it is no such quantity",
    ),
    "a current that flows nowhere": (
        lambda: cell(equations=MEMBRANE.replace(" - I_K", "")),
        "cell: mechanism 2: the current I_K of gate flows nowhere: no equation of the model has it",
    ),
    "placed twice": (lambda: cell(equations=f"I_K\n{MEMBRANE}n, I_K"), "cell: equations: 'I_K' is placed twice"),
    "placed unknown": (
        lambda: cell(equations=f"{MEMBRANE}I_Na"),
        "cell: equations: 'I_Na' is no equation of a part; a line without '=' says where one stands. Known: I_K, I_L, gate, leak, n.",
    ),
    "too many": (lambda: cell(*[LEAK] * 51), "cell: mechanism: 51 are used; at most 50 are read"),
    "two of one name": (
        lambda: cell(LEAK, LEAK.with_parameters(g_L="1 mS/cm2")), "cell: mechanisms: there are two called 'leak'",
    ),
    "a state without initial value": (
        lambda: cell(LEAK, replace(GATE, initial={})), "cell: [initial] gives no value for 'n'",
    ),
    "a cell that jumps": (
        lambda: cell("leaky_integrate_and_fire"),
        "cell: mechanism 1: use: leaky_integrate_and_fire.toml: a model with a reset or events cannot be part of another",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_line_that_says_what_to_do(fault) -> None:
    """Naming the model, the mechanism's place in it, expected and found."""
    make, expected = FAULTS[fault]
    assert refusal(make) == expected


def test_tables_that_are_none_are_refused() -> None:
    """[mechanism] instead of [[mechanism]], and a number where a name belongs."""
    text = 'name = "x"\nequations = ""\n'
    assert (
        refusal(lambda: parse_model(f'{text}[mechanism]\nuse = "a"', "x.toml"))
        == "x.toml: mechanism: expected tables, written [[mechanism]]"
    )
    assert (
        refusal(lambda: parse_model(f"{text}[[mechanism]]\nuse = 1", "x.toml"))
        == "x.toml: mechanism 1: use: expected text, found 1"
    )
    named = refusal(lambda: parse_model(f'{text}[[mechanism]]\nuse = "m_current"\nnames = {{ v = 1 }}', "x.toml"))
    assert named == 'x.toml: mechanism 1: names.v: expected text in quotes such as "10 mV", found 1'


# files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder with the leak, and a cell that uses it by its path."""
    leak = 'name = "leak"\nequations = "I_L = g_L*(v - E_L) : uA/cm2"\ncurrents = ["I_L"]\n[reads]\nv = "mV"\n'
    (tmp_path / "leak.toml").write_text(f'{leak}[parameters]\ng_L = "0.1 mS/cm2"\nE_L = "-65 mV"\n')
    own = 'name = "mine"\nequations = """\ndv/dt = (I_stim - I_L)/C : mV\n"""\n[[mechanism]]\nuse = "leak.toml"\n'
    (tmp_path / "mine.toml").write_text(f'{own}[parameters]\nC = "1 uF/cm2"\n[initial]\nv = "-60 mV"\n')
    return tmp_path


def test_a_mechanism_lies_beside_the_file_that_uses_it(folder) -> None:
    """Wherever the command is run; it is loaded by its own path too, in its patch or as it is."""
    assert load(folder / "mine.toml").parameters["g_L"].value == 0.1
    assert load(folder / "leak.toml").patch.startswith("membrane of any area")
    assert load_mechanism(folder / "leak.toml").currents == ("I_L",)


def test_a_fault_in_a_mechanism_names_its_own_file(folder) -> None:
    """Behind the place that uses it."""
    text = (folder / "leak.toml").read_text()
    (folder / "leak.toml").write_text(text.replace("(v - E_L)", "v - E_L"))
    found = refusal(lambda: load(folder / "mine.toml"))
    assert found.startswith("mine.toml: mechanism 1: use: leak.toml: I_L: cannot subtract")
    (folder / "leak.toml").unlink()
    found = refusal(lambda: load(folder / "mine.toml"))
    assert found.startswith("mine.toml: mechanism 1: use: ") and found.endswith("leak.toml: No such file or directory")


def test_files_that_use_each_other_in_a_circle_are_refused(folder) -> None:
    """With the way round."""
    (folder / "leak.toml").write_text((folder / "mine.toml").read_text().replace("leak.toml", "mine.toml"))
    assert refusal(lambda: load(folder / "mine.toml")).endswith(
        "definitions use each other in a circle: mine.toml -> leak.toml -> mine.toml"
    )


def test_parts_within_parts_have_an_end(folder) -> None:
    """Nine files, each using the next."""
    text = (folder / "mine.toml").read_text()
    for i in range(9):
        (folder / f"deep{i}.toml").write_text(text.replace("leak.toml", f"deep{i + 1}.toml"))
    (folder / "deep9.toml").write_text((folder / "leak.toml").read_text())
    assert refusal(lambda: load(folder / "deep0.toml")).endswith(
        "deep8.toml: parts within parts are nested more than 8 levels deep"
    )
