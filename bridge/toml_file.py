"""TOML files as untrusted text: size, encoding and keys checked before anything else looks at them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikebridge.bridge.errors import DefinitionError, did_you_mean

MAX_BYTES = 1_000_000


def read_text(path: Path) -> str:
    """The file's text; DefinitionError where it is missing, too large or not text."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DefinitionError(f"{path}: the file has {size / 1e6:.1f} MB; a definition has at most {MAX_BYTES / 1e6:g} MB")
        return path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError:
        raise DefinitionError(f"{path}: the file is not UTF-8 text") from None
    except OSError as error:
        raise DefinitionError(f"{path}: {error.strerror or error}") from None


def read_toml(text: str, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The TOML document, only with the keys named; DefinitionError otherwise."""
    if not text.strip():
        raise DefinitionError(f"{where}: the file is empty")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DefinitionError(f"{where}: not a TOML file: {str(error) or 'nested too deeply'}") from None
    refuse_unknown(data, keys, where)
    return data


def refuse_unknown(table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    """DefinitionError at the first key that is not among ``keys``."""
    for key in table:
        if key not in keys:
            raise DefinitionError(f"{where}: unknown key {key!r}.{did_you_mean(key, keys)}")
