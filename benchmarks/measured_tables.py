"""Renew the tables of docs/numerics-measured.md: what each engine computes on Hodgkin and Huxley's axon, at which step.

make numerics
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.engines.running import Runner
from spikebridge.reports.metrics.numbers import short
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.taking_part import taking_part
from spikebridge.reports.regression.environment import compiler

PAGE = Path(__file__).parents[1] / "docs" / "numerics-measured.md"
ENGINES = ("reference", "brian2", "neuron")
STEPS = ("0.05 ms", "0.025 ms", "0.01 ms", "0.005 ms")
HEAD = """# Why simulators differ: measured

Hodgkin and Huxley's axon at 6.3 degC, 10 uA/cm2 from 5 to 95 ms, on every engine under every scheme. `make numerics` renews these tables;
[what is behind them](numerics.md).
"""


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def proofs(experiment: Experiment, runner: Runner) -> Iterator[str]:
    """The two proofs of every scheme."""
    comparison = compare(experiment, ENGINES, dict.fromkeys(ENGINES, "all"), runner=runner)
    rows = []
    for entry in comparison.entries:
        proof, ladder = entry.translation, entry.convergence
        matched = (short(proof.max_abs["v"]), short(proof.step_defect["v"])) if proof else ("-", "-")
        order = "-" if ladder is None or ladder.order is None else f"{ladder.order:.2f} ± {short(ladder.order_uncertainty)}"
        limit = "-" if ladder is None else f"{short(ladder.difference)} (known to {short(ladder.uncertainty)})"
        shift = short(entry.accuracy["spike_shift"].value)
        rows.append((entry.name, entry.scheme.name, *matched, shift, order, limit))
    columns = (
        "engine", "scheme", "whole run against the matched reference, mV", "one step, mV", "spikes off by up to, ms", "order",
        "limit minus exact, ms",
    )  # fmt: skip
    yield f"## Translation and limit, at dt = {experiment.dt}\n\n{table(columns, rows)}"
    versions = {e.name: e.recording.version for e in comparison.entries if e.recording}
    yield "An order fitted where errors are near those of the interpolation, as of rk4 and above, is uncertain by as much as it says.\n"
    yield f"Measured with {', '.join(f'{k} {v}' for k, v in versions.items())}, numpy {np.__version__}; {comparison.platform}; {compiler()}.\n"


def rates(experiment: Experiment, runner: Runner) -> str:
    """The firing rate at several steps."""
    found: dict[tuple[str, str], list[str]] = {}
    exact = ""
    for dt in STEPS:
        comparison = compare(
            experiment.at_dt(float(dt.split()[0])), ENGINES, dict.fromkeys(ENGINES, "all"), quick=True, runner=runner
        )
        exact = f"{1000 / np.diff(comparison.exact.spike_times_ms)[-2]:.4f}"
        for entry in comparison.entries:
            spikes = np.asarray(entry.recording.spike_times_ms) if entry.recording is not None else np.array([])
            rate = f"{1000 / np.diff(spikes)[-2]:.4f}" if len(spikes) > 2 else "-"
            found.setdefault((entry.name, entry.scheme.name), []).append(rate)
    rows = [(*key, *values) for key, values in found.items()]
    return f"## Firing rate in Hz, of the last interval but one; exact: {exact}\n\n{table(('engine', 'scheme', *STEPS), rows)}"


def main() -> None:
    experiment = load_experiment("hodgkin_huxley")
    with Runner(taking_part(ENGINES, {}), stays=True) as runner:
        parts = [*proofs(experiment, runner), rates(experiment, runner)]
    PAGE.write_text("\n".join([HEAD, *parts]))
    print(PAGE.read_text())


if __name__ == "__main__":
    main()
