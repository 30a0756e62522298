"""Workers that stay: simulators are imported once for all tests of a process, and no mechanism is built twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.running import Runner


@pytest.fixture(scope="session")
def workers() -> Iterator[Runner]:
    """Of the engines that most comparisons want, to be given to ``compare`` as its runner."""
    with Runner([ENGINES[name] for name in ("reference", "brian2_numpy", "neuron")], stays=True) as runner:
        yield runner
