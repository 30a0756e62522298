"""Workers that stay: simulators are imported once for all tests of a process, and no mechanism is built twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from under_test import EVERYWHERE

from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner


@pytest.fixture(scope="session")
def workers() -> Iterator[Runner]:
    """Of the engines that most comparisons want, to be given to ``compare`` as its runner."""
    with Runner([find_engine(name) for name in EVERYWHERE], stays=True) as runner:
        yield runner
