"""What the documents show is what the code does."""

import re
import textwrap
import tomllib
from pathlib import Path

from spikebridge.bridge.definition.composition import KEYS
from spikebridge.bridge.definition.drive import KINDS
from spikebridge.bridge.definition.experiment_file import default_experiment, load_experiment
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.reports.textbook.analysis_registry import KINDS as ANALYSES
from spikebridge.reports.textbook.claim_measures import MEASURES
from spikebridge.reports.textbook.plan import KINDS as PANELS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "model-files.md").read_text()


def listing(start: str, page: str = PAGE) -> str:
    """The indented block of the page that starts so."""
    blocks = re.findall(r"(?:^    .*\n|^\n(?=    ))+", page, flags=re.MULTILINE)
    return next(block for b in blocks if (block := textwrap.dedent(b).lstrip("\n")).startswith(start))


def test_the_model_on_the_page_is_a_model() -> None:
    """Once its parameters are filled in, it loads and has an experiment."""
    text = listing("name =").replace("...\n", 'g_L = "0.1 mS/cm2"\ng_K = "2 mS/cm2"\nE_L = "-65 mV"\nE_K = "-90 mV"\n')
    model = parse_model(text, "page.toml")
    assert str(default_experiment(model).duration) == "100 ms"
    assert model.with_regime("depolarised").parameters["E_L"].value == -55.0


def test_the_mechanism_and_the_cell_on_the_page_fit_together(tmp_path) -> None:
    """The mechanism stands alone, the cell uses it by its path, and all that a [[mechanism]] may say is said of it."""
    (tmp_path / "my_current.toml").write_text(listing('name = "my_current"'))
    cell = listing('name = "my_cell"')
    (tmp_path / "my_cell.toml").write_text(cell)
    assert load(tmp_path / "my_current.toml").patch.endswith("tau_w = 100 ms")
    assert [e.name for e in load(tmp_path / "my_cell.toml").equations] == ["v", "I_L", "I_M", "tau_w", "w", "w_inf"]
    said = tomllib.loads(listing("suffix ="))
    assert set(said) | {"use"} == set(KEYS)
    assert all(f"`{name}`" in PAGE or name in cell for name in ("my_current", "my_current_i"))


def test_the_python_on_the_page_composes() -> None:
    """The mechanism made there slows the cell it is put into."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    scope: dict = {}
    exec(compile(block, "page", "exec"), scope)
    assert scope["cell"].state_names == ("v", "h", "n", "z") and scope["alone"].state_names == ("v", "z")


def test_the_experiment_on_the_page_is_an_experiment(tmp_path) -> None:
    """It loads, with its five pulses."""
    (tmp_path / "page.toml").write_text(listing("model ="))
    assert len(load_experiment(tmp_path / "page.toml").drive.edges_ms) == 10


def test_what_else_a_definition_may_hold_is_read() -> None:
    """Aliases, both kinds of refractory clamp and further events, behind the model on the page."""
    model = listing("name =").replace("...\n", 'g_L = "0.1 mS/cm2"\ng_K = "2 mS/cm2"\nE_L = "-65 mV"\nE_K = "-90 mV"\n')
    more = listing("aliases").replace("u > u_max", "n > 0.9").replace("u = u_rest", "n = 0")
    more = more.replace("g += weight", "n += weight").replace('weight = "nS"', 'weight = "1"')
    text = model.replace("[parameters]", f'reset = "v = E_L"\n{more}[parameters]', 1)
    rules = parse_model(text, "page.toml").rules
    assert [rule.clamp for rule in rules] == ["current", "state"]


def test_the_page_names_every_kind_of_stimulus() -> None:
    """With what each needs."""
    for name, kind in KINDS.items():
        row = next(line for line in PAGE.splitlines() if re.match(rf"\| .*\b{name}\b", line))
        assert all(key in row for key in (*kind.needed, *kind.optional)), row


def test_the_gallerys_page_names_everything() -> None:
    """Every measure, every kind of panel and every kind of analysis with its options and quantities."""
    page = (DOCS / "gallery.md").read_text()
    kinds = [name for kind in ANALYSES.values() for name in (*kind.options, *kind.quantities)]
    missing = [name for name in (*MEASURES, *PANELS, *ANALYSES, *kinds) if not re.search(rf"\b{name}\b", page)]
    assert missing == []
