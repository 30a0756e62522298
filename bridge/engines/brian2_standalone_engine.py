"""Brian2's C++ standalone mode: a program of its own, written and compiled by Brian2, that runs outside of Python.

It takes some seconds to compile and hardly any to run, and nothing of Python has a part in a step: the same equations by Brian2's
other way, which is how larger models are run. A program serves one worker; nothing is kept from one command to the next.
"""

from __future__ import annotations

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines import brian2_standalone_worker
from spikebridge.bridge.engines.base import Answer, EngineScheme
from spikebridge.bridge.engines.brian2_engine import Brian2Engine
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.errors import TranslationError
from spikebridge.reference.recording import Recording


class Brian2StandaloneEngine(Brian2Engine):
    """The device ``cpp_standalone``."""

    module = brian2_standalone_worker.__name__

    def __init__(self) -> None:
        super().__init__("brian2_standalone", "cython")  # the equations of its code for C++
        self.about = "Brian2, C++ standalone code"

    def execute(self, job: Brian2Job) -> Answer:
        return brian2_standalone_worker.execute(job)

    def compiled(self, recording: Recording) -> bool:
        return True

    def script(self, experiment: Experiment, scheme: EngineScheme) -> dict[str, str]:
        raise TranslationError("there is no script for this engine; take the one for brian2 and its set_device")
