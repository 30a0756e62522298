"""Frozen results: nothing is left out, what moves is reported with its limit, and nothing is made anew without a reason."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from figures import changed, judge
from test_gallery import SMALL

from benchmarks.mutations import UNTOUCHED, Fate, Outcome
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.regression.suite import read_suite
from spikebridge.reports.textbook.figure_file import gallery, load_figure
from tests.frozen import claims, mutations
from tests.frozen.frozen import main
from tests.frozen.moved import FOLDER, Looked, Moved
from tests.frozen.reasons import checked_reason, record
from tests.frozen.selection import select
from tests.frozen.table import read_table

LIF = "leaky_integrate_and_fire"
SUITE = """
baseline = "schemes"
engines = ["reference"]
schemes = { reference = ["rk4", "exact"] }
checkpoints = 4
[[experiment]]
run = "leaky_integrate_and_fire"
duration = "20 ms"
"""
FIGURE = SMALL.replace(
    "claims = [",
    'claims = [{ what = "spike_time", k = 1, expected = "13.8 ms", tolerance = "5 ms", reason = "r", source = "exact solution" }, ',
)


# nothing is left out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["schemes", "exact"])
def test_every_model_of_the_catalogue_is_in_the_suites(kind) -> None:
    """Each has a case, and each case a baseline; a new model is noticed here."""
    suite = read_suite(FOLDER / f"{kind}.toml")
    assert sorted(case.name for case in suite.cases) == sorted(catalogue())
    assert sorted(path.stem for path in (FOLDER / kind).glob("*.json")) == sorted(catalogue())


def test_every_engine_takes_part_under_all_its_schemes() -> None:
    """The spine in compiled code as well; the rest is as long as it takes for something to happen."""
    for case in read_suite(FOLDER / "schemes.toml").cases:
        kept = json.loads((FOLDER / "schemes" / f"{case.name}.json").read_text())
        assert {key.partition("/")[0] for key in kept["engines"]} == set(case.engines)
        assert set(case.schemes.values()) == {("all",)} and case.schemes.keys() == set(case.engines)
        if "brian2" not in case.engines:
            edge = min((e for e in load_experiment(case.name).drive.edges_ms if e > 0), default=0.0)
            experiment = case.load()
            assert experiment.duration_ms > min(edge, experiment.duration_ms * 0.99)


def test_every_claim_of_every_figure_is_in_a_table() -> None:
    """For the exact solution and each engine; a new figure or claim is noticed here."""
    assert {path.stem for path in (FOLDER / claims.KIND).glob("*.csv")} == set(gallery())
    for name in gallery():
        kept = read_table(claims.path_of(name), claims.COLUMNS)
        assert len({claim for claim, _ in kept}) == len(load_figure(name).claims), name
        assert {engine for _, engine in kept} <= {"exact", "reference", "brian2", "neuron"}


@pytest.mark.parametrize("engine", mutations.ENGINES)
def test_every_model_has_its_faults_frozen(engine) -> None:
    """And its untouched translation, in which nothing is found."""
    kept = read_table(mutations.path_of(engine), mutations.COLUMNS)
    assert {model for model, _ in kept} == set(catalogue())
    assert all(kept[model, UNTOUCHED] == ("not detected",) for model in catalogue())


def test_the_frozen_results_stay_small() -> None:
    """Text that a person can review."""
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.suffix in (".json", ".csv", ".toml", ".md")) < 2_000_000


# what moves is reported with its limit --------------------------------------------------------------------


@pytest.fixture
def frozen(tmp_path) -> Path:
    """A folder with one small suite, frozen."""
    (tmp_path / "schemes.toml").write_text(SUITE)
    assert main(["--update", "a beginning", "schemes", "lif"], tmp_path) == 0
    return tmp_path


def test_what_has_not_moved_says_so(frozen, capsys) -> None:
    """Status 0, and nothing is written."""
    before = {path: path.read_bytes() for path in frozen.rglob("*") if path.is_file()}
    assert main(["schemes", "lif"], frozen) == 0
    assert "2 results held, nothing moved" in capsys.readouterr().out
    assert before == {path: path.read_bytes() for path in frozen.rglob("*") if path.is_file()}


def test_a_moved_number_of_a_suite_is_reported_with_its_limit(frozen, capsys) -> None:
    """What it was, what it is, and what round-off would explain; status 1, until it is made anew with a reason."""
    path = frozen / "schemes" / f"{LIF}.json"
    document = json.loads(path.read_text())
    document["engines"]["reference/rk4"]["checkpoints"][2][1] += 1e-6
    path.write_text(json.dumps(document))
    assert main(["schemes", "lif"], frozen) == 1
    out = capsys.readouterr().out
    assert f"{LIF} on reference/rk4: changed: v at 10 ms was " in out and "where what round-off can have grown to is" in out
    assert 'make frozen-update WHY="..."' in out
    assert main(["schemes", "lif", "--update", "the step was wrong"], frozen) == 0
    assert main(["schemes", "lif"], frozen) == 0
    kept = (frozen / "reasons.md").read_text()
    assert (
        f"## {date.today()}: the step was wrong\n" in kept and f"* {LIF} on reference/rk4: updated: changed: v at 10 ms" in kept
    )


def test_what_is_not_yet_frozen_is_not_written_by_a_look(tmp_path, capsys) -> None:
    """A new model fails until somebody freezes it with a reason."""
    (tmp_path / "schemes.toml").write_text(SUITE)
    assert main(["schemes", "lif"], tmp_path) == 1
    assert "new: there was no baseline for reference/rk4, reference/exact" in capsys.readouterr().out
    assert not (tmp_path / "schemes").exists()


@pytest.fixture
def figure(tmp_path):
    """A small figure, made on the reference, and the folder of its frozen claims."""
    made = judge(changed(tmp_path, FIGURE), "reference")
    assert all(each.text.startswith("new: ") for each in claims.held(made, True, tmp_path))
    return made, tmp_path


def moved_by(folder: Path, engine: str, what: str, by: float) -> None:
    """Change what is frozen of the figure's claim of that engine."""
    lines = claims.path_of("cell", folder).read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(what) and f",{engine}," in line)
    parts = lines[at].split(",")
    lines[at] = ",".join([*parts[:3], f"{float(parts[3]) + by:.10g}", *parts[4:]])
    claims.path_of("cell", folder).write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("engine", "limit"), [("reference", "what round-off can have grown to"), ("exact", "the solution's own error")]
)
def test_a_moved_number_of_a_claim_is_reported_with_its_limit(figure, engine, limit) -> None:
    """How far it moved, and what it could have moved by, measured on this very run."""
    made, folder = figure
    assert claims.held(made, False, folder) == []
    moved_by(folder, engine, "time of spike 1", 1e-6)
    (moved,) = claims.held(made, False, folder)
    assert moved.subject == f"cell, time of spike 1, {engine}" and moved.ran
    assert f": moved by 1e-6 ms, where {limit} is " in moved.text
    moved_by(folder, engine, "time of spike 1", -1e-6)
    assert claims.held(made, False, folder) == []


def test_a_number_that_round_off_moves_has_not_moved(figure) -> None:
    """And an update that finds something else leaves its digits alone."""
    made, folder = figure
    moved_by(folder, "reference", "time of spike 1", 3e-9)
    moved_by(folder, "exact", "number of spikes", 1)
    digits = claims.path_of("cell", folder).read_text().splitlines()[2]
    (moved,) = claims.held(made, True, folder)
    assert moved.text == "was 2 (exact, passed), is 1 (exact, passed): moved by 1, where what a count may move by is 0"
    assert claims.path_of("cell", folder).read_text().splitlines()[2] == digits
    assert claims.held(made, False, folder) == []


def test_what_becomes_of_a_fault_is_held_exactly(tmp_path) -> None:
    """Another variable blamed is a move; other models keep their rows."""
    found = [
        Outcome("a", UNTOUCHED, Fate.NOT_DETECTED),
        Outcome("a", "sign in v", Fate.DETECTED, "v"),
        Outcome("a", "sign in v", Fate.NOT_RUN),
    ]
    rows = mutations.rows_of(found)
    assert rows["a", "sign in v"] == ("detected, blamed on v",) and rows["a", "sign in v (2)"] == ("not run",)
    others = mutations.rows_of([Outcome("b", UNTOUCHED, Fate.NOT_DETECTED)])
    mutations.held("neuron", others | rows, None, (), True, tmp_path)
    blamed = mutations.rows_of([found[0], Outcome("a", "sign in v", Fate.DETECTED, "m"), found[2]])
    (moved,) = mutations.held("neuron", blamed, {"a"}, (), True, tmp_path)
    assert str(moved) == "a on neuron, sign in v: was detected, blamed on v, is detected, blamed on m"
    assert mutations.held("neuron", blamed | others, None, (), False, tmp_path) == []


# nothing without a reason ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", "  \n "])
def test_an_update_refuses_without_a_reason(frozen, reason, capsys) -> None:
    """Before anything runs; one line, status 2."""
    assert main(["--update", reason, "schemes", "lif"], frozen) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("frozen: a reason is missing; say why results move: make frozen-update WHY=")


def test_reasons_add_up(tmp_path) -> None:
    """Each with its date and what moved; a long list is counted, and what did not run is none of it."""
    many = tuple(Moved(f"m{i}", f"was {i}") for i in range(12))
    record(
        checked_reason(" one\n reason "),
        [Looked("claims", 40, (*many, Moved("x", "not run", ran=False)))],
        tmp_path,
        date(2030, 1, 2),
    )
    record("another", [Looked("exact", 3, many[:1]), Looked("claims", 40)], tmp_path, date(2030, 1, 3))
    text = (tmp_path / "reasons.md").read_text()
    assert text.startswith(
        "# Why frozen results were made anew\n\n## 2030-01-02: one reason\n\n* claims: 40 results held, 12 moved, 1 did not run\n  * m0: was 0\n"
    )
    assert "  * m7: was 7\n  * and 4 more\n\n## 2030-01-03: another\n\n* exact: 3 results held, 1 moved\n  * m0: was 0\n" in text


# parts ----------------------------------------------------------------------------------------------------


def test_kinds_narrow_down_and_subjects_add_up() -> None:
    """A model brings the figures that run it, under any of its names; a figure has claims only."""
    assert select(()) == select(("schemes", "exact", "claims", "mutations"))
    by_model = select(("adex", "lif"))
    assert by_model.models == {"adex", LIF} and {"adex_patterns", "lif_f_i"} <= set(by_model.figures or ())
    assert "hh_rest" not in (by_model.figures or ())
    assert select(("hh_rest",)).kinds == ["claims"] and select(("hh_rest",)).figures == {"hh_rest"}
    assert (select(("exact", "adex")).kinds, select(("exact", "adex")).models) == (["exact"], {"adex"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("adx",), "PART: 'adx' is no model, no figure and no kind (schemes, exact, claims, mutations). Did you mean 'adex'?"),
        (
            ("schemes", "hh_rest"),
            "PART: nothing is frozen of 'schemes hh_rest'; figures have claims, models have the other kinds",
        ),
    ],
)
def test_words_that_are_none_are_named(words, message) -> None:
    """With what was meant, or what there is."""
    with pytest.raises(DefinitionError) as error:
        select(words)
    assert str(error.value) == message
