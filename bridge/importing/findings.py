"""What an importer did to a file, found in it, or refused: shown to whoever imports it."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("inlined", "guard", "table", "unit", "scheme", "stale", "unset", "conductance", "name", "kinetic")


@dataclass(frozen=True)
class Finding:
    """One fact about an import; ``line`` of the file, 0 where it is about the whole."""

    kind: str
    text: str
    line: int = 0

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text
