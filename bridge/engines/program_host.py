"""In the process of somebody's program: run its script, and write down what it has recorded.

The script runs as it would by itself, in its own folder; the step and the duration that are asked for stand in its environment, and
are set in the simulators that it imports.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from spikebridge.bridge.engines import program_findings, program_steps
from spikebridge.bridge.engines.guard import wait_for_the_end_of

_TOLD = ("brian2", "neuron", "scipy")


def main(script: str, folder: str, keeper: int) -> None:
    """Run the script and leave ``found.json`` and ``found.npz`` in the folder; one line in the first where nothing can be found."""
    threading.Thread(target=_follow, args=(keeper,), daemon=True).start()
    sys.dont_write_bytecode = True  # nothing of ours stays beside the script
    sys.argv, sys.path[0] = [script], str(Path(script).parent)
    vectors = program_steps.prepare(float(os.environ[program_steps.DT]))
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    fault = _run(Path(script), module)
    sources = [] if fault else program_findings.sources(vars(module), vectors)
    _write(Path(folder), fault, sources)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(0)


def _follow(keeper: int) -> None:
    wait_for_the_end_of(keeper)
    os.killpg(0, signal.SIGKILL)


def _run(script: Path, module: ModuleType) -> str:
    """What went wrong in it, in one line."""
    try:
        if script.suffix == ".hoc":
            program_steps.run_hoc(script)
        else:
            exec(compile(script.read_bytes(), str(script), "exec"), vars(module))  # noqa: S102  the program that the user named
    except SystemExit as left:
        return "" if left.code in (None, 0) else f"it ended itself with status {left.code}"
    except BaseException as error:
        return _sentence(error, script)
    return ""


def _sentence(error: BaseException, script: Path) -> str:
    """What it says, and the last line of the script's own folder that led there."""
    name, line = script.name, 0
    for frame in traceback.extract_tb(error.__traceback__):
        if Path(frame.filename).parent == script.parent:
            name, line = Path(frame.filename).name, frame.lineno or 0
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).parent == script.parent:
        name, line = Path(error.filename).name, error.lineno or 0
    text = " ".join(str(error).split())[:300]
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"{name}, line {line}: {said}" if line else f"{name}: {said}"


def _write(folder: Path, fault: str, sources: list[program_findings.Source]) -> None:
    arrays: dict[str, np.ndarray] = {}
    listed = []
    for source in sources:
        columns = []
        for column in source.columns:
            key = f"a{len(arrays)}"
            arrays[key] = np.asarray(column.values, dtype=float)
            columns.append({"name": column.name, "label": column.label, "unit": column.unit, "key": key})
        listed.append({"kind": source.kind, "columns": columns})
    np.savez(folder / "found.npz", **arrays)  # type: ignore[arg-type]
    text = json.dumps({"fault": fault, "version": _version(), "sources": listed})
    (folder / "found.part").write_text(text)
    (folder / "found.part").rename(folder / "found.json")


def _version() -> str:
    """What it ran on: Python, and the simulators that it has imported."""
    found = [f"Python {'.'.join(map(str, sys.version_info[:3]))}"]
    loaded: list[tuple[str, Any]] = [(name, sys.modules.get(name)) for name in _TOLD]
    found += [f"{name} {module.__version__}" for name, module in loaded if hasattr(module, "__version__")]
    return ", ".join(found)
