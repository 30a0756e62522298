"""How many seeded mistakes ``spikebridge diff`` finds and names, over conductance-based models of the catalogue, in both directions.

python -m benchmarks.seeded_mistakes [MODEL...]
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.reports.proof.equivalence.difference import diff

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from mistakes import KINDS, mistakes

MODELS = (
    "hodgkin_huxley", "traub_miles", "wang_buzsaki", "connor_stevens", "pospischil", "huguenard_mccormick", "mainen_sejnowski",
    "golomb_amitai", "erisir", "thalamic_relay", "inap_ik", "reduced_traub_miles_m", "chay_keizer", "plant_rinzel", "butera",
    "pinsky_rinzel",
)  # fmt: skip


def main(names: list[str]) -> None:
    """Print a line a kind: tried, found, named rightly."""
    tried, found, named = Counter[str](), Counter[str](), Counter[str]()
    for name in names:
        right = load(name)
        for mistake in mistakes(right.text):
            wrong = parse_model(mistake.text, "port.toml")
            for difference in (diff(right, wrong), diff(wrong, right)):
                relations = [c.relation for e in difference.equations for c in e.causes]
                tried[mistake.kind] += 1
                found[mistake.kind] += any(not e.same for e in difference.equations)
                named[mistake.kind] += any(r in KINDS[mistake.kind] for r in relations)
    print(f"{'kind':16}{'tried':>7}{'found':>7}{'named':>7}")
    for kind in tried:
        print(f"{kind:16}{tried[kind]:7}{found[kind]:7}{named[kind]:7}")
    print(f"{'all':16}{tried.total():7}{found.total():7}{named.total():7}")


if __name__ == "__main__":
    main(sys.argv[1:] or list(MODELS))
