"""Two definitions held against each other: what is the same is found the same, and each mistake is named, in both directions."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from mistakes import KINDS, Mistake, mistakes
from port_mistakes import PortMistake, port_mistakes, right, told

import spikebridge as sb
from spikebridge.bridge.definition.mechanism import parse_mechanism
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, load_definition, parse_model
from spikebridge.bridge.errors import DefinitionError, UsageError
from spikebridge.bridge.importing.nmodl import import_mod
from spikebridge.reports.cli import main
from spikebridge.reports.formats.difference_words import pair_words, sentence
from spikebridge.reports.proof.equivalence.difference import Difference, diff
from spikebridge.reports.proof.equivalence.edits import Relation
from spikebridge.reports.proof.equivalence.whole_run import run_both
from spikebridge.reports.proof.verdict import Verdict

HH = load("hodgkin_huxley")
SEEDED = [(name, mistake) for name in ("hodgkin_huxley", "mainen_sejnowski", "butera") for mistake in mistakes(load(name).text)]


PORTED = [*port_mistakes("ports/cat.mod", "ports/ka.mod")]


def changed(*edits: tuple[str, str], name: str = "hodgkin_huxley") -> Model:
    """A catalogue model with other words in its text."""
    text = load(name).text
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return parse_model(text, "port.toml")


SODIUM_PORT = '''
name = "sodium"
equations = """
I_Na = g_Na*h*m**3*(v - E_Na) : uA/cm2
dm/dt = (m_inf - m)/tau_m     : 1
dh/dt = (h_inf - h)/tau_h     : 1
m_inf = opening/(opening + closing)                                               : 1
tau_m = 1/(opening + closing)                                                     : ms
opening = 0.32/mV/ms*(v + 47*mV - shift)/(1 - exp(-(v - shift + 47*mV)/(4*mV)))   : 1/ms
closing = 0.28/mV/ms*(v + 20*mV - shift)/(exp((v + 20*mV - shift)/(5*mV)) - 1)    : 1/ms
h_inf = 0.128*exp((-43*mV - v + shift)/(18*mV))/rate                              : 1
tau_h = ms/rate                                                                   : ms
rate = 0.128*exp((-43*mV - v + shift)/(18*mV)) + 4/(1 + exp((-20*mV - v + shift)/(5*mV))) : 1
"""
currents = ["I_Na"]
[reads]
v = "mV"
[parameters]
g_Na = "120 mS/cm2"
E_Na = "50 mV"
shift = "-5 mV"
[initial]
m = "m_inf"
h = "h_inf"
'''


def relations(found: Difference) -> dict[str, set[Relation]]:
    return {e.name: {c.relation for c in e.causes} or {e.relation} for e in found.equations if not e.same}


@pytest.mark.parametrize(("name", "mistake"), SEEDED, ids=[f"{n}-{m.kind}" for n, m in SEEDED])
def test_a_mistake_is_found_and_its_kind_is_named_in_both_directions(name: str, mistake: Mistake) -> None:
    """The equation whose line is wrong differs, no other than those that rest on it, and the cause is the mistake's kind."""
    right, wrong = load(name), parse_model(mistake.text, "port.toml")
    for found in (diff(right, wrong), diff(wrong, right)):
        named = relations(found)
        assert named
        assert any(relation in KINDS[mistake.kind] for causes in named.values() for relation in causes)
        for equation in found.equations:
            if equation.name in right.state_names:
                touched = mistake.line in (equation.name, *found.a.uses(equation.name))
                assert equation.same is not touched, equation.name


@pytest.mark.parametrize("mistake", PORTED, ids=lambda m: f"{m.file[6:-4]}-{m.kind}")
def test_a_mistake_in_a_mod_file_is_found_and_named_in_both_directions(mistake: PortMistake) -> None:
    """Just the equations that the file's changed words stand in differ, and each has a cause of the mistake's kind."""
    correct, wrong = right(mistake.file), mistake.wrong
    for turned, found in enumerate((diff(correct, wrong), diff(wrong, correct))):
        answer = told(found, mistake, bool(turned))
        assert answer.found and answer.named


def test_a_mod_file_in_other_algebra_and_under_other_names_is_the_same() -> None:
    """Opening and closing rates against a steady state and a time constant, numbers without units against units, other names."""
    port = parse_mechanism(SODIUM_PORT, "port.toml")
    for found in (diff(right("ports/na.mod"), port), diff(port, right("ports/na.mod"))):
        assert relations(found) == {} and not found.constants
        assert {e.name for e in found.equations} in ({"m", "h", "ina"}, {"m", "h", "I_Na"})


def test_a_definition_is_the_same_as_itself_under_other_names_and_in_other_algebra() -> None:
    """Renamed states and parameters, alpha and beta written as inf and tau, terms in another order: nothing differs."""
    renamed = changed(
        ("alpha_m", "am"), ("g_Na", "gNabar"), ("dm/dt", "dx/dt"), ("m**3", "x**3"), ("(1 - m) - beta_m*m", "(1 - x) - beta_m*x"),
        ("\nm = ", "\nx = "), ("I_stim - I_Na - I_K", "I_stim - I_K - I_Na"),
        ("phi*(alpha_h*(1 - h) - beta_h*h) : 1", "phi*(h_inf - h)/tau_h : 1\nh_inf = 1/(1 + beta_h/alpha_h) : 1\ntau_h = 1/(alpha_h + beta_h) : ms"),
    )  # fmt: skip
    for found in (diff(HH, renamed), diff(renamed, HH)):
        assert found.same
        assert relations(found) == {}
    assert diff(HH, renamed).pairing.names["m"] == "x"


def test_amounts_are_those_that_were_put_in() -> None:
    """A shift in mV with its sign, a constant with both values, an exponent with both."""
    gates = changed(("(v + 35*mV)", "(v + 38*mV)"), ("(v + 65*mV)/(18*mV)", "(v + 65*mV)/(15*mV)"), ("m**3*h", "m**2*h"))
    found = {e.name: e.causes[0] for e in diff(HH, gates).equations if e.causes}
    assert (found["h"].relation, found["h"].by, found["h"].values) == (Relation.SHIFTED, "3 mV", ("35 mV", "38 mV"))
    assert (found["m"].relation, found["m"].values) == (Relation.SLOPE, ("18 mV", "15 mV"))
    assert (found["I_Na"].relation, found["I_Na"].values) == (Relation.EXPONENT, ("3", "2"))


def test_two_mistakes_in_one_equation_are_both_named() -> None:
    """Each in its own line."""
    both = changed(
        ("alpha_n = 0.01", "alpha_n = 0.02"), ("0.125/ms*exp(-(v + 65*mV)/(80*mV))", "0.125/ms*exp(-(v + 65*mV)/(60*mV))")
    )
    [n] = [e for e in diff(HH, both).equations if e.name == "n"]
    assert {c.where for c in n.causes} == {"alpha_n", "beta_n"}


def test_parameters_of_other_values_are_no_difference_of_equations() -> None:
    """They are told by themselves, with both values, and the definitions are not the same."""
    found = diff(HH, HH.with_parameters(g_K="30 mS/cm2"))
    assert all(e.same for e in found.equations)
    assert [(c.name, c.values) for c in found.constants] == [("g_K", ("36 mS/cm2", "30 mS/cm2"))]
    assert not found.same


def test_a_gate_that_is_instantaneous_on_one_side() -> None:
    """m for m_inf: named, whichever of the two has the state."""
    quick = changed(
        ("dm/dt = phi*(alpha_m*(1 - m) - beta_m*m)", "m = alpha_m/(alpha_m + beta_m)"), ('m = "alpha_m/(alpha_m + beta_m)"\n', "")
    )
    assert relations(diff(HH, quick))["m"] == relations(diff(quick, HH))["m"] == {Relation.INSTANTANEOUS}


def test_a_reset_is_part_of_a_definition() -> None:
    """What a spike does is compared as equations are."""
    other = changed(("u += d", "u += 2*d"), name="izhikevich")
    assert set(relations(diff("izhikevich", other))) == {"u after spike"}


def test_a_mechanism_against_a_whole_neuron() -> None:
    """What both have is compared, the rest is listed and no difference."""
    found = diff(load_definition("m_current"), "reduced_traub_miles_m")
    assert found.same
    assert {"h", "n", "I_Na"} <= set(found.unmatched[1])


def test_the_potential_measured_from_rest_is_one_shift_of_everything() -> None:
    """Hodgkin and Huxley's own potentials, 65 mV from ours."""
    found = diff("hodgkin_huxley", "hodgkin_huxley_relative")
    assert {c.by for e in found.equations if e.name in "vmhn" for c in e.causes} == {"-65 mV"}


def test_units_do_not_matter_where_they_are_only_written_otherwise() -> None:
    """S/cm2 for mS/cm2, volts for millivolts."""
    assert diff(HH, changed(('"120 mS/cm2"', '"0.12 S/cm2"'), ('"-77 mV"', '"-0.077 V"'))).same


def test_what_is_in_doubt_is_asked_and_can_be_told() -> None:
    """Which gate the M-current's is of a neuron that has none; --map says so in either order, or names what it does not know."""
    asked = diff(load_definition("m_current"), "wang_buzsaki")
    assert not asked.comparable
    assert asked.pairing.doubts["w"] == ("h", "n")
    for pair in ({"w": "n"}, {"n": "w"}):
        assert [e.name for e in diff(load_definition("m_current"), "wang_buzsaki", pair).equations] == ["w"]
    with pytest.raises(UsageError, match=r"--map w=q: .*'q' is not one of theirs"):
        diff(load_definition("m_current"), "wang_buzsaki", {"w": "q"})


def test_on_a_terminal_it_asks_what_belongs_together(monkeypatch, capsys) -> None:
    """The second candidate for w is taken for it, and Enter for everything else leaves that as it is."""
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda question, **_: 2 if question.startswith("Which of B is w of A? 1 h, 2 n;") else 0)
    assert status("m_current", "wang_buzsaki") == 1
    assert "w (n)" in capsys.readouterr().out


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["diff", *arguments])
    return ended.value.code


def test_the_command_says_it_in_words_and_by_its_status(tmp_path, capsys) -> None:
    """0 the same, 1 they differ, 4 nothing in common, 2 bad input; a page side by side where that is asked for."""
    port = tmp_path / "port.toml"
    port.write_text(changed(("m**3*h", "m**2*h")).text)
    assert status("hodgkin_huxley", "hodgkin_huxley") == 0
    assert status("hodgkin_huxley", str(port), "--output", str(tmp_path / "out")) == 1
    assert "another exponent: 3 in A, 2 in B" in capsys.readouterr().out
    page = (tmp_path / "out" / "difference.html").read_text()
    assert page.count("<math") >= 2 * 7
    assert "<script" not in page
    assert status("m_current", "wang_buzsaki") == 4
    assert status("hodgkin_huxley", "hodgkin_huxley", "--map", "g_K") == 2


def test_the_json_has_what_was_promised(tmp_path, capsys) -> None:
    """Names matched, each equation with its relation and how far it is, what only one has."""
    port = tmp_path / "port.toml"
    port.write_text(changed(("(v + 35*mV)", "(v + 40*mV)"), ("g_Na", "gNabar")).text)
    assert status("hodgkin_huxley", str(port), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["same"], told["map"]) == (1, False, {"g_Na": "gNabar"})
    assert told["equations"]["m"] == {"same": True, "max_relative": pytest.approx(0, abs=1e-9)}
    h = told["equations"]["h"]
    assert (h["same"], h["relation"], h["by"]) == (False, "shifted along v", "5 mV")
    assert h["max_relative"] > 0.01
    assert told["unmatched"] == {"a": [], "b": []}


def test_from_python() -> None:
    """``sb.diff`` gives what the command prints."""
    found = sb.diff("hodgkin_huxley", HH.with_parameters(g_L="0.2 mS/cm2"))
    assert not found.same
    assert str(found) == "1 parameter has another value."


def test_where_states_begin_is_part_of_a_model() -> None:
    """The same equations from another potential are told apart, by their start."""
    starts = {c.name: c.values for c in diff(HH, HH.with_initial({"v": "-60 mV"})).starts}
    assert starts["v"] == ("-65 mV", "-60 mV")


def test_what_a_difference_does_to_a_run() -> None:
    """The same model runs the same to round-off; another conductance parts from it when the stimulus begins, to a stated error."""
    assert run_both(diff(HH, HH)).verdict is Verdict.AGREE
    runs = run_both(diff(HH, HH.with_parameters(g_K="30 mS/cm2")))
    assert runs.verdict is Verdict.OTHER_LIMIT
    assert runs.parted_ms is not None
    assert runs.apart > 1 > 1e-4 > runs.error
    assert [len(spikes) for spikes in runs.spikes] == [7, 7]


def test_a_mechanism_and_a_neuron_have_no_run_in_common() -> None:
    """It says so before anything is solved."""
    with pytest.raises(UsageError, match="a mechanism and a whole neuron have no run in common"):
        run_both(diff(load_definition("m_current"), "reduced_traub_miles_m"))


@pytest.mark.parametrize(("one", "other"), [("butera", "matsuoka"), ("spike_response", "rulkov_bistable")])
def test_a_level_in_another_unit_differs(one, other) -> None:
    """A spike rule that is about a pure number beside one about a voltage: a difference, whichever stands first."""
    for found in (diff(one, other), diff(other, one)):
        assert "spike level" in [pair.name for pair in found.equations if not pair.same]


@pytest.mark.parametrize("given", [3, None, np.array([1.0, 2.0])])
def test_what_is_no_definition_is_refused_in_a_line(given) -> None:
    """As an argument that cannot be, not somewhere inside; so are names that are no mapping."""
    for arguments in ((given, "butera"), ("butera", given), ("butera", "butera", [given])):
        with pytest.raises(UsageError, match="expected"):
            diff(*arguments)


def test_what_differs_at_one_temperature_may_be_the_same_at_another() -> None:
    """A temperature factor is 1 at its own temperature: held there, nothing differs; a name of neither and a wrong unit are refused."""
    cold = changed(("3**((T - T_rates)/(10*K))", "1"))
    assert not diff(HH, cold).same
    assert all(e.same for e in diff(HH, cold, at={"T": "6.3 degC", "T_rates": "6.3 degC"}).equations)
    with pytest.raises(UsageError, match="--at: 'celsus' is no input of either definition"):
        diff(HH, cold, at={"celsus": "6.3"})
    with pytest.raises(DefinitionError, match="--at T: is measured in K"):
        diff(HH, cold, at={"T": "6 mV"})


def test_a_temperature_that_one_file_reads_and_the_other_has_as_a_number() -> None:
    """Two published versions of one current differ so: named, with the number."""
    path = Path(__file__).parents[1] / "data" / "mod" / "kdr.mod"
    text = path.read_text()
    fixed = import_mod(text.replace("celsius - 22", "31 - 22"), Path("port.mod")).mechanism
    for found in (diff(load_definition(path), fixed), diff(fixed, load_definition(path))):
        [n] = [e for e in found.equations if e.name == "n"]
        assert n.relation is Relation.TEMPERATURE
        assert sorted(n.causes[0].values or ()) == ["31", "celsius"]


def test_what_stays_unexplained_is_said_beside_what_is_explained() -> None:
    """Two changes in one line have no single cause; the other line's is named all the same."""
    both = changed(
        ("alpha_n = 0.01", "alpha_n = 0.02"),
        ("0.125/ms*exp(-(v + 65*mV)/(80*mV))", "0.1/ms*exp(-(v + 60*mV)/(70*mV)) + 0.01/ms*m"),
    )
    [n] = [e for e in diff(HH, both).equations if e.name == "n"]
    assert ({c.where for c in n.causes}, n.unexplained) == ({"alpha_n"}, ("beta_n",))
    assert "beta_n: no simple relation was found" in pair_words(n)


def test_one_shifted_gate_is_no_shift_of_the_neuron() -> None:
    """The sentence speaks of all only where every state is shifted by the same, as between two zeros of the potential."""
    gate = changed(("(v + 35*mV)", "(v + 40*mV)"), ('spike = "v > 0*mV"', 'spike = "v > -20*mV"'))
    assert "B is A shifted" not in sentence(diff(HH, gate))
    assert "B is A shifted along v by -65 mV" in sentence(diff("hodgkin_huxley", "hodgkin_huxley_relative"))


def test_a_value_is_held_on_both_sides_by_either_name() -> None:
    """A temperature is called T here and Temp there: what is held of one is held of the other."""
    renamed = changed(("3**((T - T_rates)/(10*K))", "1 + 0*(Temp - T_rates)/K"), ('\nT = "', '\nTemp = "'))
    assert diff(HH, renamed).pairing.names["T"] == "Temp"
    for name in ("T", "Temp"):
        assert all(e.same for e in diff(HH, renamed, at={name: "6.3 degC", "T_rates": "6.3 degC"}).equations)


def test_what_is_no_number_on_either_side_is_not_the_same(tmp_path, capsys) -> None:
    """It could not be compared, which is said and is no verdict, neither of sameness nor of difference."""
    path = tmp_path / "root.toml"
    path.write_text('name = "root"\nequations = """dx/dt = sqrt(-1 - x**2)/ms : 1\nI_stim : 1"""\n[initial]\nx = "0"\n')
    found = diff(path, path)
    assert (found.same, found.decided) == (False, False)
    assert status(str(path), str(path)) == 4
    assert "could not be compared" in " ".join(capsys.readouterr().out.split())
