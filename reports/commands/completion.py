"""What a shell offers to complete: names that there are, found without numpy and without a simulator, or nothing.

Click knows the commands, the options and the shells; here are the values, and what bash needs to complete behind ``=``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from click import Context
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, get_completion_class, split_arg_string

from spikebridge.bridge.definition.catalogue import ALIASES, catalogue, file_of, mechanisms
from spikebridge.bridge.errors import BridgeError
from spikebridge.bridge.toml_file import read_definition, toml_of
from spikebridge.reports.textbook.gallery_files import gallery

VARIABLE = "_SPIKEBRIDGE_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
# as the registry has them, which takes numpy to ask; tests hold the two together
_OF_BRIAN2 = ("exponential_euler", "euler", "ordered_euler", "rk2", "rk4", "iteration")
_OF_NEURON = ("backward_euler", "crank_nicolson", "iteration", "cvode")
SCHEMES = {
    "reference": (
        "forward_euler", "ordered_euler", "exponential_euler", "rk2", "rk4", "rk5_neun", "rk6", "backward_euler", "crank_nicolson", "cnexp",
        "iteration", "implicit_euler", "implicit_midpoint", "exact",
    ),
    "brian2": _OF_BRIAN2,
    "neuron": _OF_NEURON,
    "brian2_cython": _OF_BRIAN2,
    "brian2_numpy": _OF_BRIAN2,
    "brian2_standalone": _OF_BRIAN2,
    "coreneuron": _OF_NEURON[:2],
    "neuron_hh": _OF_NEURON,
    "neuron_hh_notable": _OF_NEURON,
}  # fmt: skip
ENGINE_GROUP = "spikebridge.engines"
FILE = CompletionItem("", type="file")  # where no name fits, the shell's own files do


def script(cli: Any, shell: str) -> str:
    """What that shell reads to complete the command line's words."""
    found = get_completion_class(shell)
    if found is None:
        raise ValueError(shell)
    return found(cli, {}, "spikebridge", VARIABLE).source()


def complete(what: str, context: Context, incomplete: str) -> list[CompletionItem]:
    """The values of one kind that begin so; a file that cannot be read has none."""
    try:
        names = _KINDS[what](context, incomplete)
    except (BridgeError, OSError, ValueError, RecursionError):
        return []
    files = [FILE] if what in ("subject", "figure", "file") else []
    return files + [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _subjects(context: Context, incomplete: str) -> Iterable[str]:
    return (*catalogue(), *mechanisms(), *ALIASES)


def _figures(context: Context, incomplete: str) -> Iterable[str]:
    return gallery()


def _engines(context: Context, incomplete: str) -> list[str]:
    return [*SCHEMES, *(entry.name for entry in entry_points(group=ENGINE_GROUP))]


def _schemes(context: Context, incomplete: str) -> Iterable[str]:
    """Of the engine that is given, or of the reference."""
    return SCHEMES.get(str(context.params.get("engine") or "reference").partition("=")[0], ())


def _engines_schemes(context: Context, incomplete: str) -> list[str]:
    """``ENGINE=NAME``; all of them once the engine is written."""
    engine, written, _ = incomplete.partition("=")
    return [f"{engine}={scheme}" for scheme in ("all", *SCHEMES.get(engine, ()))] if written else [f"{name}=" for name in SCHEMES]


def _regimes(context: Context, incomplete: str) -> list[str]:
    """Of the subject that is given, or of the model that its experiment names; their other names behind them."""
    # where the option before the cursor has no value yet, click leaves the arguments before it unread
    given = str(context.params.get("experiment") or context.params.get("model") or next(iter(context.args), ""))
    data = _definition(file_of(given) or Path(given))
    named = data.get("model")
    if isinstance(named, str):
        data = _definition(file_of(named) or Path(given).parent / named)
    regimes = data.get("regimes")
    tables = regimes if isinstance(regimes, dict) else {}
    others = [t["aliases"] for t in tables.values() if isinstance(t, dict) and isinstance(t.get("aliases"), list)]
    return [*tables, *(name for names in others for name in names if isinstance(name, str))]


def _definition(path: Path) -> dict[str, Any]:
    return toml_of(read_definition(path), path.name)


def _files(context: Context, incomplete: str) -> tuple[str, ...]:
    """No name of ours: where files are wanted, the shell knows them."""
    return ()


_KINDS: dict[str, Callable[[Context, str], Iterable[str]]] = {
    "subject": _subjects,
    "figure": _figures,
    "file": _files,
    "engine": _engines,
    "scheme": _schemes,
    "engine=scheme": _engines_schemes,
    "regime": _regimes,
}


@add_completion_class
class Bash(BashComplete):
    """Bash takes ``neuron=cv`` for three words, and replaces only the last: they are put together, and what stands is not said again."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and that one."""
        words, at = split_arg_string(os.environ["COMP_WORDS"]), int(os.environ["COMP_CWORD"])
        # a word that has not begun is no word
        whole = _together(words[: at + 1] if at < len(words) else [*words, ""])
        self.stands = whole[-1][: whole[-1].rfind("=") + 1] if whole[-1] != (words[at] if at < len(words) else "") else ""
        return whole[1:-1], whole[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Without what bash keeps."""
        return f"{item.type},{str(item.value).removeprefix(self.stands)}"


def _together(words: Sequence[str]) -> list[str]:
    """The words with ``=`` and its neighbours as one."""
    found: list[str] = []
    for word in words:
        if found and (word == "=" or found[-1].endswith("=")):
            found[-1] += word
        else:
            found.append(word)
    return found
