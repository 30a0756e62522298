"""The command that holds a suite to its baseline: what it writes, says and returns; its XML and Markdown."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from runs import compared

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.errors import NotRun
from spikebridge.reports.cli import main
from spikebridge.reports.formats.junit import grid_junit, render_junit
from spikebridge.reports.formats.markdown import MOST_CHARACTERS, comparison_markdown, escaped, grid_markdown
from spikebridge.reports.formats.tables import grid_table
from spikebridge.reports.proof.grid import compare_all
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.regression.change import Change, Status
from spikebridge.reports.regression.checking import check
from spikebridge.reports.regression.suite import read_suite

pytestmark = pytest.mark.xdist_group("compared")

SUITE = """
engines = ["reference"]
schemes = { reference = ["backward_euler", "rk4"] }
[[experiment]]
run = "hh.experiment.toml"
[[experiment]]
run = "fitzhugh_nagumo"
duration = "40 ms"
schemes = { reference = ["forward_euler", "rk4"] }
"""
HH = """
model = "hodgkin_huxley"
duration = "20 ms"
dt = "0.025 ms"
[parameters]
g_Na = "120 mS/cm2"
[[stimulus]]
kind = "step"
amplitude = "20 uA/cm2"
start = "1 ms"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    (tmp_path / "suite.toml").write_text(SUITE)
    (tmp_path / "hh.experiment.toml").write_text(HH)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capsys):
    """Runs a command; returns its status, standard output in one line, and standard error."""

    def command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        out, err = capsys.readouterr()
        return end.value.code, out if "--json" in arguments else " ".join(out.split()), err

    return command


@pytest.fixture
def kept(folder, run) -> Path:
    """A folder with a suite and its baseline."""
    assert run("check")[0] == 1
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# the command ----------------------------------------------------------------------------------------------


def test_the_first_run_writes_and_fails_the_second_passes(folder, run) -> None:
    """So that nobody takes a first run for a proof."""
    status, out, _ = run("check")
    assert status == 1 and "4 results: 4 new. The baseline of hh, fitzhugh_nagumo was written to baseline. Look at it" in out
    assert sorted(p.name for p in (folder / "baseline").iterdir()) == ["fitzhugh_nagumo.json", "hh.json"]
    before = (folder / "baseline/hh.json").read_bytes()
    status, out, _ = run("check")
    assert status == 0 and "All 4 results are what they were, and no engine disagrees." in out
    assert (folder / "baseline/hh.json").read_bytes() == before


def test_a_thousandth_of_a_conductance_fails_and_says_what(kept, run) -> None:
    """The result, the definition behind it, and nothing of the other experiment."""
    change(kept / "hh.experiment.toml", "120 mS/cm2", "120.12 mS/cm2")
    before = (kept / "baseline/hh.json").read_bytes()
    status, out, _ = run("check")
    assert status == 1 and "4 results: 2 unchanged, 2 changed. If that is as it should be: spikebridge check --update." in out
    assert "hh on reference/rk4: changed: spike 1 was at" in out
    assert "hh, the definition itself: g_Na: 120 mS/cm2 became 120.12 mS/cm2" in out
    assert (kept / "baseline/hh.json").read_bytes() == before
    status, out, _ = run("check", "--update")
    assert (
        status == 0 and "hh on reference/rk4: updated: changed: spike 1 was at" in out and "The baseline of hh was written" in out
    )
    assert run("check")[0] == 0


def test_an_update_leaves_what_is_unchanged_as_it_is(kept, run) -> None:
    """Digits that round-off could have made are not rewritten, versions are."""
    path = kept / "baseline/hh.json"
    document = json.loads(path.read_text())
    for engine in document["engines"].values():
        engine["environment"]["numpy"] = "1.0"
        engine["checkpoints"][3][1] += 1e-12
    path.write_text(json.dumps(document))
    status, out, _ = run("check")
    assert status == 0 and "numpy 1.0 became" in out and "0 of 2 results changed" in out
    assert run("check", "--update")[0] == 0
    found = json.loads(path.read_text())
    for key, engine in found["engines"].items():
        assert engine["environment"]["numpy"] != "1.0"
        assert engine["checkpoints"] == document["engines"][key]["checkpoints"]


def test_a_version_is_told_with_the_results_that_changed_under_it(kept, run) -> None:
    """How many of those it touches, and which."""
    path = kept / "baseline/hh.json"
    document = json.loads(path.read_text())
    for engine in document["engines"].values():
        engine["environment"]["numpy"] = "1.0"
    document["engines"]["reference/rk4"]["spikes_ms"][0][1] += 0.01
    path.write_text(json.dumps(document))
    status, out, _ = run("check")
    assert status == 1
    assert "numpy 1.0 became" in out and ": 1 of 2 results changed: hh (reference/rk4)" in out
    document["engines"]["reference/rk4"]["environment"]["numpy"] = json.loads(run("check", "--json")[1])["experiments"]["hh"][
        "engines"
    ]["reference/rk4"]["versions"]["numpy"]["now"]
    path.write_text(json.dumps(document))
    assert "no version, platform or definition that is kept has changed with hh (reference/rk4)" in run("check")[1]


def test_what_is_gone_does_not_go_unnoticed(kept, run) -> None:
    """An experiment or an engine that takes no part any more fails, until the baseline is updated."""
    change(
        kept / "suite.toml",
        '[[experiment]]\nrun = "fitzhugh_nagumo"\nduration = "40 ms"\nschemes = { reference = ["forward_euler", "rk4"] }\n',
        "",
    )
    change(kept / "suite.toml", '["backward_euler", "rk4"]', '["rk4"]')
    status, out, _ = run("check")
    assert status == 1
    assert "fitzhugh_nagumo: gone: it has a baseline but is no longer in the suite" in out
    assert "hh on reference/backward_euler: gone: reference/backward_euler has a baseline but takes no part any more" in out
    assert run("check", "--update")[0] == 0
    assert [p.name for p in (kept / "baseline").iterdir()] == ["hh.json"] and run("check")[0] == 0


def test_what_is_new_is_written_and_fails_once(kept, run) -> None:
    """The rest stays."""
    change(kept / "suite.toml", '"backward_euler", ', '"backward_euler", "crank_nicolson", ')
    status, out, _ = run("check")
    assert status == 1 and "hh: new: there was no baseline for reference/crank_nicolson" in out
    assert run("check")[0] == 0


def test_a_look_writes_nothing(folder) -> None:
    """A caller may ask what a suite gives and leave every file as it is: what has no baseline is new, and stays so."""
    result = check(read_suite(folder / "suite.toml"), writes=False)
    assert {r.change.status for r in result.results} == {Status.NEW} and result.written == ()
    assert not (folder / "baseline").exists()


def test_a_verdict_by_newer_rules_passes_and_is_said(kept, run) -> None:
    """Nothing has changed, so nothing fails; an update keeps the new word."""
    path = kept / "baseline/hh.json"
    document = json.loads(path.read_text())
    for engine in document["engines"].values():
        engine |= {"verdict": "converge to different limits", "rules": 1}
    path.write_text(json.dumps(document))
    status, out, _ = run("check")
    assert status == 0 and "hh on reference/rk4: judged by new rules: the verdict was: converge to different limits" in out
    assert "no engine disagrees. 2 verdicts by new rules: spikebridge check --update keeps them." in out
    assert run("check", "--update")[0] == 0 and "judged by new rules" not in run("check")[1]


@pytest.mark.parametrize(("expect", "expected"), [(None, 4), (Verdict.UNDECIDED, 0)])
def test_an_undecided_result_is_status_4_unless_it_is_expected(folder, expect, expected, monkeypatch) -> None:
    """No disagreement, no agreement: a failure of its own type; a change beside it is the worse of the two."""
    undecided = (Verdict.UNDECIDED, "samples that nothing explains")
    monkeypatch.setattr("spikebridge.reports.proof.engine_participant.judge", lambda _: undecided)
    suite = read_suite(folder / "suite.toml")
    suite = replace(suite, cases=tuple(replace(case, expect=expect) for case in suite.cases))
    check(suite)
    result = check(suite)
    assert result.status == expected
    types = {each.attrib["type"] for each in valid(render_junit(result)).iter("failure")}
    assert types == ({"undecided"} if expected else set())
    changed = replace(result.results[0], change=Change(Status.CHANGED, "it is another"))
    assert replace(result, results=(changed, *result.results[1:])).status == 1


def test_an_engine_that_does_not_run_never_passes(kept, run, monkeypatch) -> None:
    """Whatever its baseline says, with --update too; the baseline is left alone."""

    def refuse(*_: object) -> None:
        raise NotRun("the simulator is missing")

    monkeypatch.setattr(type(ENGINES["reference"]), "execute", refuse)
    before = (kept / "baseline/hh.json").read_bytes()
    for more in ((), ("--update",)):
        status, out, _ = run("check", *more)
        assert status == 3 and "hh on reference/rk4: not run: the simulator is missing" in out
        assert (kept / "baseline/hh.json").read_bytes() == before
    assert "What did not run never passes." in run("check")[1]


def test_all_schemes_are_those_that_suit(folder, run) -> None:
    """A scheme that cannot integrate the model takes no part, and is not counted as not run; names beside it are in it."""
    change(folder / "suite.toml", '["forward_euler", "rk4"]', '["rk4", "all"]')
    change(folder / "suite.toml", 'duration = "40 ms"', 'duration = "2 ms"')
    assert run("check")[0] == 1
    kept = set(json.loads((folder / "baseline/fitzhugh_nagumo.json").read_text())["engines"])
    assert {"reference/rk4", "reference/exact"} < kept and not {"reference/exponential_euler", "reference/iteration"} & kept
    status, out, _ = run("check")
    assert status == 0 and "All 11 results are what they were" in out


def test_an_engine_that_none_of_its_schemes_serves_did_not_run(folder, run) -> None:
    """It was asked to take part, under all it can: that it can do nothing is no pass."""
    case = 'engines = ["neuron_hh"]\nschemes = { neuron_hh = "all" }\n'
    (folder / "suite.toml").write_text(f'[[experiment]]\nrun = "fitzhugh_nagumo"\n{case}')
    status, out, _ = run("check")
    assert status == 3 and "fitzhugh_nagumo on neuron_hh: not run: none of its schemes suits this model: NEURON's hh is" in out
    assert not (folder / "baseline").exists()


def test_a_short_case_with_few_checkpoints_is_a_small_file(folder, run) -> None:
    """The samples of the suite's choice, and a word that says so where there are others in the baseline."""
    suite = folder / "suite.toml"
    change(suite, 'duration = "40 ms"', 'duration = "10 ms"\ncheckpoints = 4')
    run("check")
    document = json.loads((folder / "baseline/fitzhugh_nagumo.json").read_text())
    assert [row[0] for row in document["engines"]["reference/rk4"]["checkpoints"]] == [0.0, 2.5, 5.0, 7.5, 10.0]
    assert document["definition"]["duration"] == "10 ms"
    change(suite, "checkpoints = 4", "checkpoints = 5")
    status, out, _ = run("check")
    assert status == 1 and "the samples are others: checkpoints, duration, dt" in out
    assert run("check", "--update")[0] == 0 and run("check")[0] == 0


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (lambda f: (f / "suite.toml").unlink(), (), "there is no suite.toml in this folder; write one"),
        (lambda f: None, ("other.toml",), "other.toml: No such file or directory"),
        (lambda f: (f / "hh.experiment.toml").unlink(), (), "hh: "),
        (lambda f: change(f / "suite.toml", '"rk4"', '"rk44"'), (), "there is no scheme 'rk44'. Did you mean 'rk4'?"),
        (lambda f: (f / "baseline/hh.json").write_text("{"), (), "hh.json: this is no baseline"),
        (lambda f: None, ("--baseline", "suite.toml"), "suite.toml"),
    ],
)
def test_mistakes_are_named_before_anything_runs(kept, run, make, arguments, message) -> None:
    """Status 2, one line on stderr, nothing on stdout."""
    make(kept)
    status, out, err = run("check", *arguments)
    assert status == 2 and out == "" and message in err and "Traceback" not in err


def test_json_has_everything(kept, run) -> None:
    """And is all there is on stdout."""
    status, out, _ = run("check", "--json")
    found = json.loads(out)
    assert (status, found["schema"], found["status"], found["suite"]) == (0, 1, 0, "suite")
    assert found["experiments"]["hh"]["engines"]["reference/rk4"] | {"because": ""} == {
        "verdict": "agree", "because": "", "accepted": True, "status": "unchanged", "change": "equal to the last digit kept",
        "versions": {}, "passed": True,
    }  # fmt: skip


# XML and Markdown -----------------------------------------------------------------------------------------

# what Surefire's schema, version 3, lets stand in a report
ATTRIBUTES = {
    "testsuite": {"name", "tests", "errors", "skipped", "failures", "time"},
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "properties": set(),
    "system-out": set(),
}
CHILDREN = {"testsuite": {"properties", "testcase"}, "testcase": {"failure", "error", "system-out"}, "properties": {"property"}}


def valid(text: str) -> ElementTree.Element:
    """The root of a report in which every element and attribute may stand, and every count is right."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, set())
    cases = root.findall("testcase")
    for name, number in (
        ("tests", len(cases)),
        ("failures", len(root.findall(".//failure"))),
        ("errors", len(root.findall(".//error"))),
    ):
        assert int(root.attrib[name]) == number
    return root


def test_junit_has_a_case_for_every_experiment_and_engine(kept, run) -> None:
    """Failures say what changed, errors what did not run."""
    change(kept / "hh.experiment.toml", "120 mS/cm2", "121 mS/cm2")
    assert run("check", "--junit", "deep/report.xml")[0] == 1
    root = valid((kept / "deep/report.xml").read_text())
    cases = {(c.attrib["classname"], c.attrib["name"]): c for c in root.findall("testcase")}
    assert set(cases) == {
        *(("suite.hh", f"reference/{scheme}") for scheme in ("backward_euler", "rk4")),
        *(("suite.fitzhugh_nagumo", f"reference/{scheme}") for scheme in ("forward_euler", "rk4")),
    }
    failure = cases["suite.hh", "reference/rk4"].find("failure")
    assert (
        failure.attrib["message"].startswith("changed: spike 1 was at") and "g_Na: 120 mS/cm2 became 121 mS/cm2" in failure.text
    )
    assert cases["suite.fitzhugh_nagumo", "reference/rk4"].find("system-out").text.startswith("agree: ")


def test_markdown_has_the_sentence_the_reasons_and_the_table(kept, run) -> None:
    """Names with underscores and bars stay text."""
    change(kept / "hh.experiment.toml", "120 mS/cm2", "121 mS/cm2")
    run("check", "--markdown", "summary.md")
    text = (kept / "summary.md").read_text()
    assert text.startswith("### ❌ spikebridge, suite\n\n4 results: 2 unchanged, 2 changed.")
    assert "* **hh on reference/rk4**: changed: spike 1 was at" in text
    assert "| fitzhugh_nagumo | reference/rk4 | ✅ agree | ✅ unchanged |" in text
    assert "| hh | reference/rk4 | ✅ agree | ❌ changed |" in text


def test_markdown_of_a_comparison_is_a_table() -> None:
    """A row an engine, as many cells as columns."""
    text = comparison_markdown(compared("hodgkin_huxley"))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 4 and len({line.replace("\\|", "").count("|") for line in rows}) == 1
    assert "✅ agree" in text and "max error" in text


def test_the_matrix_of_all_models_comes_in_every_format() -> None:
    """A case, a cell and a row for every scheme that suits a model."""

    def short(name: str) -> Experiment:
        return replace(load_experiment(name), duration="5 ms")

    grid = compare_all(["passive_membrane", "rulkov"], ["reference"], {"reference": ["all"]}, quick=True, load=short)
    suited = [cell for cell in grid.cells.values() if cell.suits]
    root = valid(grid_junit(grid))
    assert {(c.attrib["classname"], c.attrib["name"]) for c in root.findall("testcase")} == {
        (f"compare.{cell.model}", f"{cell.engine}/{cell.scheme}") for cell in suited
    }
    text = grid_markdown(grid)
    assert text.startswith("### ✅ spikebridge, 2 models: ") and "| rulkov | ✅ agree |" in text
    table = grid_table(grid)
    assert len(table) == len(grid.cells) and table[table.suits].verdict.tolist() == [str(cell.verdict) for cell in suited]


def test_hostile_text_stays_text() -> None:
    """Tags, links, mentions, headings and rows of tables."""
    assert escaped("<b>\n# a | [x](y) @z `c` _u_ g_Na") == r"&lt;b&gt; \# a \| \[x\](y) \@z \`c\` \_u\_ g_Na"
    assert len("x" * MOST_CHARACTERS) < 65_536


def test_every_experiment_has_a_page_and_the_index_tells_what_changed(folder, run) -> None:
    """The first time all are new; then changed where the definition is; what is gone is named."""
    run("check", "--output", "pages")
    index = (folder / "pages" / "index.html").read_text()
    assert sorted(path.parent.name for path in folder.glob("pages/*/report.html")) == ["fitzhugh_nagumo", "hh"]
    assert "Against the baseline: 4 new." in index
    assert index.count("report.html") == 2
    assert (folder / "pages" / "hh" / "report.html").read_text().split("<code>")[-1].startswith("spikebridge")
    (folder / "hh.experiment.toml").write_text(HH.replace("120 mS/cm2", "100 mS/cm2"))
    (folder / "suite.toml").write_text(SUITE.replace('run = "fitzhugh_nagumo"', 'run = "fitzhugh_nagumo"\nname = "other"'))
    status, out, _ = run("check", "--output", "pages")
    index = (folder / "pages" / "index.html").read_text()
    assert status == 1
    assert "Against the baseline: 2 changed, 2 new." in index
    leading = index.split('id="changes"')[1].split("</section>")[0]
    assert "hh, the definition itself" in leading and "g_Na: 120 mS/cm2 became 100 mS/cm2" in leading
    assert leading.index("hh on reference/rk4") > 0 and index.index('id="changes"') < index.index('id="matrix"')
    page = (folder / "pages" / "hh" / "report.html").read_text()
    assert page.index("the definition itself: g_Na: 120 mS/cm2 became 100 mS/cm2") < page.index(
        '<p class="sentence">Both engines'
    )
    assert "changed since the baseline" not in (folder / "pages" / "other" / "report.html").read_text()
    assert "only in the baseline</th><td>fitzhugh_nagumo</td>" in index
    assert out.strip().endswith("report: pages/index.html")
