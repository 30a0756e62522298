"""The architecture is a test: imports go down, registries are complete, public names are documented."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BELOW = {"reference": {"reference"}, "bridge": {"reference", "bridge"}, "reports": {"reference", "bridge", "reports"}}
FILES = sorted(path for floor in BELOW for path in (ROOT / floor).rglob("*.py"))
FORBIDDEN = {"brian2.py", "neuron.py", "utils.py", "helpers.py", "core.py"}
GROUND = {"numpy"}


def imports(path: Path) -> set[str]:
    """Absolute module names a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path) -> None:
    """No file imports from a floor above its own."""
    floor = path.relative_to(ROOT).parts[0]
    used = {name.split(".")[0] for name in imports(path)} & set(BELOW)
    assert used <= BELOW[floor]


@pytest.mark.parametrize("path", [p for p in FILES if p.relative_to(ROOT).parts[0] == "reference"], ids=lambda p: p.name)
def test_the_ground_floor_needs_numpy_only(path) -> None:
    """Beyond the standard library."""
    used = {name.split(".")[0] for name in imports(path)} - {"reference"} - set(sys.stdlib_module_names)
    assert used <= GROUND


def test_modules_form_no_circle() -> None:
    """Depth-first over module-level imports."""
    modules = {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in FILES}

    def needs(name: str) -> set[str]:
        tree = ast.parse(modules[name].read_text())
        found = set()
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        return found & set(modules)

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


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_names_are_documented(path) -> None:
    """Every module, public class and public function has a docstring."""
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the module has no docstring"
    missing = [
        node.name
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not missing


def test_help_loads_no_simulator_and_no_table_or_plot_library() -> None:
    """``--help`` must answer at once."""
    code = (
        "import sys\nfrom reports.cli import main\n"
        "try: main(['compare', '--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'brian2','neuron','pandas','matplotlib','numpy','sympy','pint','rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
