"""Names that a target reserves are translated by mangling, never refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def mangle(
    names: Iterable[str], reserved: Iterable[str], prefixes: tuple[str, ...] = (), suffixes: tuple[str, ...] = ()
) -> Mapping[str, str]:
    """A target name for every model name: the same, or with ``_model`` behind it until it is free.

    Parameters
    ----------
    names : all symbols of one model
    reserved : what the target keeps for itself
    prefixes : starts of names it keeps for itself; such a name gets ``model_`` before it
    suffixes : ends of names it keeps for itself
    """
    names = tuple(names)
    taken = set(reserved)
    own = set(names)
    result = {}
    for name in names:
        target = f"model_{name}" if prefixes and name.startswith(prefixes) else name
        while target in taken or (suffixes and target.endswith(suffixes)) or (target != name and target in own):
            target += "_model"
        result[name] = target
        taken.add(target)
    return result


def changed_names(identifiers: Mapping[str, str], whose: str, but: Iterable[str] = ()) -> str:
    """What a comment says of the names that are others in a text; empty where all are the model's own.

    Parameters
    ----------
    whose : who keeps them for itself
    but : names that are spoken of elsewhere
    """
    known = set(but)
    changed = [f"{name} is {target} here" for name, target in identifiers.items() if name != target and name not in known]
    return (
        f"{', '.join(changed)}: {whose} keeps {'that name' if len(changed) == 1 else 'those names'} for itself" if changed else ""
    )
