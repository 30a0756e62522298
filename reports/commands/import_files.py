"""``spikebridge import``: foreign files as definitions, each held against its original."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikebridge.bridge.errors import BridgeError, DefinitionError, NotRun, UsageError
from spikebridge.bridge.importing.nmodl import Imported, read_mod
from spikebridge.bridge.shown import plain
from spikebridge.reports.commands.console import working
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.proof.import_proof import ImportProof, prove_imports

BAD, NOT_RUN, NOT_PROVEN = 2, 3, 4


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a definition with its proof, or the reason why there is none."""

    path: Path
    imported: Imported | None = None
    refused: BridgeError | None = None
    proof: ImportProof | None = None
    wrote: Path | None = None

    @property
    def status(self) -> int:
        """As the command line ends with it."""
        if self.refused is not None:
            return NOT_RUN if isinstance(self.refused, NotRun) else BAD
        return 0 if self.proof is not None and self.proof.proven else NOT_PROVEN


def import_files(files: Sequence[str], folder: str, as_json: bool, limit_s: float) -> int:
    """Import files, prove what was imported, write the definitions, and say what was found.

    Raises
    ------
    UsageError : two files would be written under one name, or the folder cannot be written
    """
    target = check_folder(Path(folder), "--to")
    paths = [Path(file) for file in files]
    _refuse_twins(paths)
    outcomes = [_read(path) for path in paths]
    found = [o.imported for o in outcomes if o.imported is not None]
    with working():
        proofs = iter(prove_imports(found, limit_s) if found else [])
    outcomes = [_written(o, next(proofs), target) if o.imported is not None else o for o in outcomes]
    if as_json:
        print(json.dumps({"schema": 1, "files": [_as_json(o) for o in outcomes]}, indent=2, allow_nan=False))
    else:
        print("\n\n".join("\n".join(_lines(o)) for o in outcomes))
    return next((status for status in (BAD, NOT_RUN, NOT_PROVEN) if status in {o.status for o in outcomes}), 0)


def _refuse_twins(paths: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(f"{path.stem}.toml".lower(), path)
        if other is not path:
            raise UsageError(
                f"import: {other} and {path} would both be written as {path.stem}.toml; import them into two folders"
            )


def _read(path: Path) -> Outcome:
    try:
        if path.suffix.lower() != ".mod":
            raise DefinitionError(f"{plain(path.name, 80)}: expected a file of NEURON's, which ends in .mod")
        imported = read_mod(path)
        _ = imported.mechanism.in_patch
    except BridgeError as error:
        return Outcome(path, refused=error)
    return Outcome(path, imported)


def _written(outcome: Outcome, proof: ImportProof, folder: Path) -> Outcome:
    assert outcome.imported is not None
    wrote = write_text(folder / f"{outcome.path.stem}.toml", outcome.imported.text)
    return Outcome(outcome.path, outcome.imported, None, proof, wrote)


def _lines(outcome: Outcome) -> Iterator[str]:
    """For people."""
    if outcome.imported is None or outcome.proof is None:
        yield f"refused  {outcome.refused}"
        return
    proof = outcome.proof
    yield f"{plain(outcome.path.name, 80)}: wrote {outcome.wrote}"
    for finding in outcome.imported.findings:
        yield f"  {finding}"
    if proof.set:
        yield f"  tried with {', '.join(f'{n} = {v}' for n, v in proof.set.items())}, so that a current flows"
    if proof.compiled:
        yield f"  NEURON has compiled METHOD cnexp as another scheme: {_COMPILED[proof.compiled]}"
    if proof.table_mV is not None:
        yield f"  with its table of rates the file moves v by up to {proof.table_mV:.2g} mV in the run"
    yield f"  {'proven: ' if proof.proven else ''}{proof.because}{f', NEURON {proof.version}' if proof.version else ''}"


_COMPILED = {"implicit": "implicit Euler", "euler": "explicit Euler"}


def _as_json(outcome: Outcome) -> dict[str, Any]:
    """For programs."""
    if outcome.imported is None or outcome.proof is None:
        return {"file": str(outcome.path), "wrote": None, "refused": str(outcome.refused)}
    proof = outcome.proof
    finite = {key: value if abs(value) < float("inf") else None for key, value in (("step", proof.step), ("run", proof.run))}
    return {
        "file": str(outcome.path), "wrote": str(outcome.wrote), "name": outcome.imported.name, "refused": None,
        "schemes": outcome.imported.schemes, "names": outcome.imported.names,
        "findings": [{"kind": f.kind, "line": f.line or None, "text": f.text} for f in outcome.imported.findings],
        "proof": {"proven": proof.proven, "because": proof.because, **finite, "worst": proof.worst or None, "compiled": proof.compiled or None,
                  "table_mV": proof.table_mV, "set": proof.set, "version": proof.version or None},
    }  # fmt: skip
