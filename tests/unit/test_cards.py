"""What notebooks show of models, mechanisms, stimuli, experiments, recordings, comparisons and verdicts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from runs import FITZHUGH_NAGUMO

import spikebridge as sb
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.reports.cli import cli
from spikebridge.reports.formats.cards import Table, card, definition_page
from spikebridge.reports.proof.verdict import Verdict
from tests.pages import harmless

HOSTILE = "<script>alert(1)</script> & \u202e <img src=x onerror=alert(1)>"


@cache
def things() -> dict[str, object]:
    """One of each class, of a model whose author meant harm."""
    title = HOSTILE.replace("\u202e", "")  # which files may not have
    text = FITZHUGH_NAGUMO.replace("A neuron without units [bold]", title)
    model = parse_model(text, "hostile.toml")
    mechanism = replace(sb.load_mechanism("m_current"), title=title, source=title)
    experiment = sb.Experiment(model, sb.step("0.5", "1 ms") + sb.step("0.1"), "20 ms", "0.05 ms", name=HOSTILE)
    recording = replace(experiment.run(), notes=(HOSTILE,), engine=HOSTILE)
    comparison = experiment.compare(["reference"], quick=True)
    named = {"model": model, "mechanism": mechanism, "stimulus": experiment.stimulus[0], "experiment": experiment}
    named["difference"] = sb.diff(mechanism, "hodgkin_huxley")
    return named | {"recording": recording, "comparison": comparison, "verdict": comparison.verdict}


NAMES = ("model", "difference", "mechanism", "stimulus", "experiment", "recording", "comparison", "verdict")


@pytest.mark.parametrize("name", NAMES)
def test_its_description_is_short(name) -> None:
    """One to three lines under 500 characters, without the marks of direction of somebody's title."""
    said = repr(things()[name])
    assert len(said) < 500 and len(said.splitlines()) <= 3
    assert all(line.isprintable() for line in said.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_in_a_notebook_it_is_text(name) -> None:
    """No markup of somebody else's, and no script of ours."""
    harmless(things()[name]._repr_html_())


def test_whole_catalogue_is_short_and_shown() -> None:
    """Every model in a few words and as a card, with a formula for each equation."""
    for name in sb.catalogue():
        model = sb.load(name)
        assert len(repr(model)) < 500
        assert len(card(model).equations) >= len(model.equations)


def test_a_model_shows_equations_parameters_and_where_it_starts() -> None:
    """What was changed says so."""
    shown = card(sb.load("hodgkin_huxley").with_parameters(g_Na="100 mS/cm2"))
    assert shown.title == "Squid giant axon, resting potential -65 mV" and shown.equations[0].startswith("<math")
    tables = {table.caption: dict(row[:2] for row in table.rows) for table in shown.tables}
    assert tables["Parameters"]["g_Na"] == "100 mS/cm2 (changed from 120 mS/cm2)" and tables["Parameters"]["g_K"] == "36 mS/cm2"
    assert tables["Initial values"]["m"] == "alpha_m/(alpha_m + beta_m)"


def test_a_mechanism_shows_its_own_equations_alone() -> None:
    """Not those of the patch it is checked in; in LaTeX too."""
    mechanism = sb.load_mechanism("m_current")
    assert len(card(mechanism).equations) == len(mechanism.equation_lines) == 4
    assert mechanism.latex().count("&=") == 4 and mechanism._repr_latex_().startswith("$$\n\\begin{aligned}")


def test_a_models_latex_is_that_of_the_command_line() -> None:
    """Equations and spike rule."""
    latex = sb.load("leaky_integrate_and_fire").latex()
    assert latex.startswith("\\begin{aligned}\n\\frac{dv}{dt} &=") and "\\text{spike:}" in latex


def test_an_experiment_draws_its_stimulus() -> None:
    """From nothing to the amplitude, and back; silence draws nothing."""
    experiment = sb.load_experiment("hodgkin_huxley")
    (picture,) = card(experiment).pictures
    assert ">10</text>" in picture and ">uA/cm2</text>" in picture and ">100 ms</text>" in picture
    assert card(replace(experiment, stimulus=())).pictures == ()


def test_a_recording_draws_what_is_observed_and_its_spikes() -> None:
    """One mark a spike."""
    recording = sb.run("hodgkin_huxley", duration="20 ms", dt="0.05 ms")
    (picture,) = card(recording).pictures
    assert picture.count('class="spike"') == len(recording.spike_times_ms) == 1 and ">mV</text>" in picture


def test_a_comparison_shows_verdicts_as_words_and_signs() -> None:
    """Its own in a sentence, each engine's in its row."""
    text = things()["comparison"]._repr_html_()
    verdict = things()["comparison"].verdict
    assert len(re.findall(f"</span> {verdict}</span>", text)) == 2
    assert card(Verdict.UNDECIDED).verdict == "undecided"


def test_long_tables_are_folded() -> None:
    """Behind their heading."""
    assert Table("Parameters", (("a", "1"),) * 20).folded and not Table("Parameters", (("a", "1"),)).folded


# a page of its own ------------------------------------------------------------------------------------


def page_of(capsys, *arguments: str) -> str:
    """What ``show --as html`` prints."""
    assert cli.main(["show", *arguments, "--as", "html"], standalone_mode=False) == 0
    return capsys.readouterr().out


def test_a_models_page_has_everything_of_its_definition(capsys) -> None:
    """Title, source, equations, spike rule, reset, parameters, starts with units, regimes, the experiment; no script, nothing folded."""
    page = page_of(capsys, "adex", "--regime", "tonic")
    model = sb.load("adex").with_regime("tonic")
    assert page.startswith("<!doctype html>") and page.count("<style>") == 1 and "<script" not in page and "<details" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert model.title in page and "Brette &amp; Gerstner 2005" in page
    assert page.count("<math") == len(model.equations) + 2 and "spike:" in page and "reset:" in page
    for name, value in model.parameters.items():
        assert f'<th scope="row">{name}</th><td>{value}' in page
    assert '<th scope="row">w</th><td>0 pA</td><td>pA</td>' in page and '<th scope="row">tonic</th>' in page
    assert "<h2>Default experiment</h2>" in page and "<svg" in page


def test_a_mechanisms_page_says_what_it_reads_and_its_currents(capsys) -> None:
    """Of the catalogue, and of a file of NEURON's; its own equations alone."""
    page = page_of(capsys, "m_current")
    assert (
        page.count("<math") == 4
        and '<th scope="row">v</th><td>mV</td>' in page
        and '<th scope="row">I_M</th><td>uA/cm2</td>' in page
    )
    assert ">Reads from its cell</caption>" in page_of(capsys, str(Path(__file__).parents[1] / "data/mod/kdr.mod"))


def test_where_it_begins_at_rest_the_page_says_so() -> None:
    """Of every state."""
    starts = next(
        table
        for table in card(sb.load("hodgkin_huxley").with_initial(v="-60 mV", steady_state=True)).tables
        if table.caption == "Initial values"
    )
    assert starts.rows[0] == ("v", "at rest, near -60 mV", "mV") and starts.rows[1] == ("m", "at rest", "no unit")


@pytest.mark.parametrize("name", ["model", "mechanism"])
def test_a_page_of_a_hostile_definition_is_text(name) -> None:
    """As its card, under a policy that would let no script run."""
    page = definition_page(things()[name])
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;" in page
