"""Definitions made of given names, in every role that a name can have in an equation."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.reserved_names import read
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.expressions.expression import GRAMMAR

# words of the language that definitions are written in, and time
_NO_NAMES = {*GRAMMAR, "t", "dt"}
ROLES = ("parameter", "state", "definition")


def words_of(name: str) -> list[str]:
    """The words of a list that a definition may use as names."""
    return sorted(read(name) - _NO_NAMES)


def experiment_of(names: Sequence[str], role: str, model: str = "named") -> Experiment:
    """A model in which every name counts, each by another amount, for a few steps."""
    values = {name: 0.5 + 0.01 * k for k, name in enumerate(names)}
    weighed = [f"{k}*{name}" for k, name in enumerate(names, 1)]
    # nocmodl cuts an equation that is longer than a thousand letters
    parts = {f"part_{k}_1": " + ".join(weighed[k : k + 10]) for k in range(0, len(weighed), 10)}
    lines = [*(f"{part} = {terms} : 1" for part, terms in parts.items()), f"dq_1/dt = ({' + '.join(parts)} - q_1)/tau_1 : 1"]
    parameters, initial = {}, {"q_1": "0"}
    if role == "parameter":
        parameters = {name: str(value) for name, value in values.items()}
    elif role == "state":
        lines += [f"d{name}/dt = ({1 - value:.2f} - {name})/tau_1 : 1" for name, value in values.items()]
        initial |= {name: str(value) for name, value in values.items()}
    else:
        lines += [f"{name} = {value}*q_1 + {k}*q_2 : 1" for k, (name, value) in enumerate(values.items())]
        lines += ["dq_2/dt = (1 - q_2)/tau_1 : 1"]
        initial |= {"q_2": "0.1"}
    tables = [("parameters", {"tau_1": "3 ms", **parameters}), ("initial", initial)]
    text = "".join(f"[{table}]\n" + "".join(f'{name} = "{value}"\n' for name, value in rows.items()) for table, rows in tables)
    equations = "\n".join([*lines, "I_stim : 1/s"])
    return Experiment(
        parse_model(f'name = "{model}"\nequations = """\n{equations}\n"""\n{text}', "named.toml"), (), "0.4 ms", "0.1 ms"
    )
