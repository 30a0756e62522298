"""Definitions written as TOML: whole ones, and parts put into the text of a file so that its comments stay."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(r"\s*\[\[?\s*(\w+)")
_EQUATIONS = re.compile(r'^equations\s*=\s*("""|\'\'\').*?\1', re.MULTILINE | re.DOTALL)


# a whole document -----------------------------------------------------------------------------------


def written(data: Mapping[str, Any]) -> str:
    """A document of tables, lists, text, numbers and truth values as TOML text."""
    return "\n".join(_tables(data, ())).strip("\n") + "\n"


def _tables(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The keys of a table, then the tables in it."""
    for key, value in data.items():
        if not _is_table(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in data.items():
        if _is_table(value):
            inside = (*path, _key(key))
            header = "[{}]" if isinstance(value, Mapping) else "[[{}]]"
            for table in [value] if isinstance(value, Mapping) else value:
                yield f"\n{header.format('.'.join(inside))}"
                yield from _tables(table, inside)


def _is_table(value: Any) -> bool:
    several = isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)
    return several or isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value) if "\n" not in value else f'"""\n{_escaped(value).strip(chr(10))}\n"""'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(v) for v in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, (int, float)) else str(value)  # a date, a time


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"""', '""\\"')


# the text of a file ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """A table with its header and the comments above it; the keys at the top are the block called ``""``."""

    name: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.lines)


def flat_text(text: str, flat: Mapping[str, Any], dropped: str) -> str:
    """A file's text saying what the document ``flat`` says: other equations, more parameters and initial values, and no
    table ``dropped``; its comments stay. Where the file is written too unlike others, all is written anew."""
    blocks = [block for block in _blocks(text) if block.name != dropped]
    for key in ("parameters", "initial"):
        blocks = _extended(blocks, key, flat.get(key, {}))
    equations = f"equations = {_value(flat['equations'])}"
    new = _EQUATIONS.sub(lambda _: equations, "".join(map(str, blocks)), count=1)
    return new if _says(new, flat) else written(flat)


def _says(text: str, data: Mapping[str, Any]) -> bool:
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    # the end of the equations may be one line further on
    return {**found, "equations": str(found.get("equations")).strip()} == {**data, "equations": data["equations"].strip()}


def _blocks(text: str) -> list[_Block]:
    found: list[tuple[str, list[str]]] = [("", [])]
    inside = ""
    for line in text.splitlines(keepends=True):
        header = None if inside else _HEADER.match(line)
        if header:
            found.append((header[1], [*_comments_at_the_end(found[-1][1]), line]))
        else:
            found[-1][1].append(line)
        for quotes in re.findall(r'"""|\'\'\'', line):
            inside = quotes if not inside else "" if inside == quotes else inside
    return [_Block(name, tuple(lines)) for name, lines in found]


def _comments_at_the_end(lines: list[str]) -> list[str]:
    """Taken away from the block they follow: they stand above the next."""
    taken: list[str] = []
    while lines and lines[-1].startswith("#"):
        taken.insert(0, lines.pop())
    return taken


def _extended(blocks: list[_Block], name: str, table: Mapping[str, Any]) -> list[_Block]:
    """The blocks, with what the table ``name`` has beyond its block."""
    has = next((block for block in blocks if block.name == name), None)
    known = _read(str(has)).get(name, {}) if has else {}
    more = [f"{_key(key)} = {_value(value)}\n" for key, value in table.items() if key not in known]
    if not more:
        return blocks
    if has is None:
        return [*blocks, _Block(name, (f"\n[{name}]\n", *more))]
    return [_Block(name, _with(block.lines, more)) if block is has else block for block in blocks]


def _with(lines: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    """More lines behind the last that is not blank."""
    last = max(i for i, line in enumerate(lines) if line.strip())
    end = lines[last] if lines[last].endswith("\n") else lines[last] + "\n"
    return (*lines[:last], end, *more, *lines[last + 1 :])


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}
