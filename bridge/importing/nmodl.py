"""NEURON's .mod files: ``read_mod`` gives a definition in our own language, what was found on the way, and how NEURON solves it.

Nothing of the file is executed. It is parsed by NEURON's own parser in a process of its own, its blocks are run symbolically, and what
comes of it is text that goes through the same reader as a person's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from spikebridge.bridge.definition.mechanism import Mechanism, parse_mechanism
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.importing.findings import Finding
from spikebridge.bridge.importing.nmodl_meaning import Meaning, meaning_of
from spikebridge.bridge.importing.nmodl_source import Refused, read_source
from spikebridge.bridge.importing.nmodl_text import Text
from spikebridge.bridge.importing.nmodl_tree import MAX_BYTES, parse, without_comments
from spikebridge.bridge.opener import read_bytes
from spikebridge.bridge.shown import plain


@dataclass(frozen=True)
class Imported:
    """A .mod file in our own language.

    Attributes
    ----------
    text : the definition, a mechanism file
    findings : what was inlined, replaced, inferred
    original : the file's own text
    names : what each symbol of the file is called in the definition: states, parameters, ions, currents
    schemes : how NEURON solves each state, by its name here: cnexp, derivimplicit, sparse, euler, runge, "cnexp by hand", "euler by
        hand", constant
    frozen : definitions that a current reads as the solved block left them, and that its conductance therefore does not see
    late : those of them that INITIAL leaves at 0, so that the first step of a run does not have them
    stale : definitions that a rate reads as BREAKPOINT left them
    currents : the original's name of each current here, with the sign with which it is outward
    """

    path: Path
    text: str
    findings: tuple[Finding, ...]
    original: str
    meaning: Meaning = field(repr=False)
    names: dict[str, str]
    schemes: dict[str, str]
    frozen: tuple[str, ...]
    late: tuple[str, ...]
    stale: tuple[str, ...]
    currents: dict[str, tuple[str, int]]

    @property
    def mechanism(self) -> Mechanism:
        """The definition as read."""
        return parse_mechanism(self.text, f"{self.path.name}, imported")

    @property
    def name(self) -> str:
        """What the file registers under."""
        return self.meaning.source.name

    @property
    def point_process(self) -> bool:
        """Whether its currents are in nA, at a point."""
        return self.meaning.source.kind == "POINT_PROCESS"


def read_mod(path: Path) -> Imported:
    """Import a .mod file.

    Raises
    ------
    DefinitionError : one line naming the file, its line, and what cannot be imported
    NotRun : NEURON's parser is not installed
    """
    text = read_bytes(path, MAX_BYTES, "a .mod file").decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    return import_mod(text, path)


def text_of(path: Path) -> str:
    """The definition that a .mod file becomes. Raises as ``read_mod`` does."""
    return read_mod(path).text


@lru_cache(maxsize=64)
def import_mod(text: str, path: Path) -> Imported:
    """Import the text of a .mod file, read once; ``path`` names it. Raises as ``read_mod`` does."""
    where = plain(path.name, 80)
    if "\0" in text:
        raise DefinitionError(f"{where}: this is no text")
    _refuse_includes(text, where)
    try:
        meaning = meaning_of(read_source(text, parse(text, where), where))
    except Refused as error:
        raise DefinitionError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None
    except RecursionError:
        raise DefinitionError(f"{where}: its expressions are nested too deeply") from None
    return _imported(meaning, text, path)


def _refuse_includes(text: str, where: str) -> None:
    """The parser would open the file that is named."""
    for line, content in enumerate(without_comments(text).split("\n"), 1):
        if re.match(r"\s*INCLUDE\b", content):
            raise DefinitionError(f"{where}: line {line}: INCLUDE cannot be imported: put what it names in its place")


def _imported(meaning: Meaning, original: str, path: Path) -> Imported:
    shown, written = _written(meaning, path)
    called = shown.called
    return Imported(
        path, written, tuple(_findings(meaning, shown)), original, meaning,
        {n: called.get(n, n) for n in (*meaning.rates, *shown.symbols)}, {called[s]: how for s, how in meaning.schemes.items()},
        _called(meaning.stale_in_current.values(), shown), _called((meaning.stale_in_current[n] for n in meaning.late), shown),
        _called(meaning.stale_in_rates.values(), shown),
        {shown.output(n): (n, -1 if meaning.source.electrode else 1) for n in meaning.currents},
    )  # fmt: skip


def _written(meaning: Meaning, path: Path) -> tuple[Text, str]:
    """With units where they lead somewhere; the reader of everybody's files has the last word."""
    try:
        shown = Text(meaning)
        parse_mechanism(text := shown.text(), path.name)
    except DefinitionError:
        shown = Text(meaning, plain=True)
        parse_mechanism(text := shown.text(), path.name)
    return shown, text


def _called(stale: Iterable[str], shown: Text) -> tuple[str, ...]:
    """The definitions that stale variables are, by their names here."""
    return tuple(dict.fromkeys(shown.called[inner] for inner in stale if inner in shown.called))


def _findings(meaning: Meaning, shown: Text) -> Iterator[Finding]:
    source = meaning.source
    for name, times in meaning.inlined.items():
        yield Finding("inlined", f"{name} is written out where it is called, {times} {'time' if times == 1 else 'times'}")
    for line, by in meaning.guards.dropped.items():
        why = "a removable singularity is left out: exprel is right there and beside it"
        yield Finding(
            "guard", f"the guard of {why if by == 'exprel' else 'exp against underflow is left out: it is 0 there anyway'}", line
        )
    for line in meaning.guards.shifted:
        yield Finding("guard", "a shift at one single value is left out: exprel is right at that value", line)
    for line in source.tables:
        yield Finding(
            "table", "TABLE: the formula is imported; NEURON reads values between entries of a table unless usetable is 0", line
        )
    for name in source.kinetic:
        yield Finding("kinetic", f"KINETIC {name} is written as the differential equations it stands for")
    for how in shown.schemes():
        yield Finding("scheme", how)
    for name in meaning.stale_in_current:
        yield Finding("stale", f"a current reads {name} as the solved block has left it: its conductance does not see it")
    for name in meaning.late:
        yield Finding("stale", f"INITIAL does not set {name}, which is 0 in the first step of a run")
    for name in meaning.stale_in_rates:
        yield Finding("stale", f"a rate reads {name} as BREAKPOINT has left it, half a step behind")
    if source.electrode and len(meaning.currents) > 1:
        yield Finding(
            "scheme", "beside an ELECTRODE_CURRENT NEURON takes every current of the file as an electrode's, inward positive"
        )
    for name in meaning.algebraic:
        yield Finding(
            "stale", f"{name} is no state: it is set to a value of v without memory, which the conductance does not see"
        )
    if meaning.steps_at_start:
        yield Finding(
            "scheme",
            "INITIAL takes a step of the solved block by hand, which is left out: in the limit of small steps it does nothing",
        )
    for name in (n for n in meaning.unset if n in shown.symbols):
        yield Finding("unset", f"nothing gives {name} a value: it is a parameter, {shown.value(name)} here")
    for name in ("gbar", *source.parameters):
        declared = source.parameters.get(name)
        if (
            declared
            and name.lower().startswith(("g", "p"))
            and declared.value
            and float(declared.value) == 0
            and name in shown.symbols
        ):
            yield Finding("conductance", f"{name} is 0 by default: nothing flows until it is set", declared.line)
    yield from shown.unit_findings()
