"""A few textbook figures on all engines; the whole gallery is `spikebridge figure --all`."""

import pytest
from figures import judge

from spikebridge.bridge.engines.base import Occasion
from spikebridge.bridge.engines.registry import engines_for
from spikebridge.reports.formats.figure import claim_words


@pytest.mark.parametrize("name", ["two_pulses", "lif_constant"])
def test_every_engine_meets_every_claim(name) -> None:
    """Within the tolerance and its own integration error."""
    made = judge(name, *engines_for(Occasion.COMPARISON))
    failed = [
        f"{f.engine}: {claim_words(made.file, f.claim)}: {f.found}, {f.claim.text} ± {f.allowed}"
        for f in made.findings
        if f.passed is False
    ]
    assert not failed
    assert all(f.ran for f in made.findings)
