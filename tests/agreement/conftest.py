"""Workers that stay: simulators are imported once for all tests of a process, and no mechanism is built twice."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from spikebridge.bridge.engines.registry import ENGINES
from spikebridge.bridge.engines.running import Runner


@pytest.fixture(scope="session")
def workers() -> Iterator[Runner]:
    """Of the engines that most comparisons want, to be given to ``compare`` as its runner."""
    full = ("brian2_cython",) if os.environ.get("SPIKEBRIDGE_AGREEMENT") else ()
    with Runner([ENGINES[name] for name in ("reference", "brian2_numpy", "neuron", *full)], stays=True) as runner:
        yield runner
