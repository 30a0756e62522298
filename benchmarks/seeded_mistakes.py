"""How many seeded mistakes ``spikebridge diff`` finds and names, in both directions: in conductance-based models and mechanisms of the
catalogue, and in .mod files, where the mistake is in the file's own text.

python -m benchmarks.seeded_mistakes [MODEL...]
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from spikebridge.bridge.definition.mechanism import parse_mechanism
from spikebridge.bridge.definition.model_file import catalogue, load_definition, mechanisms, parse_model
from spikebridge.reports.proof.equivalence.difference import diff

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from mistakes import KINDS, mistakes
from port_mistakes import port_mistakes, right, told

MODELS = (
    "hodgkin_huxley", "traub_miles", "wang_buzsaki", "connor_stevens", "pospischil", "huguenard_mccormick", "mainen_sejnowski",
    "golomb_amitai", "erisir", "thalamic_relay", "inap_ik", "reduced_traub_miles_m", "chay_keizer", "plant_rinzel", "butera",
    "pinsky_rinzel",
)  # fmt: skip


Trial = tuple[str, bool, bool]  # a kind, whether it was found, whether it was named


def main(names: list[str]) -> None:
    """Print a table a subject, a line a kind: tried, found, named rightly."""
    print(table("models and mechanisms", in_catalogue(names or [*MODELS, *mechanisms()])))
    if not names:
        print(table(".mod files", in_files()))


def in_catalogue(names: list[str]) -> Iterator[Trial]:
    """Mistakes in definitions of the catalogue: something differs, and some cause is of the kind."""
    for name in names:
        correct = load_definition(name)
        parse = parse_mechanism if name in mechanisms() else parse_model
        for mistake in mistakes({**catalogue(), **mechanisms()}[name].read_text(encoding="utf-8")):
            wrong = parse(mistake.text, "port.toml")
            for difference in (diff(correct, wrong), diff(wrong, correct)):
                relations = [c.relation for e in difference.equations for c in e.causes]
                differs = any(not e.same for e in difference.equations)
                yield mistake.kind, differs, any(r in KINDS[mistake.kind] for r in relations)


def in_files() -> Iterator[Trial]:
    """Mistakes in .mod files: just those equations differ, and each has a cause of the kind."""
    for mistake in port_mistakes():
        pair = right(mistake.file), mistake.wrong
        for turned in (False, True):
            answer = told(diff(*pair[::-1] if turned else pair), mistake, turned)
            yield mistake.kind, answer.found, answer.named


def table(title: str, trials: Iterable[Trial]) -> str:
    """Counts by kind."""
    tried, found, named = Counter[str](), Counter[str](), Counter[str]()
    for kind, differs, is_named in trials:
        tried[kind] += 1
        found[kind] += differs
        named[kind] += is_named
    rows = [
        *((kind, tried[kind], found[kind], named[kind]) for kind in tried),
        ("all", tried.total(), found.total(), named.total()),
    ]
    return "\n".join([f"{title:24}{'tried':>7}{'found':>7}{'named':>7}", *(f"{k:24}{t:7}{f:7}{n:7}" for k, t, f, n in rows)])


if __name__ == "__main__":
    main(sys.argv[1:])
