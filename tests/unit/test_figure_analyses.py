"""Analyses as parts of figure files: they are read strictly, judged on engines where they run the neuron, and drawn."""

import json
from functools import partial

import numpy as np
import pytest
from figures import changed, judge

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses.branch import fixed_point_branches
from spikebridge.reports.analyses.response import bisected_near
from spikebridge.reports.cli import main
from spikebridge.reports.formats.figure import claim_words, figures_json, state
from spikebridge.reports.formats.gallery_output import write_figure
from spikebridge.reports.textbook.analysis_kind import EQUATIONS, nearest
from spikebridge.reports.textbook.analysis_options import READERS
from spikebridge.reports.textbook.analysis_registry import KINDS
from spikebridge.reports.textbook.figure_file import gallery, read_figure

SMALL = """
title = "A cell"
about = "What it does."
source = "A book"
claims = [
    { what = "threshold", expected = "1.5 nA", tolerance = "1e-6 nA", reason = "the bracket", source = "closed form: (theta - E_L)/R_m" },
]
[analyses.step]
kind = "rheobase"
model = "lif"
regime = "dayan_abbott"
high = "3 nA"
window_ms = 300
dt = "0.1 ms"
[plot]
panels = [{ kind = "analysis" }]
"""


@pytest.fixture
def written(tmp_path):
    """Write a figure file, changed by replacements; returns its path."""
    return partial(changed, tmp_path, SMALL)


def test_a_threshold_is_asked_of_an_engine_as_well(written) -> None:
    """Lapicque's rheobase, 15 mV by 10 Mohm: the exact solution within the bracket, the reference within its own error."""
    made = judge(written(), "reference")
    exact, reference = made.findings
    assert exact.passed and exact.found == pytest.approx(1.5, abs=1e-6) and exact.error == 0.0
    assert reference.passed and 0 < reference.error < 1e-2 and made.status == 0


def test_a_wrong_threshold_fails_on_every_engine(written) -> None:
    """By a hundredth, which no bracket is wide enough for."""
    made = judge(written(("1.5 nA", "1.51 nA")), "reference")
    assert [state(f) for f in made.findings] == ["failed", "failed"] and made.status == 1


def test_what_is_found_on_the_equations_is_not_asked_of_engines(written) -> None:
    """And says so."""
    path = written(
        ('kind = "rheobase"', 'kind = "fixed_points"'), ('high = "3 nA"\nwindow_ms = 300\n', 'stimulus = "1 nA"\n'),
        ('what = "threshold", expected = "1.5 nA", tolerance = "1e-6 nA", reason = "the bracket"', 'what = "state", expected = "-55.0 mV"'),
    )  # fmt: skip
    exact, reference = judge(path, "reference").findings
    assert exact.passed and not reference.asked
    assert EQUATIONS in reference.reason


def test_exact_only_is_a_reason(written) -> None:
    """Engines are not asked; the reason is shown."""
    made = judge(written(("high =", 'exact_only = "it is a secret"\nhigh =')), "reference")
    assert [(f.asked, f.reason) for f in made.findings][1] == (False, "it is a secret")


def test_its_numbers_are_written_beside_the_picture(written, tmp_path) -> None:
    """A table an analysis; every claim in the JSON, in words."""
    made = judge(written())
    write_figure(made, tmp_path / "out")
    assert (tmp_path / "out" / "cell_step.csv").read_text().startswith("threshold,uncertainty,unit\n1.5")
    (claim,) = json.loads(figures_json([made]))["figures"][0]["claims"]
    assert claim["claim"] == "rheobase" and claim["unit"] == "nA"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('kind = "rheobase"', 'kind = "reobase"', "cell.toml: analyses.step: kind: there is no 'reobase'. Did you mean 'rheobase'?"),
        ('high = "3 nA"', "", "analyses.step: high: is missing"),
        ('high = "3 nA"', 'high = "3 mV"', "analyses.step: high: is measured in nA, but '3 mV' is not"),
        ('high = "3 nA"', 'hihg = "3 nA"', "analyses.step: unknown key 'hihg'. Did you mean 'high'?"),
        ("window_ms = 300", 'window_ms = "300 ms"', "analyses.step: window_ms: expected a number, found '300 ms'"),
        ("window_ms = 300", "window_ms = true", "analyses.step: window_ms: expected a number, found True"),
        ("window_ms = 300", "spikes = 0", "analyses.step: spikes: expected a whole number from 1 to 100000, found 0"),
        ("window_ms = 300", "from_rest = 1", "analyses.step: from_rest: expected true or false, found 1"),
        ('model = "lif"', 'model = "liff"', "there is no model 'liff' in the catalogue"),
        ('dt = "0.1 ms"', 'dt = "0 ms"', "analyses.step: dt: must be longer than 0 ms"),
        ('what = "threshold"', 'what = "treshold"', "claim 1: what: expected the name of a quantity of step, found 'treshold'. Did you mean"),
        ('what = "threshold"', 'what = "threshold", at = "1 ms"', "claim 1: at: threshold takes no such key; it takes none"),
        ('what = "threshold"', 'what = "threshold", after = "1 ms"', "claim 1: unknown key 'after'"),
        ('expected = "1.5 nA"', 'expected = "1.5 ms"', "claim 1: expected: is measured in nA, but '1.5 ms' is not"),
        ('kind = "analysis"', 'kind = "analysis", of = ["stp"]', "panel 1: of: there is no analysis 'stp'. Did you mean 'step'?"),
        ('kind = "analysis"', 'kind = "analysis", look = "cycles"', "panel 1: look: step cannot be drawn as 'cycles'"),
        ('kind = "analysis"', 'kind = "intervals", bin_ms = 1', "panel 1: runs: expected a list with the name of at least one run"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place(written, old, new, words) -> None:
    """File, table, key, what was expected."""
    with pytest.raises(DefinitionError) as caught:
        read_figure(written((old, new)))
    assert words in str(caught.value)


def test_without_scipy_other_figures_are_made(tmp_path, monkeypatch, capsys) -> None:
    """One line says which figure needs it and how to get it; the status is 2."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("spikebridge.reports.analyses.root.import_module", missing)
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # other processes would have it
    command = ["figure", "hh_impedance", "lif_constant", "--engine", "reference", "--output", str(tmp_path)]
    with pytest.raises(SystemExit) as left:
        main(command)
    error = capsys.readouterr().err
    assert left.value.code == 2
    assert "not made: hh_impedance.toml: analyses.rest" in error and 'pip install "spikebridge[analyses]"' in error
    assert (tmp_path / "lif_constant.png").exists() and not (tmp_path / "hh_impedance.png").exists()


def test_a_claim_asks_about_what_the_analysis_goes_through(written) -> None:
    """Another width is a mistake in the file, not a number that is missing."""
    path = written(
        ('kind = "rheobase"', 'kind = "strength_duration"\nwidths_ms = [1, 2]'), ("window_ms = 300", "window_ms = 30"),
        ('what = "threshold", expected', 'what = "threshold", at = "3 ms", expected'),
    )  # fmt: skip
    with pytest.raises(DefinitionError, match=r"claim 1: at: expected one of widths_ms of step \(1, 2\), found '3 ms'"):
        read_figure(path)


def test_options_are_read_by_known_readers() -> None:
    """The registry is sound: readers exist, quantities say their words with what they take."""
    for kind in KINDS.values():
        assert {option.reader for option in kind.options.values()} <= set(READERS)
        for quantity in kind.quantities.values():
            given = {"k": 1, "n": 1, "at": "x", "variable": "v", "way": "up"}
            assert quantity.words.format(**given)
            assert all(f"{{{key}}}" in quantity.words for key in quantity.takes if key != "n" or "eigenvalue" in quantity.words)


def test_every_kind_is_shown_in_the_gallery() -> None:
    """No kind is without a figure that claims or draws it."""
    texts = [path.read_text() for path in gallery().values()]
    unused = {name for name in KINDS if not any(f'kind = "{name}"' in text.partition("[analyses.")[2] for text in texts)}
    assert not unused


def test_an_analysis_figure_is_drawn_whole(tmp_path) -> None:
    """Impedance: closed forms all met, a table of its own, a legend-free panel."""
    made = judge("hh_impedance")
    assert all(f.passed for f in made.findings)
    assert claim_words(made.file, made.file.claims[0]) == "rest: |Z| at 0 Hz"
    write_figure(made, tmp_path)
    rows = np.genfromtxt(tmp_path / "hh_impedance_rest.csv", delimiter=",", skip_header=1)
    assert rows.shape == (29, 3)


RHEOBASE = 'kind = "rheobase"\nmodel = "lif"\nregime = "dayan_abbott"\nhigh = "3 nA"\nwindow_ms = 300'
LIF = 'model = "lif"\nregime = "dayan_abbott"'
HELD = 'what = "threshold", expected = "1.5 nA", tolerance = "1e-6 nA", reason = "the bracket"'


def test_a_bracket_wider_than_the_claim_is_no_threshold(written) -> None:
    """The middle of the search is not found to be the threshold because nothing was sought."""
    path = written(("window_ms = 300", "window_ms = 300\ntolerance = 1e-3"))
    with pytest.raises(DefinitionError, match=r"analyses\.step: tolerance: the threshold is only known within"):
        judge(path)


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (f'kind = "rheobase"\n{LIF}\nhigh = "3 nA"\ntolerance = 1', "tolerance: expected a number above 0"),
        (f'kind = "rheobase"\n{LIF}\nhigh = "3 nA"\nwindow_ms = -5', "window_ms: expected a number above 0"),
        (f'kind = "rheobase"\n{LIF}\nhigh = "3 nA"\nwindow_ms = 1e12', "are not 1 to 20000000 steps"),
        (f'kind = "rheobase"\n{LIF}\nhigh = "1 nA"', "there is no threshold up to 1 nA"),
        (f'kind = "strength_duration"\n{LIF}\nhigh = "0 nA"\nwidths_ms = [1]', "goes nowhere"),
        (f'kind = "lowest_sustained"\n{LIF}\nhigh = "3 nA"\nwindow_ms = 100\ntail_ms = 1e9', "the end of a window"),
        (f'kind = "f_i"\n{LIF}\namplitudes = [3]\nduration_ms = 100\nonset_ms = 200', "a rate needs a window"),
        (f'kind = "f_i"\n{LIF}\namplitudes = [3]\nonset_ms = -5', "onset_ms: expected 0 or a number above"),
        (f'kind = "refractoriness"\n{LIF}\nhigh = "3 nA"\nwidth_ms = 1\ndelays_ms = [-5]', "delays_ms: expected no number below 0"),
        ('kind = "i_v"\nmodel = "hodgkin_huxley"\nhold = "-65 mV"\ncommands = [0]\nsymbol = "v"', "v is what the clamp holds"),
        ('kind = "i_v"\nmodel = "hodgkin_huxley"\nhold = "-65 mV"\ncommands = [0]\nsymbol = "no"', "symbol: there is no variable"),
        ('kind = "branches"\nmodel = "fitzhugh_nagumo"\nlow = "3"\nhigh = "-1"', "the range of I_stim from 3 to -1 is empty"),
        ('kind = "cycles"\nmodel = "fitzhugh_nagumo"\nlow = "2"\nhigh = "3"\nfrom = "0.5"', "must lie in a rising range"),
        ('kind = "branches"\nmodel = "fitzhugh_nagumo"\nlow = "-1"\nhigh = "3"\nstimulus = "5"', "stimulus: it is what varies here"),
        ('kind = "cycle"\nmodel = "fitzhugh_nagumo"\nat = "-3"', "it does not oscillate"),
        ('kind = "plane"\nmodel = "fitzhugh_nagumo"\nx = "v"\ny = "v"\nx_range = [-1, 1]\ny_range = [-1, 1]', "v is on both axes"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line_that_names_file_and_analysis(written, new, words) -> None:
    """At once, never a traceback, never a search without end."""
    path = written((RHEOBASE, new), ("{ " + HELD + ', source = "closed form: (theta - E_L)/R_m" },', ""))
    with pytest.raises(DefinitionError, match=r"^cell.toml: analyses\.step: ") as caught:
        judge(path)
    assert words in str(caught.value)


def test_analyses_have_files_of_their_own(written) -> None:
    """No analysis takes the file of the claims, or of another one where a disk does not tell cases apart."""
    for name in ("claims", "Claims", "a" * 100):
        with pytest.raises(DefinitionError, match=r"choose another|at most"):
            read_figure(written(("[analyses.step]", f"[analyses.{name}]")))


def test_a_place_is_one_of_those_there_are() -> None:
    """However small the numbers are, and where it is there once."""
    assert nearest(np.array([0.0, 1e-12]), np.array([1.0, 2.0]), 1e-12) == 2.0
    assert nearest(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 3.0) is None
    assert nearest(np.array([1.0, 0.0, 1.0]), np.array([1.0, 2.0, 3.0]), 1.0) is None


def test_a_search_near_a_threshold_of_any_sign_ends() -> None:
    """Downwards, and at 0, where a tenth of it is nothing."""
    assert bisected_near(lambda x: x <= -5.0, -5.001, 1e-6, "nA", down=True).value == pytest.approx(-5.0, abs=1e-6)
    assert bisected_near(lambda x: x >= 0.0, 1e-9, 1e-6, "nA", reach=0.1).value == pytest.approx(0.0, abs=1e-6)
    with pytest.raises(ValueError, match="how far it may go"):
        bisected_near(lambda x: x >= 0.0, 0.0, 1e-6, "nA")


def test_rates_of_a_model_with_resets_may_wait_for_the_grid(written) -> None:
    """1000/(tau_m ln(I/(I - 1.5 nA))): each end of an interval waits for up to a step, though halving it may not show that."""
    rates = {current: 1000 / (10 * np.log(current / (current - 1.5))) for current in (1.6, 2.3, 3.7)}
    claims = [f'{{ what = "rate", at = "{i} nA", expected = "{f:.6f} Hz", source = "closed form" }},' for i, f in rates.items()]
    path = written(
        (RHEOBASE, f'kind = "f_i"\n{LIF}\namplitudes = {list(rates)}\nduration_ms = 300'),
        ("{ " + HELD + ', source = "closed form: (theta - E_L)/R_m" },', "\n".join(claims)),
    )
    assert judge(path, "reference").status == 0


def test_thresholds_of_a_passive_membrane_are_lapicques(written) -> None:
    """To -60 mV: 100 pA/(1 - exp(-d/10 ms)); its impedance is 0.1 mV/pA at 0 Hz, over sqrt(1 + (w tau)^2) at others."""
    claims = [
        f'{{ what = "threshold", at = "{d} ms", expected = "{100 / (1 - np.exp(-d / 10)):.3f} pA", source = "closed form" }},'
        for d in (1, 5, 20)
    ]
    kind = 'kind = "strength_duration"\nmodel = "passive_membrane"\nlevel = "-60 mV"\nhigh = "500 pA"\nwidths_ms = [1, 5, 20]'
    quoted = "{ " + HELD + ', source = "closed form: (theta - E_L)/R_m" },'
    assert judge(written((RHEOBASE, kind), (quoted, "\n".join(claims)))).status == 0
    falls = 100 / np.hypot(1, 2 * np.pi)
    there = f'{{ what = "impedance", at = "100 Hz", expected = "{falls:.6f} Mohm", source = "closed form" }},'
    kind = 'kind = "impedance"\nmodel = "passive_membrane"\nfrequencies_hz = [0, 100]'
    assert judge(written((RHEOBASE, kind), (quoted, there))).status == 0


def test_a_level_is_that_of_the_membrane_potential(tmp_path) -> None:
    """In its unit, wherever the file writes it down."""
    (tmp_path / "gate.toml").write_text(
        'name = "gate"\ntitle = "t"\nsource = "s"\nequations = """\ndn/dt = (v/mV - n)/(10*ms) : 1\n'
        'dv/dt = (R*I_stim - v)/(10*ms) : mV\nI_stim : nA\n"""\nspike = "v > 5*mV"\n[parameters]\nR = "10 Mohm"\n'
        '[initial]\nv = "0 mV"\nn = "0"\n'
    )
    figure = tmp_path / "cell.toml"
    figure.write_text(SMALL.replace('"lif"\nregime = "dayan_abbott"', '"gate.toml"\nlevel = "5 mV"'))
    assert [analysis.given["level"] for analysis in read_figure(figure).analyses.values()] == [5.0]
    figure.write_text(figure.read_text().replace('level = "5 mV"', 'level = "0.5"'))
    with pytest.raises(DefinitionError, match="level: is measured in mV"):
        read_figure(figure)


@pytest.mark.parametrize("most", [150, 250])
def test_a_special_point_is_counted_once(most) -> None:
    """Also where branches that end after so many points run over each other."""
    branches = fixed_point_branches(load("morris_lecar").with_regime("snic"), -50.0, 120.0, most=most)
    found = [point.parameter for branch in branches for point in branch.of_kind("saddle-node")]
    assert sorted(found) == pytest.approx([-9.94894, 39.96315], abs=1e-4)
