"""The tree of a .mod file: parsed by NEURON's own parser in a process of its own, each part with its line in the file."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from spikebridge.bridge.errors import DefinitionError, NotRun
from spikebridge.bridge.shown import plain

MAX_BYTES = 500_000  # of a .mod file; the largest of 546 had 90 kB
_LIMIT_S, _MOST_ANSWER = 20.0, 50_000_000
_SKIPPED = re.compile(
    r"^[ \t]*TITLE\b[^\n]*|\b(COMMENT|VERBATIM)\b.*?(?:\b(?:ENDCOMMENT|ENDVERBATIM)\b|\Z)|[:?].*?$", re.MULTILINE | re.DOTALL
)
_WORD = re.compile(r"[A-Za-z_]\w*|\d*\.?\d+(?:[eE][-+]?\d+)?")
_PLACE = re.compile(r"(?:\[?Location\s*:?\s*|line\s+)(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Node:
    """A part of the file: its kind in the parser's words, what it is made of, its text where it is a word, its line."""

    kind: str
    parts: tuple[Node, ...] = ()
    text: str = ""
    line: int = 0

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, in the file's order."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def all(self, *kinds: str) -> list[Node]:
        """Those of some kinds among them."""
        return [node for node in self.walk() if node.kind in kinds]

    def parts_of(self, *kinds: str) -> list[Node]:
        """Those of some kinds directly below."""
        return [part for part in self.parts if part.kind in kinds]

    @property
    def word(self) -> str:
        """The first word in it."""
        return next((node.text for node in self.walk() if node.text), "")

    @property
    def first_line(self) -> int:
        """The line of the first word in it; 0 where that is not known."""
        return next((node.line for node in self.walk() if node.line), 0)


@dataclass(frozen=True)
class Tree:
    """A file as parsed: the tree, that with KINETIC blocks rewritten as differential equations (None without any), and the
    reason where that cannot be done."""

    root: Node
    kinetic: Node | None = None
    no_kinetic: str = ""


@lru_cache(maxsize=256)
def parse(source: str, where: str) -> Tree:
    """Parse a .mod file; ``where`` names it in errors.

    Raises
    ------
    DefinitionError : the file is no NMODL, or takes more time or memory than any file should
    NotRun : NEURON's parser is not installed
    """
    found = _asked(source, where)
    if "missing" in found:
        raise NotRun(
            f"NEURON's NMODL parser cannot be loaded ({plain(found['missing'], 200)}); install it with: pip install 'neuron>=9.0.1'"
        )
    if "error" in found:
        place = _PLACE.search(found["error"])
        line = f"line {place[1]}: " if place else ""
        raise DefinitionError(f"{where}: {line}NEURON's parser cannot read it: {_told(found['error'])}")
    lines = _Lines(source)
    try:
        root = lines.placed(_node(found["tree"]))
        kinetic = _node(found["kinetic"]) if "kinetic" in found else None
    except RecursionError:
        raise DefinitionError(f"{where}: an expression is nested too deeply") from None
    return Tree(root, kinetic, plain(found.get("no_kinetic", ""), 200))


def _asked(source: str, where: str) -> dict[str, Any]:
    """The parser's answer."""
    package = find_spec("neuron")
    if package is None or package.origin is None:
        return {"missing": "NEURON is not installed"}
    script, folder = Path(__file__).with_name("nmodl_parser.py"), Path(package.origin).parents[1]
    command = [sys.executable, "-I", "-S", str(script), str(folder)]
    try:
        done = subprocess.run(
            command,
            input=source.encode(),
            capture_output=True,
            timeout=_LIMIT_S,
            cwd="/",
            env={"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise DefinitionError(f"{where}: NEURON's parser has not read it within {_LIMIT_S:g} s") from None
    if done.returncode or len(done.stdout) > _MOST_ANSWER:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise DefinitionError(
            f"{where}: NEURON's parser cannot read it: {plain(said[-1], 200) if said else f'it ended with status {done.returncode}'}"
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except (ValueError, RecursionError):
        raise DefinitionError(f"{where}: NEURON's parser cannot read it: an expression is nested too deeply") from None
    return answer


def _told(error: str) -> str:
    return plain(" ".join(error.split()).removeprefix("NMODL Parser Error : "), 200)


def _node(json_tree: dict[str, Any]) -> Node:
    """A node of the parser's JSON: one key, its kind, with what is below it; a word is text alone."""
    ((kind, below),) = json_tree.items()
    if not isinstance(below, list):
        return Node(kind, text=str(below))
    if len(below) == 1 and isinstance(below[0], dict) and isinstance(below[0].get("name"), str):
        return Node(kind, text=below[0]["name"])
    return Node(kind, tuple(_node(part) for part in below if isinstance(part, dict)))


class _Lines:
    """Where the words of a tree stand in its file: the parser does not tell, but keeps their order."""

    def __init__(self, source: str) -> None:
        self._words = [
            (match[0], line)
            for line, text in enumerate(without_comments(source).split("\n"), 1)
            for match in _WORD.finditer(text)
        ]
        self._next = 0

    def placed(self, node: Node) -> Node:
        """The same tree with lines; a word that the parser writes otherwise has none."""
        if node.kind in ("Model", "BlockComment", "LineComment", "Verbatim"):
            return node
        if node.kind == "PrimeName":  # the order of its derivative stands nowhere
            return Node(node.kind, (self.placed(node.parts[0]), *node.parts[1:]))
        if node.parts:
            return Node(node.kind, tuple(map(self.placed, node.parts)), node.text, 0)
        return Node(node.kind, (), node.text, self._line(node.text))

    def _line(self, text: str) -> int:
        word = text.lstrip("-")
        if not _WORD.fullmatch(word):
            return 0
        # a limited look ahead: what is not found nearby was written otherwise, and must not lead past all that follows
        for k in range(self._next, min(self._next + 60, len(self._words))):
            if self._words[k][0] == word:
                self._next = k + 1
                return self._words[k][1]
        return 0


def unwrapped(node: Node) -> Node:
    """An expression without the parentheses around it."""
    while node.kind in ("WrappedExpression", "ParenExpression"):
        node = node.parts[0]
    return node


def without_comments(source: str) -> str:
    """The source with its title, comments and VERBATIM blocks blanked, every line where it was."""
    return _SKIPPED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)


def line_comments(source: str) -> dict[int, str]:
    """What stands behind ``:`` or ``?``, by line."""
    blanked = re.sub(
        r"^[ \t]*TITLE\b[^\n]*|\b(COMMENT|VERBATIM)\b.*?(?:\b(?:ENDCOMMENT|ENDVERBATIM)\b|\Z)",
        lambda match: re.sub(r"[^\n]", " ", match[0]), source, flags=re.MULTILINE | re.DOTALL,
    )  # fmt: skip
    found = {}
    for line, text in enumerate(blanked.split("\n"), 1):
        if match := re.search(r"[:?](.*)$", text):
            found[line] = match[1].strip(" :?\t-=*#")
    return {line: text for line, text in found.items() if text}
