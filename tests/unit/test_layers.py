"""The architecture is a test: imports go down, registries are complete, public names are documented."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("layers")

ROOT = Path(__file__).resolve().parents[2]
# Each floor's rooms from the bottom up. A room is a folder, or loose files that belong together; it uses what is above it in the
# list. Rooms on one line stand side by side and know nothing of each other.
ROOMS = {
    "reference": [
        ["version upstairs"], ["functions recording stimulus spikes time_grid"],
        ["system jumps agenda arrivals coupling"],
        ["schemes published_schemes tableau dop853 dop853_source dense_output adaptive_step plain_step radau implicit_step steps"],
        ["march integrate exact iterated rest network"],
        ["neurons"],
    ],
    "bridge": [
        ["errors held opener shown toml_file", "engine_scheme"], ["expressions"], ["definition"], ["importing", "translate"], ["plain_rates"],
        ["stretches system"], ["export"], ["engines"],
    ],
    "reports": [
        ["metrics", "style", "shown_figure", "result", "files", "recordings"], ["proof", "analyses"], ["regression", "textbook"], ["formats"], ["commands", "front_door"], ["methods"],
        ["cli", "pytest_plugin"],
    ],
}  # fmt: skip
PLACES = {
    (floor, name): (list(ROOMS).index(floor), level, room)
    for floor, levels in ROOMS.items() for level, rooms in enumerate(levels) for room in rooms for name in room.split()
}  # fmt: skip
FILES = sorted(path for floor in ROOMS for path in (ROOT / floor).rglob("*.py"))
FRONT = sorted((ROOT / "src" / "spikebridge").glob("*.py"))
MODULES = {"spikebridge." + ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}
FORBIDDEN = {"brian2.py", "neuron.py", "utils.py", "helpers.py", "core.py"}
GROUND = {"numpy"}
# what is imported where it is used: simulators, the algebra of one, tables, plots, scipy, each with what comes with it; pint, for units
# that are new to us; what reads other people's files
# find_libpython is NEURON's own need, and is there where NEURON is
HEAVY = {
    "brian2",
    "Cython",
    "sympy",
    "neuron",
    "pandas",
    "matplotlib",
    "contourpy",
    "scipy",
    "pint",
    "find_libpython",
    "h5py",
    "neo",
    "quantities",
    "pyarrow",
}
# these import everything where it is used: --help answers at once, and pytest loads the plugin in every project
DOORS = {"spikebridge.reports.cli", "spikebridge.reports.pytest_plugin"}


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def floor_of(path: Path) -> str:
    """Which of the three folders it lies in."""
    return path.relative_to(ROOT).parts[0]


def imported(node: ast.AST) -> set[str]:
    """Absolute names of the modules that a statement imports; none for another statement."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    assert node.level == 0 and node.module, "relative import"
    return {full if (full := f"{node.module}.{alias.name}") in MODULES else node.module for alias in node.names}


@cache
def imports(path: Path) -> set[str]:
    """Absolute module names a file imports, anywhere in it: in functions and under TYPE_CHECKING too."""
    return set().union(*map(imported, ast.walk(parsed(path))))


@cache
def imports_at_once(path: Path) -> set[str]:
    """Those that are imported with it."""
    return set().union(*map(imported, parsed(path).body))


def place(module: str) -> tuple[int, int, str]:
    """Floor, level and room of a module."""
    _, floor, *inner = module.split(".")
    if not inner:
        return list(ROOMS).index(floor), -1, floor
    assert (floor, inner[0]) in PLACES, f"{MODULES[module]}: is in no room; give it a place in ROOMS"
    return PLACES[floor, inner[0]]


def goes_down(module: str, other: str) -> bool:
    """Whether ``module`` may import ``other``: it is in the same room, or below."""
    own, its = place(module), place(other)
    return its == own or its[:2] < own[:2]


def loads(module: str) -> set[str]:
    """Everything that is loaded with a module of ours."""
    found, waiting = set(), [module]
    while waiting:
        new = imports_at_once(MODULES[waiting.pop()]) - found
        found |= new
        waiting += new & set(MODULES)
    return found


def is_heavy(module: str) -> bool:
    """Whether it is imported late for a reason: it is slow to load, or is ours and loads what is."""
    return any(name.split(".")[0] in HEAVY for name in (loads(module) if module in MODULES else [module]))


def test_imports_go_down() -> None:
    """From room to room and from floor to floor, wherever in a file they stand; no file imports the front door."""
    assert len(FILES) > 150 and all(place(module) for module in MODULES)
    ours = [(module, other) for module, path in MODULES.items() for other in imports(path) if other.startswith("spikebridge.")]
    assert len(ours) > 500
    assert not [f"{module} imports {other}" for module, other in sorted(ours) if not goes_down(module, other)]
    assert not [path for path in FILES if "spikebridge" in imports(path)]


def test_the_page_shows_every_room() -> None:
    """In its table and in its picture."""
    rooms = [name for floor, name in PLACES if (ROOT / floor / name).is_dir()]
    for shown in ("architecture.md", "architecture.svg"):
        text = (ROOT / "docs" / shown).read_text()
        assert len(rooms) > 10 and not [room for room in rooms if room not in text], shown


def test_only_what_is_slow_to_load_is_imported_late() -> None:
    """In a function or under TYPE_CHECKING: an import that is put there to break a circle hides it."""
    late = [
        (module, other)
        for module, path in MODULES.items() if module not in DOORS
        for node in ast.walk(parsed(path)) if node not in parsed(path).body
        for other in imported(node)
    ]  # fmt: skip
    assert len(late) > 50
    assert not [f"{module} imports {other} late" for module, other in sorted(late) if not is_heavy(other)]


def test_nothing_is_imported_under_a_second_name() -> None:
    """No file names a floor without the package in front, which would load it once more."""
    everywhere = [*FILES, *FRONT, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert not [path for path in everywhere if {name.split(".")[0] for name in imports(path)} & set(ROOMS)]


def test_the_ground_floor_needs_numpy_only() -> None:
    """Beyond the standard library."""
    ground = [path for path in FILES if floor_of(path) == "reference"]
    used = {name.split(".")[0] for path in ground for name in imports(path)} - {"spikebridge"} - set(sys.stdlib_module_names)
    assert ground and used <= GROUND


def test_modules_form_no_circle() -> None:
    """Depth-first over all imports, late ones too."""
    state: dict[str, int] = {}

    def visit(name: str, path: list[str]) -> None:
        assert state.get(name) != 1, " -> ".join([*path, name])
        if state.get(name) == 2:
            return
        state[name] = 1
        for other in sorted((imports(MODULES[name]) & set(MODULES)) - {name}):
            visit(other, [*path, name])
        state[name] = 2

    for name in MODULES:
        visit(name, [])
    assert set(state) == set(MODULES)


def test_no_file_has_a_name_that_hides_what_it_is() -> None:
    """Nor one that shadows a simulator."""
    assert not [p for p in FILES if p.name in FORBIDDEN]
    assert not (ROOT / "tests" / "reference" / "__init__.py").exists()


def test_public_names_are_documented() -> None:
    """Every module, public class and public function has a docstring."""
    missing = [str(path) for path in [*FILES, *FRONT] if not ast.get_docstring(parsed(path))]
    missing += [
        f"{path}: {node.name}"
        for path in FILES
        for node in parsed(path).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not missing


def test_help_loads_no_simulator_and_no_table_or_plot_library() -> None:
    """``--help`` must answer at once."""
    code = (
        "import sys\nfrom spikebridge.reports.cli import main\n"
        "try: main(['compare', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'brian2','neuron','pandas','matplotlib','numpy','sympy','pint','rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
