"""Holds the project's results to what they were when they were frozen: ``make frozen``, ``make frozen-update``.

Everything in this folder is written by this tool with the product's own means and is there to be reviewed:

* ``schemes``: every model under every scheme that suits it, as baselines of ``spikebridge check``, see schemes.toml;
* ``exact``: the exact solution of every model's default experiment, see exact.toml;
* ``claims``: what each claim of each figure finds on each engine;
* ``mutations``: what becomes of faults seeded into translated text;
* ``reasons.md``: why any of these was made anew, and what moved then.

    python -m tests.frozen.frozen                            what moved, by how much, against which limit
    python -m tests.frozen.frozen adex claims                only kinds, models and figures of these names
    python -m tests.frozen.frozen --update "WHY" adex        write what is found now, with a reason

Exit status: 0 nothing moved, or what moved was written; 1 something moved; 2 bad input; 3 something did not run.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from spikebridge.bridge.definition.model_file import catalogue
from spikebridge.bridge.errors import BridgeError
from spikebridge.reports.commands.console import advancing
from spikebridge.reports.textbook.figure_file import gallery
from tests.frozen import claims, mutations, suites
from tests.frozen.moved import FOLDER, Looked, Moved
from tests.frozen.reasons import checked_reason, record
from tests.frozen.selection import Selection, select

LOOKS: Mapping[str, Callable[..., Looked]] = {
    "schemes": partial(suites.look, "schemes"),
    "exact": partial(suites.look, "exact"),
    "claims": claims.look,
    "mutations": mutations.look,
}


def main(arguments: Sequence[str], folder: Path = FOLDER) -> int:
    """Look at what was chosen, and update it where that was asked for; the exit status."""
    given = _parsed(arguments)
    try:
        reason = checked_reason(given.update) if given.update is not None else ""
        selection = select(given.words)
        looked = [_looked(kind, selection, bool(reason), folder) for kind in selection.kinds]
    except BridgeError as error:
        print(f"frozen: {error}", file=sys.stderr)
        return 2
    moved = [each for found in looked for each in found.moved]
    if reason and any(each.ran for each in moved):
        print(f"The reason was written to {record(reason, looked, folder)}.")
    elif any(each.ran for each in moved):
        print('If that is as it should be: make frozen-update WHY="...", with the same PART.')
    return _status(moved, bool(reason))


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Hold the results to what they were when they were frozen.")
    parser.add_argument("words", nargs="*", metavar="PART", help="a kind, a model or a figure; everything without")
    parser.add_argument("--update", metavar="WHY", help="write what is found now, with this reason")
    return parser.parse_args(arguments)


def _looked(kind: str, selection: Selection, update: bool, folder: Path) -> Looked:
    """One kind, told as it goes, and the time it took."""
    began, names = _processor_s(), selection.names(kind)
    print(f"{kind}:", flush=True)
    with advancing(len(names if names is not None else gallery() if kind == "claims" else catalogue())) as begin:
        found = LOOKS[kind](names, update, _tell, begin, folder)
    for note in found.notes:
        print(f"  {note}")
    wrote = ", and written" if update and found.moved else ""
    print(f"  {found.sentence}{wrote}; {_processor_s() - began:.0f} s of processor time", flush=True)
    return found


def _tell(moved: Moved) -> None:
    print(f"  {moved}", flush=True)


def _processor_s() -> float:
    """Of this process and of those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _status(moved: Sequence[Moved], updated: bool) -> int:
    if any(each.ran for each in moved) and not updated:
        return 1
    return 3 if any(not each.ran for each in moved) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
