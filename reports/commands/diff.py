"""``spikebridge diff``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

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


def diff_definitions(
    a: str, b: str, names: Sequence[str], at: Sequence[str], run: bool, output: str | None, as_json: bool
) -> int:
    """Hold two definitions against each other; 0 the same, 1 they differ, 4 they have nothing that can be compared, or a file
    does not compute what was read from it."""
    if output:
        check_folder(Path(output), "--output")
    told, held = _told(names), _pairs(at, "--at", "NAME=VALUE")
    found = diff(a, b, told, held)
    if (
        found.pairing.doubts
        and not as_json
        and sys.stdin.isatty()
        and sys.stdout.isatty()
        and (answers := _asked(found.pairing.doubts))
    ):
        found = diff(a, b, {**told, **answers}, held)
    runs = run_both(found) if run else None
    originals = _originals((a, b)) if run else {}
    page = write_text(Path(output) / PAGE, difference_page(found, runs, originals)) if output else None
    if as_json:
        print(difference_json(found, runs, originals))
    else:
        terminal().print(render_difference(found, runs, originals))
        if page:
            print(f"\npage: {page}")
    if not found.decided or not all(proof.proven for proof in originals.values()):
        return 4
    return 0 if found.same else 1


def _originals(given: tuple[str, str]) -> dict[str, ImportProof]:
    """Of A and B, where they are .mod files: what NEURON makes of the file itself, beside what was imported."""
    imports = {label: read_mod(Path(each)) for label, each in zip("AB", given, strict=True) if is_foreign(Path(each))}
    if not imports:
        return {}
    with working():
        return dict(zip(imports, prove_imports([*imports.values()]), strict=True))


def _asked(doubts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What a person says of each symbol of A that may be one of several of B; nothing where it is none."""
    answers: dict[str, str] = {}
    for name, candidates in doubts.items():
        left = [c for c in candidates if c not in answers.values()]
        if not left:
            continue
        listed = ", ".join(f"{k} {candidate}" for k, candidate in enumerate(left, 1))
        question = f"Which of B is {name} of A? {listed}; Enter for none"
        chosen = click.prompt(question, type=click.IntRange(0, len(left)), default=0, show_default=False)
        if chosen:
            answers[name] = left[chosen - 1]
    return answers


def _told(given: Sequence[str]) -> dict[str, str]:
    return _pairs(given, "--map", "THIS=THAT, a symbol of each definition")


def _pairs(given: Sequence[str], option: str, expected: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        this, equals, that = text.partition("=")
        if not equals or not this or not that:
            raise UsageError(f"{option}: expected {expected}, found {shown(text)}")
        found[this] = that
    return found
