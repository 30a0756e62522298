"""Which frozen parts the words of a user touch: kinds, models and figures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from spikebridge.bridge.definition.catalogue import ALIASES, catalogue
from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.reports.textbook.figure import FigureFile
from spikebridge.reports.textbook.figure_file import gallery, load_figure
from tests.frozen.moved import KINDS


@dataclass(frozen=True)
class Selection:
    """Kinds, and of which models and figures; None for all of them."""

    kinds: Sequence[str]
    models: Collection[str] | None = None
    figures: Collection[str] | None = None

    def names(self, kind: str) -> Collection[str] | None:
        """Of a kind: figures have claims, models have the rest."""
        return self.figures if kind == "claims" else self.models


def select(words: Sequence[str]) -> Selection:
    """Everything for no words. Kinds narrow down; models and figures add up, and a model brings every figure that runs it.

    Raises
    ------
    DefinitionError : a word is none of these, or they leave nothing
    """
    kinds = [kind for kind in KINDS if kind in words] or list(KINDS)
    subjects = [word for word in dict.fromkeys(words) if word not in KINDS]
    if not subjects:
        return Selection(kinds)
    named = _models()
    known = gallery()
    for word in subjects:
        if word not in named and word not in known:
            hint = did_you_mean(word, (*KINDS, *named, *known))
            raise DefinitionError(f"PART: {word!r} is no model, no figure and no kind ({', '.join(KINDS)}).{hint}")
    models = {named[word] for word in subjects if word in named}
    figures = {word for word in subjects if word in known}
    if models and "claims" in kinds:
        figures |= {name for name in known if models & models_of(load_figure(name))}
    found = Selection(kinds, models, figures)
    if not any(map(found.names, kinds)):
        raise DefinitionError(f"PART: nothing is frozen of {' '.join(words)!r}; figures have claims, models have the other kinds")
    return replace(found, kinds=[kind for kind in kinds if found.names(kind)])


def _models() -> dict[str, str]:
    """The model of every name and alias."""
    return {name: name for name in catalogue()} | ALIASES


def models_of(figure: FigureFile) -> set[str]:
    """The catalogue's names of all models that a figure runs or looks at; a clamped model is called after its own."""
    models = [run.experiment.model for run in figure.runs.values()] + [each.model for each in figure.analyses.values()]
    return {model.name.removesuffix("_clamped") for model in models}
