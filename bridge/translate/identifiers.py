"""Names that a target reserves are translated by mangling, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def mangle(names: Iterable[str], reserved: Iterable[str]) -> Mapping[str, str]:
    """A target name for every model name: the same, or with ``_model`` behind it until it is free.

    Parameters
    ----------
    names : all symbols of one model
    reserved : what the target keeps for itself
    """
    names = tuple(names)
    taken = set(reserved)
    own = set(names)
    result = {}
    for name in names:
        target = name
        while target in taken or (target != name and target in own):
            target += "_model"
        result[name] = target
        taken.add(target)
    return result
