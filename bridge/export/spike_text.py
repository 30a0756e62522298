"""What scripts share about spikes: where a sampled level is crossed, and the lines that report."""

from __future__ import annotations

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.export.listing import sensible

# the definition of a spike in reference/spikes.py, in a dozen lines
CROSSINGS = '''def crossings(level):
    """When the level rises through zero: on the cubic through the four samples around, by bisection."""
    times = []
    for k in np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0)):
        share = level[k]/(level[k] - level[k + 1])  # a straight line, next to an end
        if 0 < k < steps - 1:
            cubic = np.polyfit([-1, 0, 1, 2], level[k - 1 : k + 3], 3)
            low, share = 0, 1
            for _ in range(50):
                half = (low + share)/2
                low, share = (low, half) if np.polyval(cubic, half) > 0 else (half, share)
        times.append(dt*(k + share))
    return np.array(times)
'''
STEP_CROSSINGS = '''def crossings(t, level):
    """When the level rises through zero: on the cubic through the ends of the steps around, by bisection."""
    last = np.append(np.diff(t) > 0, True)
    t, level, times = t[last], level[last], []
    for k in np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0)):
        around, length = slice(max(k - 1, 0), k + 3), t[k + 1] - t[k]
        shares = (t[around] - t[k])/length
        cubic = np.linalg.solve(np.vander(shares), level[around])
        low, share = 0, 1
        for _ in range(60):
            half = (low + share)/2
            low, share = (low, half) if np.polyval(cubic, half) > 0 else (half, share)
        times.append(t[k] + length*share)
    return np.array(times)
'''
MAP_CROSSINGS = '''def crossings(level):
    """The first iterates above the level."""
    return dt*(np.flatnonzero((level[:-1] <= 0) & (level[1:] > 0)) + 1)
'''


def crossings(model: Model, between_steps: bool = False) -> str:
    """The function that finds the spikes of a model without a reset, from samples or between an integrator's own steps; empty
    where it is not needed."""
    if model.spike is None or model.spike.reset:
        return ""
    if between_steps:
        return STEP_CROSSINGS
    return MAP_CROSSINGS if model.discrete else CROSSINGS


def report(model: Model, table: str, header: list[str]) -> str:
    """The lines that write the table and print the spikes.

    Parameters
    ----------
    table : the expression of a two-dimensional array, samples by columns
    header : the columns' headings
    """
    lines = [
        'path = Path(__file__).with_suffix(".csv")',
        f'header = "{",".join(header)}"',
        f'np.savetxt(path, {table}, fmt="%s", delimiter=",", header=header, comments="")',
    ]
    if model.spike:
        lines.append('print("spike times (ms):", *(f"{time:.4f}" for time in spike_times))')
    count = "{len(spike_times)} spikes; " if model.spike else ""
    lines.append(f'print(f"{count}{{len(t_ms)}} samples in {{path.name}}")')
    return "\n".join(lines)


def time_lines(dt_ms: float, steps: int) -> str:
    """Step and number of steps."""
    return f"dt = {sensible(dt_ms)}  # ms\nsteps = {steps}  # {sensible(steps * dt_ms)} ms"


def how_to_run(name: str, model: Model) -> str:
    """The sentence of a docstring that says how; ``name`` is the script's without its ending."""
    spikes = " and prints the spike times" if model.spike else ""
    return f"Run it with: python {name}.py\nIt writes {name}.csv{spikes}."
