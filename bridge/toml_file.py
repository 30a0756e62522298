"""TOML files as untrusted text: size, encoding and keys checked before anything else looks at them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from spikebridge.bridge.errors import DefinitionError, did_you_mean
from spikebridge.bridge.opener import read_text
from spikebridge.bridge.shown import shown

MAX_BYTES = 1_000_000


def read_definition(path: Path) -> str:
    """The file's text; DefinitionError where it is missing, too large or not text."""
    return read_text(path, MAX_BYTES, "a definition")


def read_toml(text: str, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The TOML document, only with the keys named; DefinitionError otherwise."""
    data = toml_of(text, where)
    refuse_unknown(data, keys, where)
    return data


def toml_of(text: str, where: str) -> dict[str, Any]:
    """The TOML document with whatever keys it has; DefinitionError where it is none."""
    if not text.strip():
        raise DefinitionError(f"{where}: the file is empty")
    try:
        return deepcopy(_parsed(text))
    except (ValueError, RecursionError) as error:  # a ValueError of its own where a number has too many digits
        raise DefinitionError(f"{where}: not a TOML file: {str(error) or 'nested too deeply'}") from None


@lru_cache(maxsize=8)
def _parsed(text: str) -> dict[str, Any]:
    """Read once: a file is asked for several things in turn, and may have 30,000 parameters."""
    return tomllib.loads(text)


def refuse_unknown(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """DefinitionError at the first key that is not among ``keys``."""
    for key in table:
        if key not in keys:
            raise DefinitionError(f"{where}: unknown key {shown(key)}.{did_you_mean(key, keys)}")
