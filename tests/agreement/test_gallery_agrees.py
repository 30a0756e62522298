"""A few textbook figures on all engines; the whole gallery is `spikebridge figure --all`."""

import pytest

from bridge.engines.registry import DEFAULT, find_engine
from bridge.running import Runner
from reports.figure_file import load_figure
from reports.figure_run import make_figure
from reports.formats.figure import claim_words


@pytest.mark.parametrize("name", ["two_pulses", "lif_constant"])
def test_every_engine_meets_every_claim(name) -> None:
    """Within the tolerance and its own integration error."""
    engines = [find_engine(engine) for engine in DEFAULT]
    with Runner(engines) as runner:
        made = make_figure(load_figure(name), engines, runner)
    failed = [
        f"{f.engine}: {claim_words(made.file, f.claim)}: {f.found}, {f.claim.text} ± {f.allowed}"
        for f in made.findings
        if f.passed is False
    ]
    assert not failed
    assert all(f.ran for f in made.findings)
