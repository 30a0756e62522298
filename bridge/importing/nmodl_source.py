"""What a .mod file declares: its names, values, units, ions and blocks, and what in it cannot be imported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.importing.nmodl_tree import Node, Tree, line_comments, without_comments
from spikebridge.bridge.shown import plain, shown

MAX_STATES = 100
NUMBERS = ("Double", "Integer", "Float")
# what NEURON's list of units has under these names; the values of CODATA 2018, by which NEURON 9 counts
FACTORS = {
    "faraday": (96485.3321233100184, "C/mol"), "k-mole": (8.3144626181532395, "J/mol"), "pi": (3.14159265358979323846, "1"),
    "e": (1.602176634e-19, "C"), "avogadro": (6.02214076e23, "1/mol"), "mole": (6.02214076e23, "1"), "boltzmann": (1.380649e-23, "J"), "k": (1.380649e-23, "J"),
}  # fmt: skip
# blocks and statements that say something our language does not
_REFUSED = {
    "NetReceiveBlock": "NET_RECEIVE: an event synapse", "PointerVar": "POINTER", "BbcorePointerVar": "BBCOREPOINTER", "RandomVar": "RANDOM",
    "FunctionTableBlock": "FUNCTION_TABLE", "WhileStatement": "WHILE", "NonLinearBlock": "NONLINEAR",
    "DiscreteBlock": "DISCRETE", "BaBlock": "BEFORE or AFTER", "BABlock": "BEFORE or AFTER", "BeforeBlock": "BEFORE", "AfterBlock": "AFTER",
    "LonDiffuse": "LONGITUDINAL_DIFFUSION", "ForNetcon": "FOR_NETCONS", "WatchStatement": "WATCH", "ExternVar": "EXTERNAL",
    "ConstructorBlock": "CONSTRUCTOR", "DestructorBlock": "DESTRUCTOR", "LagStatement": "LAG",
    "MutexLock": "MUTEXLOCK",
}  # fmt: skip
_HARMLESS = re.compile(
    r"(?:\s|return\s*\(?\s*0?(?:\.0*)?\s*\)?\s*;?|/\*.*?\*/|//[^\n]*|;|#(?:include|define|undef|ifdef|ifndef|endif|pragma)[^\n]*)*",
    re.DOTALL,
)


class Refused(DefinitionError):
    """A file that cannot be imported: by name and line."""


@dataclass(frozen=True)
class Declared:
    """A name with its value, unit and comment as written; ``size`` of an array, else 0."""

    name: str
    value: str = ""
    unit: str = ""
    line: int = 0
    comment: str = ""
    size: int = 0


@dataclass(frozen=True)
class Ion:
    """A USEION statement."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    valence: float | None
    line: int


@dataclass(frozen=True)
class Solve:
    """A SOLVE statement: which block, by which method, empty where the block is run as it is."""

    block: str
    method: str
    line: int


@dataclass(frozen=True)
class Source:
    """The declarations and blocks of one file.

    Attributes
    ----------
    where : the file, as messages name it
    kind : SUFFIX, POINT_PROCESS or ARTIFICIAL_CELL, and ``name`` what it registers under
    constants : numbers by name: DEFINE, CONSTANT, UNITS factors; ``constant_units`` of the physical ones
    blocks : DERIVATIVE and KINETIC blocks, the latter rewritten; ``kinetic`` the names of those
    linear : LINEAR blocks
    """

    where: str
    text: str
    title: str
    comment: str
    kind: str
    name: str
    parameters: Mapping[str, Declared]
    constants: Mapping[str, float]
    constant_units: Mapping[str, str]
    states: Mapping[str, Declared]
    assigned: Mapping[str, Declared]
    ions: tuple[Ion, ...]
    nonspecific: tuple[str, ...]
    electrode: tuple[str, ...]
    globals: tuple[str, ...]
    ranges: tuple[str, ...]
    procedures: Mapping[str, Node]
    functions: Mapping[str, Node]
    blocks: Mapping[str, Node]
    kinetic: frozenset[str]
    linear: Mapping[str, Node]
    initial: Node | None
    breakpoint: Node | None
    solves: tuple[Solve, ...]
    tables: tuple[int, ...]
    comments: Mapping[int, str] = field(repr=False, default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """What it reads of ions."""
        return tuple(dict.fromkeys(name for ion in self.ions for name in ion.reads))

    @property
    def writes(self) -> tuple[str, ...]:
        """What it writes of ions."""
        return tuple(dict.fromkeys(name for ion in self.ions for name in ion.writes))

    def refuse_verbatim(self, node: Node) -> None:
        """Refused unless a VERBATIM block does nothing."""
        if _HARMLESS.fullmatch(node.word):
            return
        place = self.text.find(node.word)
        line = self.text.count("\n", 0, place) + 1 if place >= 0 else 0
        code = next((x.strip() for x in node.word.splitlines() if not _HARMLESS.fullmatch(x)), "")
        skipped = next((k for k, x in enumerate(node.word.splitlines()) if x.strip() == code), 0)
        raise self.refuse(f"VERBATIM cannot be imported: {plain(code, 60)}", line + skipped if line else 0)

    def refuse(self, what: str, line: int = 0) -> Refused:
        """The error to raise where something cannot be imported."""
        return Refused(f"{self.where}: {f'line {line}: ' if line else ''}{what}")


def read_source(text: str, tree: Tree, where: str) -> Source:
    """The declarations of a parsed file; Refused names what cannot be imported, and its line."""
    root = tree.root
    suffix = next(iter(root.all("Suffix")), None)
    if suffix is None or len(suffix.parts) < 2 or suffix.parts[1].word == "nothing":
        raise Refused(f"{where}: there is no mechanism in it: NEURON {{ SUFFIX ... }} is missing")
    _refuse_blocks(root, text, where)
    comments = line_comments(text)
    constants, units = _constants(root, where)
    solved = _solved(tree, where)
    states = {d.name: d for d in _assigned(root, "StateBlock", comments, constants)}
    if sum(max(d.size, 1) for d in states.values()) > MAX_STATES:
        raise Refused(f"{where}: it has more than {MAX_STATES} states")
    breakpoint_ = next(iter(root.parts_of("BreakpointBlock")), None)
    return Source(
        where, text, _title(root), _comment(root), suffix.parts[0].word, suffix.parts[1].word,
        {d.name: d for d in _parameters(root, comments, constants)}, constants, units,
        states,
        {d.name: d for d in _assigned(root, "AssignedBlock", comments, constants)},
        tuple(_ions(root)), _names(root, "NonspecificCurVar"), _names(root, "ElectrodeCurVar"),
        _names(root, "GlobalVar"), _names(root, "RangeVar"),
        {b.word: b for b in root.parts_of("ProcedureBlock")}, {b.word: b for b in root.parts_of("FunctionBlock")},
        solved, frozenset(b.word for b in root.parts_of("KineticBlock")), {b.word: b for b in root.parts_of("LinearBlock")},
        next(iter(root.parts_of("InitialBlock")), None), breakpoint_, tuple(_solves(breakpoint_)),
        tuple(node.first_line for node in root.all("TableStatement")), comments,
    )  # fmt: skip


def _refuse_blocks(root: Node, text: str, where: str) -> None:
    for node in root.walk():
        if node.kind in _REFUSED:
            line = node.first_line or _line_of(_REFUSED[node.kind].partition(":")[0].partition(" ")[0], text)
            raise Refused(f"{where}: {f'line {line}: ' if line else ''}{_REFUSED[node.kind]} cannot be imported")
    kind = root.all("Suffix")[0].parts[0].word
    if kind == "ARTIFICIAL_CELL":
        raise Refused(f"{where}: ARTIFICIAL_CELL cannot be imported: it has no membrane")


def _line_of(word: str, text: str) -> int:
    """The first line with that word, in code; 0 where there is none."""
    lines = enumerate(without_comments(text).split("\n"), 1)
    return next((line for line, content in lines if re.search(rf"\b{word}\b", content)), 0)


def _title(root: Node) -> str:
    return plain(" ".join(next((n.word for n in root.parts_of("Model")), "").split()), 200)


def _comment(root: Node) -> str:
    """The first COMMENT of the file."""
    return next((n.word for n in root.parts_of("BlockComment")), "").strip("\n")


def _names(root: Node, kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n.word for n in root.all(kind)))


def _parameters(root: Node, comments: Mapping[int, str], constants: Mapping[str, float]) -> Iterator[Declared]:
    for node in root.all("ParamAssign"):
        value = next((p.word for p in node.parts[1:] if p.kind in NUMBERS), "")
        value = str(constants[value]) if value in constants else value
        unit = next((p.word for p in node.parts if p.kind == "Unit"), "")
        yield Declared(node.word, value, unit, node.first_line, comments.get(node.first_line, ""))


def _assigned(root: Node, block: str, comments: Mapping[int, str], constants: Mapping[str, float]) -> Iterator[Declared]:
    for node in (
        root.all("AssignedDefinition") if False else (n for b in root.parts_of(block) for n in b.all("AssignedDefinition"))
    ):
        unit = next((p.word for p in node.parts if p.kind == "Unit"), "")
        size = _size(node, constants, unit)
        yield Declared(node.word, "", unit, node.first_line, comments.get(node.first_line, ""), size)


def _size(node: Node, constants: Mapping[str, float], unit: str) -> int:
    """Of an array: what follows the name as a whole number; limits of a state are written FROM ... TO, two of them."""
    whole = [p for p in node.parts[1:] if p.kind == "Integer"]
    if len(whole) % 2 == 0:
        return 0
    return int(constants.get(whole[0].word, 0) or _number(whole[0].word))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _constants(root: Node, where: str) -> tuple[dict[str, float], dict[str, str]]:
    found: dict[str, float] = {}
    units: dict[str, str] = {}
    for node in root.all("Define", "ConstantVar"):
        value = next((p.word for p in node.parts[1:] if p.kind in NUMBERS), "0")
        found[node.word] = _number(value)
        unit = next((p.word for p in node.parts if p.kind == "Unit"), "")
        if unit:
            units[node.word] = unit
    for node in root.all("FactorDef"):
        value = next((p.word for p in node.parts[1:] if p.kind in NUMBERS), "")
        named = [p.word for p in node.parts if p.kind == "Unit"]
        if value:
            found[node.word] = _number(value)
            units[node.word] = named[0] if named else ""
        elif named and named[0] in FACTORS:
            found[node.word], units[node.word] = _factor(named)
        else:
            raise Refused(
                f"{where}: {f'line {node.first_line}: ' if node.first_line else ''}UNITS: {shown(node.word)} is of no unit that is known"
            )
    return found, units


def _factor(named: list[str]) -> tuple[float, str]:
    """A physical constant, in the second unit where one is named: a prefix counts."""
    value, unit = FACTORS[named[0]]
    asked = named[1] if len(named) > 1 else ""
    scale = {"kilocoulombs": 1e-3, "kilocoulomb": 1e-3, "10000coulomb": 1e-4, "10000 coulomb": 1e-4}.get(asked, 1.0)
    return value * scale, unit if scale == 1.0 else ""


def _ions(root: Node) -> Iterator[Ion]:
    for node in root.all("Useion"):
        valence = next((p for p in node.parts if p.kind == "Valence"), None)
        charge = next((p.word for p in valence.parts if p.kind in NUMBERS), "") if valence else ""
        yield Ion(
            node.word, tuple(n.word for n in node.all("ReadIonVar")), tuple(n.word for n in node.all("WriteIonVar")),
            _number(charge) if charge else None, node.first_line,
        )  # fmt: skip


def _solved(tree: Tree, where: str) -> dict[str, Node]:
    """The blocks that may be solved, KINETIC ones as differential equations."""
    found = {b.word: b for b in tree.root.parts_of("DerivativeBlock")}
    kinetic = [b.word for b in tree.root.parts_of("KineticBlock")]
    if kinetic:
        rewritten = {b.word: b for b in tree.kinetic.parts_of("DerivativeBlock")} if tree.kinetic else {}
        for name in kinetic:
            if name not in rewritten:
                raise Refused(f"{where}: KINETIC {name} cannot be imported: {tree.no_kinetic or 'NEURON cannot rewrite it'}")
            found[name] = rewritten[name]
    return found


def _solves(block: Node | None) -> Iterator[Solve]:
    for node in block.all("SolveBlock") if block else ():
        words = [p.word for p in node.parts if p.kind == "Name"]
        yield Solve(words[0], words[1] if len(words) > 1 else "", node.first_line)
