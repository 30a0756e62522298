"""One trial of the harness of faults: commands in a place of their own, watched from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import left, soon

ROOT = Path(__file__).resolve().parents[2]
HANGS_S = 300.0
GONE_S = 2.0  # how long what a killed command has started may still be there
_LINES = 8  # of a refusal, at most; rich warnings of simulators have their own


@dataclass(frozen=True)
class Ended:
    """What became of a command: its exit status, None where it had to be given up, and all that it said."""

    status: int | None
    said: str


class Place:
    """A folder with room for output, temporary files and a cache, and a mark on all that is started in it."""

    def __init__(self, folder: Path, warm: Path | None = None) -> None:
        self.folder, self.mark = folder, f"trial-{uuid.uuid4().hex}"
        self.temporary, self.cache = folder / "tmp", folder / "cache"
        self.temporary.mkdir()
        if warm is not None:
            shutil.copytree(warm, self.cache)

    def environment(self, **changes: str) -> dict[str, str]:
        own = {
            "MARK": self.mark,
            "TMPDIR": str(self.temporary),
            "SPIKEBRIDGE_CACHE": str(self.cache),
            "CI": "1",
            "PYTHONPATH": str(ROOT / "src"),
        }
        return {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "CC", "CXX")} | own | changes

    def start(self, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
        """Begin a command; standard output and error go to the file ``said``, unless ``options`` of Popen say otherwise."""
        environment = self.environment(**options.pop("environment", {}))  # type: ignore[arg-type]
        with (self.folder / "said").open("ab") as said:
            streams = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said} | options
            return subprocess.Popen(
                [sys.executable, "-m", "spikebridge", *arguments], cwd=self.folder, env=environment, **streams
            )  # type: ignore[call-overload, no-any-return]

    def ended(self, process: subprocess.Popen[bytes]) -> Ended:
        """Wait for a command."""
        status: int | None
        try:
            status = process.wait(HANGS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait() and None
        return Ended(status, self.said())

    def said(self) -> str:
        """And forget it."""
        path = self.folder / "said"
        text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
        path.unlink(missing_ok=True)
        return text

    def run(self, *arguments: str, **options: object) -> Ended:
        """Begin a command and wait for it."""
        return self.ended(self.start(*arguments, **options))

    # what is wrong afterwards, each a list of words -----------------------------------------------------

    def orphans(self) -> list[str]:
        """What still runs. A machine with more to do than it has processors is given more time."""
        slow = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        soon(lambda: not left(self.mark), GONE_S * slow)
        return [_command_line(pid) for pid in left(self.mark)]

    def temporary_files(self) -> list[str]:
        return [str(path.relative_to(self.folder)) for path in self.temporary.iterdir()]

    def leftovers(self) -> list[str]:
        """Half-made files of output, and builds that never became whole."""
        hidden = [path for path in self.outputs() if path.name.startswith(".")]
        return [str(path.relative_to(self.folder)) for path in [*hidden, *self.cache.glob("*/.*-*")]]

    def half_written(self) -> list[str]:
        """Files under their own names that are not whole."""
        return [
            str(path.relative_to(self.folder)) for path in self.outputs() if not path.name.startswith(".") and not _is_whole(path)
        ]

    def outputs(self) -> list[Path]:
        return sorted(path for name in ("out", "baseline") for path in (self.folder / name).rglob("*") if path.is_file())

    def results(self) -> dict[str, str]:
        """What a run has found, by file: tables as they are, of documents the verdicts; of the rest, that it is there."""
        return {str(path.relative_to(self.folder)): _result(path) for path in self.outputs()}


@contextmanager
def place(warm: Path | None = None) -> Iterator[Place]:
    """A new place, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="spikebridge-faults-", ignore_cleanup_errors=True) as folder:
        yield Place(Path(folder), warm)


def refusal_faults(ended: Ended, statuses: tuple[int, ...]) -> dict[str, str]:
    """What is wrong with how a command ended: kind of fault, and what it said."""
    if ended.status is None:
        return {"hung": ended.said}
    if "Traceback" in ended.said or "spikebridge-fault-" in ended.said or ended.status not in statuses:
        return {
            "crashed"
            if ended.status not in (0, 1, 2, 3, 4) or "Traceback" in ended.said
            else "wrong": f"status {ended.status}: {ended.said}"
        }
    return {"wrong": f"many lines: {ended.said}"} if ended.status == 2 and len(ended.said.splitlines()) > _LINES else {}


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")[:120]
    except OSError:
        return str(pid)


_ENDS: Mapping[str, Callable[[bytes], bool]] = {
    ".html": lambda data: data.rstrip().endswith(b"</html>"),
    ".svg": lambda data: data.rstrip().endswith(b"</svg>"),
    ".png": lambda data: data.endswith(b"IEND\xaeB`\x82"),
    ".csv": lambda data: data.endswith(b"\n") and len({line.count(b",") for line in data.splitlines() if b'"' not in line}) <= 1,
    ".json": lambda data: json.loads(data) is not None,
    ".py": lambda data: compile(data, "script", "exec") is not None,
}  # fmt: skip


def _is_whole(path: Path) -> bool:
    data = path.read_bytes()
    try:
        return bool(data) and _ENDS.get(path.suffix, bool)(data)
    except (ValueError, SyntaxError):
        return False


def _result(path: Path) -> str:
    if path.suffix == ".csv":
        return path.read_text(encoding="utf-8")
    if path.suffix != ".json":
        return "there"
    document = json.loads(path.read_text(encoding="utf-8"))
    return str(document.get("verdict", "there")) if isinstance(document, dict) else "there"
