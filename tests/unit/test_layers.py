"""The architecture is a test: imports go down, registries are complete, public names are documented."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BELOW = {"reference": {"reference"}, "bridge": {"reference", "bridge"}, "reports": {"reference", "bridge", "reports"}}
FILES = sorted(path for floor in BELOW for path in (ROOT / floor).rglob("*.py"))
FRONT = sorted((ROOT / "src" / "spikebridge").glob("*.py"))
FORBIDDEN = {"brian2.py", "neuron.py", "utils.py", "helpers.py", "core.py"}
GROUND = {"numpy"}


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text())


def floor_of(path: Path) -> str:
    """Which of the three folders it lies in."""
    return path.relative_to(ROOT).parts[0]


def imports(path: Path) -> set[str]:
    """Absolute module names a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def floors(path: Path) -> set[str]:
    """The floors a file imports from."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("spikebridge.")}


def test_imports_go_down() -> None:
    """No file imports from a floor above its own, nor from the front door."""
    assert len(FILES) > 150
    assert not {str(path): up for path in FILES if (up := floors(path) - BELOW[floor_of(path)])}
    assert not [path for path in FILES if "spikebridge" in imports(path)]


def test_nothing_is_imported_under_a_second_name() -> None:
    """No file names a floor without the package in front, which would load it once more."""
    everywhere = [*FILES, *FRONT, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
    assert not [path for path in everywhere if {name.split(".")[0] for name in imports(path)} & set(BELOW)]


def test_the_ground_floor_needs_numpy_only() -> None:
    """Beyond the standard library."""
    ground = [path for path in FILES if floor_of(path) == "reference"]
    used = {name.split(".")[0] for path in ground for name in imports(path)} - {"spikebridge"} - set(sys.stdlib_module_names)
    assert ground and used <= GROUND


def test_modules_form_no_circle() -> None:
    """Depth-first over module-level imports."""
    modules = {"spikebridge." + ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}

    def needs(name: str) -> set[str]:
        found = set()
        for node in parsed(modules[name]).body:
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return found & set(modules)

    assert any(needs(name) for name in modules)
    state: dict[str, int] = {}

    def visit(name: str, path: list[str]) -> None:
        assert state.get(name) != 1, " -> ".join([*path, name])
        if state.get(name) == 2:
            return
        state[name] = 1
        for other in sorted(needs(name) - {name}):
            visit(other, [*path, name])
        state[name] = 2

    for name in modules:
        visit(name, [])


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
