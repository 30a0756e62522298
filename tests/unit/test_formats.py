"""The registry of formats: complete, and the only place that commands know formats from."""

from importlib import import_module
from pathlib import Path

import pytest
from runs import compared

from spikebridge.reports import front_door
from spikebridge.reports.cli import cli
from spikebridge.reports.formats.registry import FILES, FORMATS
from spikebridge.reports.proof.comparison import Comparison
from spikebridge.reports.proof.grid import Grid
from spikebridge.reports.regression.checking import Check

pytestmark = pytest.mark.xdist_group("compared")

ROOM = "spikebridge.reports.formats"
FOLDER = Path(__file__).resolve().parents[2] / "reports" / "formats"


def test_every_format_writes_every_kind_of_result() -> None:
    """A comparison, the matrix of all models, the result of a suite; and every file that can is in the registry."""
    modules = {path.stem: import_module(f"{ROOM}.{path.stem}") for path in FOLDER.glob("*.py") if path.stem != "__init__"}
    assert {name for name, module in modules.items() if hasattr(module, "WRITERS")} == {each.home for each in FORMATS.values()}
    assert [each.name for each in FORMATS.values() if set(modules[each.home].WRITERS) != {Comparison, Grid, Check}] == []


@pytest.mark.parametrize("command", ["compare", "check"])
def test_every_format_is_an_option(command) -> None:
    """With what it takes; compare --all is a compare."""
    options = {option.name: option for option in cli.commands[command].params}
    assert {each.name: options[each.name].metavar for each in FILES} == {each.name: each.takes for each in FILES}
    assert {*FORMATS} - {each.name for each in FILES} == {"json"} and options["as_json"].opts == ["--json"]


def test_what_the_front_door_returns_is_written_like_any_comparison(tmp_path) -> None:
    """In every format, to the letter."""
    comparison = compared("leaky_integrate_and_fire", quick=True, schemes=("rk4",))
    shown = front_door.Comparison(**vars(comparison))
    for each in FORMATS.values():
        files = [each.write(result, tmp_path / f"{i}.csv") for i, result in enumerate((comparison, shown))]
        one, other = (file.read_text() for file in files)
        assert one == other and "rk4" in one
