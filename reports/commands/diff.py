"""``spikebridge diff``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spikebridge.bridge.definition.foreign_file import is_foreign
from spikebridge.bridge.errors import UsageError
from spikebridge.bridge.importing.nmodl import read_mod
from spikebridge.bridge.shown import shown
from spikebridge.reports.commands.console import terminal, working
from spikebridge.reports.files import check_folder, write_text
from spikebridge.reports.formats.difference import PAGE, difference_json, difference_page, render_difference
from spikebridge.reports.proof.equivalence.difference import diff
from spikebridge.reports.proof.equivalence.whole_run import run_both
from spikebridge.reports.proof.import_proof import ImportProof, prove_imports


def diff_definitions(a: str, b: str, names: Sequence[str], run: bool, output: str | None, as_json: bool) -> int:
    """Hold two definitions against each other; 0 the same, 1 they differ, 4 they have nothing in common to compare, or a file
    does not compute what was read from it."""
    if output:
        check_folder(Path(output), "--output")
    found = diff(a, b, _told(names))
    runs = run_both(found) if run else None
    originals = _originals((a, b)) if run else {}
    page = write_text(Path(output) / PAGE, difference_page(found, runs, originals)) if output else None
    if as_json:
        print(difference_json(found, runs, originals))
    else:
        terminal().print(render_difference(found, runs, originals))
        if page:
            print(f"\npage: {page}")
    if not found.comparable or not all(proof.proven for proof in originals.values()):
        return 4
    return 0 if found.same else 1


def _originals(given: tuple[str, str]) -> dict[str, ImportProof]:
    """Of A and B, where they are .mod files: what NEURON makes of the file itself, beside what was imported."""
    imports = {label: read_mod(Path(each)) for label, each in zip("AB", given, strict=True) if is_foreign(Path(each))}
    if not imports:
        return {}
    with working():
        return dict(zip(imports, prove_imports([*imports.values()]), strict=True))


def _told(given: Sequence[str]) -> dict[str, str]:
    told: dict[str, str] = {}
    for text in given:
        this, equals, that = text.partition("=")
        if not equals or not this or not that:
            raise UsageError(f"--map: expected THIS=THAT, a symbol of each definition, found {shown(text)}")
        told[this] = that
    return told
