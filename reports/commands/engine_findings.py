"""What ``spikebridge doctor`` finds of the engines: each by itself, those of other packages too."""

from __future__ import annotations

from spikebridge.bridge.engines.base import Engine
from spikebridge.bridge.engines.registry import broken_engines, every_engine
from spikebridge.reports.commands.doctor import Finding, version_of


def engine_packages() -> list[str]:
    """What the engines need to be installed."""
    return [package for engine in every_engine().values() for package in engine.packages]


def engine_findings() -> list[Finding]:
    """Each engine, but not its other settings; and why one of another package cannot be had."""
    found = [_engine(engine) for engine in every_engine().values() if not engine.variant_of]
    return found + [Finding(f"engine {name}", None, True, reason) for name, reason in broken_engines().items()]


def _engine(engine: Engine) -> Finding:
    missing = [package for package in engine.packages if version_of(package) is None]
    return Finding(f"engine {engine.name}", None if missing else engine.about, True, f"pip install {' '.join(missing)}")
