"""What every exported script is made of: prose that stays prose, numbers as a person writes them, sections.

Titles, sources and names come from definitions, which nobody vouches for: what is free text goes through ``prose`` and can
end neither a docstring nor a comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import fill

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import STIMULUS
from spikebridge.bridge.expressions.printing import number
from spikebridge.bridge.expressions.units import Unit

WIDTH = 100
FOREVER_MS = 1e9  # stands for no end at all


def prose(text: str) -> str:
    """Free text on one line, without what could end a docstring, a string or a comment."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.split()).replace("\\", "/").replace('"', "'")


def sensible(value: float) -> str:
    """A number as a person writes it: 120, not 119.99999999999999, which differs by round-off of a unit's conversion."""
    tidy = float(f"{value:.15g}")
    return number(tidy) if len(repr(tidy)) < len(repr(value)) - 3 else number(value)


def docstring(title: str, source: str, about: Sequence[str]) -> str:
    """The docstring of a script; ``about`` are paragraphs of ours, kept as they are."""
    free = [fill(prose(text), WIDTH, break_long_words=False, break_on_hyphens=False) for text in (title, source) if prose(text)]
    return '"""' + "\n\n".join([*free, *about]) + '\n"""'


def about_soma(experiment: Experiment) -> list[str]:
    """The paragraph of a docstring that says into what currents flow, where the model is driven per area."""
    if experiment.soma is None:
        return []
    unit = stimulus_unit(experiment)
    return [f"Its currents flow into a soma of {prose(str(experiment.soma))}.\nHere they are written per area of it, in {unit}."]


def section(name: str, *blocks: str) -> list[str]:
    """Blocks of code under a heading; nothing where there is no code."""
    given = [block.strip("\n") for block in blocks if block.strip()]
    if not given:
        return []
    return [f"# {name}", *given] if _is_function(given[0]) else [f"# {name}\n{given[0]}", *given[1:]]


def script(blocks: Iterable[str]) -> str:
    """Blocks one after another, with two empty lines around functions and one elsewhere."""
    text = ""
    before = ""
    for block in (b.strip("\n") for b in blocks if b.strip()):
        text += ("\n\n\n" if _is_function(before) or _is_function(block) else "\n\n") if text else ""
        text += block
        before = block
    return text + "\n"


def _is_function(block: str) -> bool:
    return block.startswith("def ")


def stem(experiment: Experiment) -> str:
    """A file's and a mechanism's name: letters, digits and underscores, beginning with a letter."""
    plain = re.sub(r"\W+", "_", experiment.name, flags=re.ASCII).strip("_")
    return plain if plain[:1].isalpha() else f"model_{plain}".rstrip("_")


def stimulus_unit(experiment: Experiment) -> Unit:
    """The unit the numbers of a script's stimulus are in."""
    return experiment.model.coherent.unit(experiment.model.unit_of(STIMULUS))


def heading(experiment: Experiment, name: str) -> str:
    """A column's heading: the variable and its unit."""
    unit = str(experiment.model.unit_of(name))
    return name if unit == "1" else f"{name} ({unit})"


def extra(experiment: Experiment) -> list[str]:
    """What is recorded beside the states."""
    return [name for name in dict.fromkeys(experiment.record) if name not in experiment.model.state_names]
