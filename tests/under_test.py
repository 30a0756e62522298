"""The engines that tests prove things about: all that the registry has for an occasion, those of installed packages included."""

from __future__ import annotations

import os

from spikebridge.bridge.engines.base import Occasion
from spikebridge.bridge.engines.registry import engines_for

FULL = bool(os.environ.get("SPIKEBRIDGE_AGREEMENT"))  # longer experiments, and compiled Brian2 code for all models
PROVEN = engines_for(Occasion.PROOFS)
SPINE = engines_for(Occasion.SPINE)
EVERYWHERE = tuple(dict.fromkeys((*PROVEN, *SPINE))) if FULL else PROVEN
# those a translation can go wrong in: the reference is what they are held to
SIMULATORS = tuple(name for name in PROVEN if name != "reference")
