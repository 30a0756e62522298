"""How many .mod files of other people import, run and agree: ``python -m benchmarks.corpus FOLDER... [--csv FILE]``.

Counts over the .mod files below folders, each content once. Nothing of them is kept here. What imports is run in NEURON beside its
definition; the table says how many agree to round-off, and why others do not import.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.importing.nmodl import Imported, read_mod
from spikebridge.bridge.importing.nmodl_tree import without_comments
from spikebridge.reports.proof.import_proof import ImportProof, prove_imports

_AT_ONCE = 8


@dataclass(frozen=True)
class Case:
    """One file: its kind, what came of it, and why."""

    path: Path
    kind: str
    outcome: str
    because: str = ""


def contents(folders: Sequence[Path]) -> Iterator[Path]:
    """The .mod files below folders, each content once, whatever its blanks."""
    seen: set[str] = set()
    for path in sorted(p for folder in folders for p in folder.rglob("*.mod")):
        text = "\n".join(line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip())
        if text not in seen:
            seen.add(text)
            yield path


def kind_of(path: Path) -> str:
    """What the file registers as."""
    match = re.search(r"\b(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", without_comments(path.read_text(errors="replace")))
    if match is None or (match[1] == "SUFFIX" and match[2] == "nothing"):
        return "no mechanism"
    return {"SUFFIX": "density", "POINT_PROCESS": "point process", "ARTIFICIAL_CELL": "artificial cell"}[match[1]]


def examined(paths: Sequence[Path], prove: bool) -> Iterator[Case]:
    """What comes of each file."""
    found: list[tuple[Path, Imported]] = []
    for path in paths:
        try:
            imported = read_mod(path)
            _ = imported.mechanism.in_patch
        except BridgeError as error:
            yield Case(path, kind_of(path), "refused", str(error))
        else:
            found.append((path, imported))
    for k in range(0, len(found), _AT_ONCE):
        part = found[k : k + _AT_ONCE]
        proofs = prove_imports([i for _, i in part]) if prove else [ImportProof(False, "not tried")] * len(part)
        for (path, _), proof in zip(part, proofs, strict=True):
            ran = proof.step == proof.step
            yield Case(path, kind_of(path), "agrees" if proof.proven else "differs" if ran else "does not run", proof.because)


def reason(case: Case) -> str:
    """Why a file is refused, in a word or two."""
    text = re.sub(r"^.*?\.mod: (?:line \d+: )?", "", case.because)
    named = re.match(r"[A-Z_]{4,}", text)
    return named[0] if named else "reads the time" if "time t" in text else " ".join(text.split()[:6])


def main() -> None:
    """Count, and print what was counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--no-run", action="store_true", help="import only")
    given = parser.parse_args()
    cases = []
    for case in examined(list(contents(given.folders)), not given.no_run):
        cases.append(case)
        if case.outcome != "agrees":
            print(f"{case.outcome:12} {case.kind:14} {case.path.parent.name}/{case.path.name}: {case.because[:160]}", flush=True)
    if given.csv:
        with given.csv.open("w", newline="") as file:
            csv.writer(file).writerows((c.path, c.kind, c.outcome, c.because) for c in cases)
    for kind in dict.fromkeys(c.kind for c in cases):
        print(kind, dict(Counter(c.outcome for c in cases if c.kind == kind)))
    print("refused:", dict(Counter(reason(c) for c in cases if c.outcome == "refused").most_common()))


if __name__ == "__main__":
    main()
