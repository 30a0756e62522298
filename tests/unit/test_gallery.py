"""The textbook gallery: its files are sound, its claims have sources, and the exact solution meets them."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from figures import changed, judge
from matplotlib.image import imread

from spikebridge.bridge.errors import DefinitionError
from spikebridge.reference.recording import Recording
from spikebridge.reports.cli import main
from spikebridge.reports.formats.curves import curves
from spikebridge.reports.formats.figure import by_claim, claim_words, figures_json, number, state
from spikebridge.reports.formats.gallery_output import write_figure, write_gallery
from spikebridge.reports.formats.gallery_page import render_gallery
from spikebridge.reports.metrics.extrema import highest, lowest
from spikebridge.reports.textbook.claim_measures import MEASURES, Question
from spikebridge.reports.textbook.claims import HALF_A_DIGIT
from spikebridge.reports.textbook.figure_file import gallery, load_figure, read_figure
from spikebridge.reports.textbook.figure_run import _counted

FAST = (
    "two_pulses",
    "lif_constant",
    "lif_two_inputs",
    "lif_sine_rest",
    "euler_golden_vector",
    "basic_start",
    "izhikevich_2003_script",
)
SMALL = """
title = "A cell"
about = "What it does."
source = "A book"
claims = [{ what = "spike_count", expected = 1, source = "exact solution" }]
[runs.cell]
model = "lif"
duration = "20 ms"
stimulus = [{ kind = "step", amplitude = "2 nA" }]
[plot]
panels = [{ kind = "traces" }]
"""


@pytest.fixture
def written(tmp_path):
    """Write a figure file, changed by replacements; returns its path."""
    return partial(changed, tmp_path, SMALL)


@pytest.mark.parametrize("name", gallery())
def test_every_figure_is_sound(name) -> None:
    """It can be read, claims something and says who says so; what is told apart by a tolerance says why."""
    figure = load_figure(name)
    assert figure.claims
    for claim in figure.claims:
        assert claim.source and claim.reason and claim.tolerance > 0
        # what is wider tells nothing apart, except where the claim is about noise
        assert claim.reason == HALF_A_DIGIT or claim.tolerance < 3e-3 * abs(claim.expected) or name == "noisy_lif"
    assert all(panel.runs or panel.analyses for panel in figure.plan.panels)


@pytest.mark.parametrize("name", FAST)
def test_the_exact_solution_meets_every_claim(name) -> None:
    """Within the tolerance of the claim, and nothing more."""
    failed = [f"{f.claim.run}: {f.claim.question} {f.found} {f.claim.text}" for f in judge(name).findings if not f.passed]
    assert not failed


def test_an_engine_may_differ_by_its_integration_error() -> None:
    """And no further: a claim that is off by more than that fails, on the engine as on the exact solution."""
    judged = judge("lif_constant", "reference")
    found = [f for f in judged.findings if f.engine == "reference"]
    assert all(f.passed for f in found)
    assert all(0 <= f.error < 0.2 for f in found)
    assert judged.status == 0


def test_a_wrong_claim_fails(written) -> None:
    """One spike is claimed, two are found."""
    path = written(("expected = 1,", "expected = 2,"))
    judged = judge(path)
    assert judged.status == 1
    assert [state(f) for f in judged.findings] == ["failed"]


def test_what_is_unconfirmed_never_decides(written) -> None:
    """It is shown."""
    path = written(('expected = 1, source = "exact solution"', 'expected = 7, source = "published, unconfirmed: a book"'))
    judged = judge(path)
    assert judged.status == 0
    assert [state(f) for f in judged.findings] == ["shown"]


def test_a_scheme_of_its_own_is_asked_of_engines_that_have_it() -> None:
    """Forward Euler: Brian2 has it, NEURON does not, and says so."""
    findings = judge("euler_golden_vector", "reference").findings
    assert all(f.passed for f in findings)
    plan = load_figure("euler_golden_vector").runs["euler"]
    assert plan.scheme == "forward_euler"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('source = "exact solution"', 'note = "none"', 'cell.toml: claim 1: source: is missing; say who claims this'),
        ('source = "exact solution"', "source = 3", "cell.toml: claim 1: source: expected text, found 3"),
        ('what = "spike_count"', 'what = "spike_cuont"', "claim 1: what: expected the name of a measure, found 'spike_cuont'. Did you mean"),
        ("expected = 1", 'expected = "1 mV"', "claim 1: expected: is measured in 1, but '1 mV' is not"),
        ("expected = 1", 'expected = "one"', "claim 1: expected: expected a number and a unit"),
        ("expected = 1", "expected = 1, k = 2", "claim 1: k: spike_count takes no such key; it takes level"),
        ("expected = 1", 'expected = 1, run = "sell"', "claim 1: run: expected the name of a run, found 'sell'. Did you mean 'cell'?"),
        ("expected = 1", 'expected = 1, tolerance = "1"', "claim 1: reason: is missing; say why the tolerance is '1'"),
        ("expected = 1", 'expected = 1, reason = "why"', "claim 1: reason: is that of a tolerance, and there is none"),
        ("expected = 1", 'expected = 1, variable = "w"', "claim 1: variable: 'w' is not recorded. Known: v."),
        ("expected = 1", "expected = 1, with = 3", "claim 1: with: cell is no sweep"),
        ("expected = 1", 'expected = 1, after = "3 mV"', "claim 1: after: is measured in ms, but '3 mV' is not"),
        ('title = "A cell"', "", "cell.toml: title: is missing"),
        ('title = "A cell"', 'titel = "A cell"', "cell.toml: unknown key 'titel'. Did you mean 'title'?"),
        ('model = "lif"', 'model = "liff"', "there is no model 'liff' in the catalogue"),
        ('duration = "20 ms"', 'duration = "20 mV"', "cell.toml: runs.cell: duration"),
        ('duration = "20 ms"', 'duration = "20 ms"\nscheme = "rk5"', "runs.cell: scheme: reference: there is no scheme 'rk5'"),
        ('kind = "traces"', 'kind = "trace"', "cell.toml: plot: panel 1: kind: there is no 'trace'. Did you mean 'traces'?"),
        ('kind = "traces"', 'kind = "traces", variables = ["w"]', "plot: panel 1: cell does not record 'w'. Known: v."),
        ('kind = "traces"', 'kind = "phase", x = "v"', "plot: panel 1: a phase panel needs the variables x and y"),
        ('kind = "traces"', 'kind = "traces", x_range = [1]', "plot: panel 1: x_range: expected two numbers such as [0, 50]"),
        ('kind = "traces"', 'kind = "curve"', "plot: panel 1: sweeps: expected a list with the name of at least one sweep"),
        ('kind = "traces"', 'kind = "traces", x_range = [nan, 3]', "plot: panel 1: x_range: expected two numbers such as [0, 50]"),
        ('kind = "traces"', 'kind = "traces", runs = [["cell"]]', "plot: panel 1: runs: there is no run ['cell']"),
        ('model = "lif"', 'model = "lif"\ninitial = { steady_state = "no" }', "steady_state: expected true or false, found 'no'"),
        ('kind = "traces"', 'kind = "analysis", look = ["period"]', "plot: panel 1: look: expected text, found ['period']"),
        ('kind = "traces"', 'kind = "traces", legend = "top"', "plot: panel 1: legend: expected true or false, found 'top'"),
        ("[plot]", "[plot]\nsize = [1, inf]", "cell.toml: plot: size: expected width and height in inches, from 1 to 30"),
        ('what = "spike_count"', 'what = ["spike_count"]', "claim 1: what: expected the name of a measure, found ['spike_count']"),
        ("[plot]", "[schemes]\nneuron = \"rk5\"\n[plot]", "cell.toml: schemes: neuron: there is no scheme 'rk5'"),
        ("[plot]", "[plot]\ncolumns = 0", "cell.toml: plot: columns: expected a whole number from 1 to 8, found 0"),
        ("[plot]", '[sweeps.s]\nvary = "g"\nvalues = [1]\n[plot]', "sweeps.s: vary: expected for example"),
        ("[plot]", '[sweeps.s]\nmodel = "lif"\nduration = "1 ms"\nvary = "parameters.R_m"\nunit = "Mohm"\n[plot]', "sweeps.s: values: expected 1 to 500"),
        ("[plot]", '[sweeps.s]\nmodel = "lif"\nduration = "1 ms"\nvary = "stimulus.amplitude"\nvalues = [1]\n[plot]', "there is no [[stimulus]]"),
        ("[plot]", '[sweeps.s]\nmodel = "lif"\nduration = "1 ms"\nvary = "parameters.R_m"\nvalues = [1]\nlast = 9\n[plot]', "s: count: is missing"),
        ("expected = 1", 'expected = 1, after = "200 ms"', "claim 1: after: expected a time from 0 to 20 ms, found 200 ms"),
        ("expected = 1", 'expected = 1, after = "9 ms", before = "5 ms"', "claim 1: after: expected a time before the end of the window"),
        ('what = "spike_count", expected = 1', 'what = "value", at = "-5 ms", expected = "-65 mV"', "claim 1: at: expected a time from 0"),
        ('what = "spike_count"', 'what = "burst_count", gap = "-5 ms"', "claim 1: gap: must be longer than 0 ms"),
        ('title = "A cell"', 'title = "A\\u001b[31m cell"', "cell.toml: title: expected text without control characters"),
    ],
)  # fmt: skip
def test_refusals_name_the_file_the_key_and_what_was_expected(written, old, new, words) -> None:
    """One line, before anything runs."""
    with pytest.raises(DefinitionError) as caught:
        read_figure(written((old, new)))
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("expected", "tolerance"), [("1_3.25 mV", 0.005), ("0e400 mV", 0.5), ("2e1 mV", 5.0), ("-.50 mV", 0.005), ("1e-3 V", 0.5)]
)
def test_half_of_the_last_digit_is_of_the_number_as_it_is_written(written, expected, tolerance) -> None:
    """Whatever way of writing numbers is used; nothing has no large digits."""
    claim = read_figure(written(('what = "spike_count", expected = 1', f'what = "value", expected = "{expected}"'))).claims[0]
    assert claim.tolerance == pytest.approx(tolerance)


def test_a_tolerance_of_a_temperature_is_a_difference(tmp_path) -> None:
    """A hundredth of a degree, not that many degrees above absolute zero."""
    (tmp_path / "warm.toml").write_text(
        'name = "warm"\ntitle = "t"\nsource = "s"\nequations = """\ndT/dt = (T_0 - T)/(10*ms) : K\nI_stim : nA\n"""\n'
        '[parameters]\nT_0 = "20 degC"\n[initial]\nT = "20 degC"\n'
    )
    claim = 'what = "value", expected = "20 degC", tolerance = "0.01 degC", reason = "why"'
    text = SMALL.replace('what = "spike_count", expected = 1', claim).replace('"lif"', '"warm.toml"')
    (tmp_path / "cell.toml").write_text(text.replace('stimulus = [{ kind = "step", amplitude = "2 nA" }]', ""))
    found = read_figure(tmp_path / "cell.toml").claims[0]
    assert found.tolerance == pytest.approx(0.01) and found.expected == pytest.approx(293.15)


def test_a_claim_is_about_the_variable_it_names(written) -> None:
    """By default the first state, though another one is recorded beside it."""
    replaced = ('model = "lif"', 'model = "hodgkin_huxley"\nrecord = ["n"]'), ('"2 nA"', '"10 uA/cm2"')
    file = read_figure(written(('what = "spike_count", expected = 1', 'what = "maximum", expected = "40 mV"'), *replaced))
    assert claim_words(file, file.claims[0]) == "largest v"


def test_what_a_model_does_not_have_is_not_claimed(written) -> None:
    """A reset where no spike resets it, a scheme of continuous time for a map."""
    axon = ('model = "lif"', 'model = "hodgkin_huxley"'), ('"2 nA"', '"10 uA/cm2"')
    with pytest.raises(DefinitionError, match="no spike resets hodgkin_huxley"):
        read_figure(written(('what = "spike_count", expected = 1', 'what = "reset_value", expected = "1 mV"'), *axon))
    discrete = ('model = "lif"', 'model = "rulkov"\nscheme = "ordered_euler"'), ('"2 nA"', '"0"')
    with pytest.raises(DefinitionError, match=r"cell\.toml: runs\.cell: scheme: a map has no time derivative"):
        read_figure(written(*discrete))


def test_two_figures_never_write_one_file(tmp_path, capsys) -> None:
    """Of the same name in two folders: bad input, and nothing is written."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "cell.toml").write_text(SMALL)
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as ended:
        main(
            ["figure", *(str(tmp_path / f / "cell.toml") for f in ("one", "two")), "--output", str(out), "--engine", "reference"]
        )
    assert ended.value.code == 2 and not out.exists()
    assert "cell.png is written for cell as well" in capsys.readouterr().err


def test_an_unknown_figure_is_exit_status_2(capsys) -> None:
    """With a hint and no traceback."""
    with pytest.raises(SystemExit) as ended:
        main(["figure", "two_pulse"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "spikebridge: there is no figure 'two_pulse' in the gallery. Did you mean 'two_pulses'?\n"


def test_the_command_writes_pictures_data_and_claims(tmp_path, capsys) -> None:
    """And prints the claims; as JSON, claim by claim and engine by engine."""
    with pytest.raises(SystemExit) as ended:
        main(["figure", "lif_two_inputs", "--engine", "reference", "--output", str(tmp_path)])
    assert ended.value.code == 0
    assert "passed: exact 9 of 9, reference 9 of 9" in capsys.readouterr().out
    assert imread(tmp_path / "lif_two_inputs.png").shape[0] > 300
    assert (tmp_path / "lif_two_inputs.svg").read_text().startswith("<?xml")
    drawn = (tmp_path / "lif_two_inputs.csv").read_text().splitlines()
    assert drawn[0] == "panel,kind,run,curve,x_label,y_label,x,y"
    assert len((tmp_path / "lif_two_inputs_claims.csv").read_text().splitlines()) == 1 + 9 * 2
    with pytest.raises(SystemExit):
        main(["figure", "lif_two_inputs", "--engine", "reference", "--json"])
    claims = json.loads(capsys.readouterr().out)["figures"][0]["claims"]
    assert claims[0]["expected"] == 6
    assert claims[0]["engines"]["reference"]["passed"] is True
    assert claims[0]["engines"]["exact"]["found"] == 6
    assert not list(Path().glob("lif_two_inputs*"))


def test_a_sweep_is_many_runs(written) -> None:
    """Listed values and evenly spaced ones; engines run only what is claimed."""
    path = written(
        ("[plot]", '[sweeps.s]\nmodel = "lif"\nduration = "20 ms"\nvary = "stimulus.amplitude"\nunit = "nA"\nvalues = [1.75]\n'
         'first = 1\nlast = 2\ncount = 3\nstimulus = [{ kind = "step", amplitude = "0 nA" }]\n[plot]'),
        ('panels = [{ kind = "traces" }]', 'panels = [{ kind = "curve", what = "spike_count" }, { kind = "raster", sweep = "s" }]'),
    )  # fmt: skip
    figure = read_figure(path)
    assert [run.value for run in figure.members("s")] == [1.0, 1.5, 1.75, 2.0]
    assert [run.name for run in figure.claimed] == ["cell"]
    judged = judge(figure)
    curve = curves(figure.plan.panels[0], judged)[0]
    assert curve.x.tolist() == [1.0, 1.5, 1.75, 2.0]
    assert curve.y.tolist() == [0, 0, 1, 1]
    assert len(curves(figure.plan.panels[1], judged)) == 4


def test_text_of_a_figure_is_text(written, tmp_path) -> None:
    """Not mathematics, not markup."""
    path = written(
        ('title = "A cell"', 'title = "$\\\\frac{1}$ <b>"'), ('kind = "traces"', 'kind = "traces", y_label = "$x_{", legend = true'),
        ('model = "lif"', 'model = "lif"\nlabel = "$y^{"'),
    )  # fmt: skip
    judged = judge(path)
    write_figure(judged, tmp_path / "out")
    assert "<b>" not in render_gallery([judged])


def test_the_page_stands_beside_its_pictures(tmp_path) -> None:
    """Every one with words for who cannot see it; nothing else is fetched; text stays text."""
    judged = judge("lif_constant")
    picture = write_figure(judged, tmp_path)
    page = write_gallery([judged], tmp_path).read_text()
    assert page.count("<img ") == page.count(" alt=") == 1
    assert f'<img src="{picture.name}"' in page and picture.exists()
    assert "http" not in page.replace("Content-Security-Policy", "").replace("http-equiv", "")
    assert "<script" not in page


def recording(values: np.ndarray, spikes: list[float]) -> Recording:
    """A recording of one variable, every 0.1 ms."""
    t = np.arange(len(values)) * 0.1
    return Recording(t, {"v": values}, {"v": "mV"}, np.array(spikes), np.array(spikes), "e", "1", "s", 0.1)


def test_measures_give_what_they_say() -> None:
    """On spikes at 1, 2, 10, 11 and 20 ms."""
    found = recording(np.sin(np.arange(301) * 0.01), [1.0, 2.0, 10.0, 11.0, 20.0])
    ask = lambda what, **given: Question(what, "v", given).answer(found)  # noqa: E731
    assert ask("spike_count") == 5
    assert ask("spike_count", after=5.0, before=15.0) == 2
    assert ask("spike_time", k=3) == 10.0
    assert ask("spike_time", k=-1) == 20.0
    assert ask("spike_time", k=6) is None
    assert ask("reset_time", k=3) == pytest.approx(10.1)
    assert ask("interval", k=2) == 8.0
    assert ask("frequency") == pytest.approx(1000 / 9)
    assert ask("mean_rate") == pytest.approx(4000 / 19)
    assert ask("mean_rate", before=1.5) == 0
    assert ask("interval_cv", before=12.0) == pytest.approx(np.std([1, 8, 1]) / np.mean([1, 8, 1]))
    assert ask("interval_cv", before=3.0) is None
    assert ask("burst_count", gap=5.0) == 3
    assert ask("burst_size", gap=5.0, k=2) == 2
    assert ask("burst_period", gap=5.0, k=1) == 9.0
    assert ask("maximum") == pytest.approx(1.0, abs=1e-12)
    assert ask("maximum_time") == pytest.approx(5 * np.pi, abs=1e-6)
    assert ask("value", at=10.05) == pytest.approx(np.sin(1.005), abs=1e-4)
    assert set(MEASURES) >= {"peak", "peak_time", "minimum", "minimum_time"}


def test_extrema_lie_between_samples() -> None:
    """Placed to a high order; at an end it is the sample."""
    t = np.arange(0, 3, 0.1)
    when, value = highest(t, np.cos(t - 1.234))
    assert (when, value) == (pytest.approx(1.234, abs=1e-7), pytest.approx(1.0, abs=1e-10))
    assert lowest(t, -np.cos(t - 1.234))[1] == pytest.approx(-1.0, abs=1e-10)
    assert highest(t, t) == (t[-1], t[-1])


def test_numbers_are_shown_with_two_digits_more_than_claimed() -> None:
    """And whole ones without a point."""
    judged = judge("lif_constant")
    claims = [claim for claim, _ in by_claim(judged)]
    assert number(4.0, claims[0]) == "4"
    assert number(21.151136451, claims[1]) == "21.1511365"
    assert number(None, claims[0]) == "none"
    assert json.loads(figures_json([judged]))["figures"][0]["status"] == 0


def test_a_value_after_a_reset_is_that_of_the_line_behind_it() -> None:
    """A jump of 2 at 1.03 ms, between samples, and one at 2 ms, whose own sample may still be the one before."""
    t = np.arange(31) * 0.1
    values = np.where(t > 2.05, 14 - 3 * (t - 2.0), np.where(t > 1.03, 9 + t - 1.03, 7.0))
    found = recording(values, [1.03, 2.0, 3.0])
    ask = lambda k: Question("reset_value", "v", {"k": k}).answer(found)  # noqa: E731
    assert ask(1) == pytest.approx(9.0, abs=1e-12)
    assert ask(2) == pytest.approx(14.0, abs=1e-12)
    assert ask(3) is None
    assert Question("reset_value", "v", {"k": 2}).wait(14.0, found) == pytest.approx(0.3, abs=1e-12)


def test_a_count_holds_at_both_steps_or_not_at_all() -> None:
    """A train that gains a spike with half the step is not the book's, whichever of the two numbers the book states."""
    claim = load_figure("lif_constant").claims[0]
    assert claim.question.discrete
    for answers in ((claim.expected, claim.expected + 1), (claim.expected - 1, claim.expected)):
        finding = _counted("neuron", "euler", claim, answers)
        assert finding.passed is False and finding.error == 0
        assert finding.reason == f"{answers[0]:g} at the step and {answers[1]:g} at half of it; take a shorter one"
    assert _counted("neuron", "euler", claim, (claim.expected,) * 2).passed
