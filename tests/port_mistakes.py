"""Mistakes as people make them in .mod files: twelve kinds in the files' own text, each in the equations that it changes and no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mistakes import KINDS

from spikebridge.bridge.definition.mechanism import Mechanism
from spikebridge.bridge.importing.nmodl import import_mod
from spikebridge.reports.proof.equivalence.difference import Difference

MODS = Path(__file__).parent / "data" / "mod"
Edits = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PortMistake:
    """A mistake in a .mod file.

    Attributes
    ----------
    file : below ``tests/data/mod``
    kind : as in ``mistakes.KINDS``
    equations : those that differ by it, as the import of the file calls them
    edits : words of the file, and what stands there instead
    """

    file: str
    kind: str
    equations: frozenset[str]
    edits: Edits

    @property
    def text(self) -> str:
        """The file with the mistake in it."""
        text = (MODS / self.file).read_text(encoding="utf-8")
        for old, new in self.edits:
            assert old in text, (self.file, old)
            text = text.replace(old, new, 1)
        return text

    @property
    def wrong(self) -> Mechanism:
        """What it imports as."""
        return import_mod(self.text, Path("port.mod")).mechanism


@dataclass(frozen=True)
class Told:
    """What a difference says of a mistake: whether the equations that differ are those, and whether each has the kind as a cause."""

    found: bool
    named: bool


def told(difference: Difference, mistake: PortMistake, turned: bool = False) -> Told:
    """Of the difference of the right file and the wrong one; ``turned`` where the wrong one is A.

    A unit's factor in front of a conductance is the conductance in another unit.
    """
    causes = {e.other if turned else e.name: {c.relation for c in e.causes} for e in difference.equations if not e.same}
    if not causes and mistake.kind == "unit factor":
        rescaled = [c for c in difference.constants if c.of_unit]
        return Told(len(rescaled) == len(difference.constants) == 1, bool(rescaled))
    named = all(causes.get(name, set()).intersection(KINDS[mistake.kind]) for name in mistake.equations)
    return Told(causes.keys() == mistake.equations, named)


def right(file: str) -> Mechanism:
    """A file without mistake, imported."""
    return import_mod((MODS / file).read_text(encoding="utf-8"), Path(file)).mechanism


def port_mistakes(*files: str) -> Iterator[PortMistake]:
    """All of them, or those in some files."""
    for file, rows in _ROWS.items():
        for kind, equations, *edits in rows:
            if not files or file in files:
                yield PortMistake(file, kind, frozenset(equations.split()), tuple(zip(edits[::2], edits[1::2], strict=True)))


# kind, equations, then words and what stands there instead
_ROWS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ports/na.mod": (
        ("factor", "m", "am = 0.32*", "am = 1.5*0.32*"),
        ("unit factor", "ina", "ina = gbar", "ina = 1000*gbar"),
        ("unit factor", "h", "ah = 0.128", "ah = 128"),
        ("shift", "h", "bh = 4/(1 + exp(-(u + 20)/5))", "bh = 4/(1 + exp(-(u + 27)/5))"),
        ("shift", "m h", "u = v - shift", "u = v - shift - 63"),
        ("shift", "m", "lin(13 - u - 60, 4)", "lin(13 - u - 63, 4)"),
        ("slope", "h", "-(u + 20)/5)", "-(u + 20)/7.5)"),
        ("slope", "m", "lin(u + 20, 5)", "lin(u + 20, 8)"),
        ("swapped", "m", "am*(1 - m) - bm*m", "bm*(1 - m) - am*m"),
        ("swapped", "h", "ah*(1 - h) - bh*h", "bh*(1 - h) - ah*h"),
        ("sign", "ina", "h*(v - ena)", "h*(v + ena)"),
        ("sign", "h", "exp(-(u + 43)/18)", "exp((u + 43)/18)"),
        ("exponent", "ina", "m*m*m*h", "m*m*h"),
        ("constant", "m", "am = 0.32", "am = 0.23"),
        ("symbol", "m", "bm*m\n", "bh*m\n"),
        ("missing", "ina", "m*h*(", "m*("),
        ("instantaneous", "m", "STATE { m h }", "STATE { h }", "ah (/ms)", "ah (/ms) m", "m' = am*(1 - m) - bm*m", "m = am/(am + bm)"),
    ),
    "ports/kd.mod": (
        ("factor", "n", "taun = 0.8 + 6/(", "taun = 2*(0.8 + 6/(", "/22))", "/22)))"),
        ("unit factor", "ik", "(1e-4)*", ""),
        ("unit factor", "n", "taun = 0.8 + 6/(", "taun = 0.001*(0.8 + 6/(", "/22))", "/22)))"),
        ("shift", "n", "(v - vhalf)/zeta", "(v + 12 - vhalf)/zeta"),
        ("slope", "n", "/22)", "/25)"),
        ("sign", "n", "exp(-(v - vhalf)/zeta)", "exp((v - vhalf)/zeta)"),
        ("sign", "ik", "(v - ek)", "(ek - v)"),
        ("exponent", "ik", "n^3", "n^4"),
        ("constant", "n", "0.8 + 6/", "0.8 + 9/"),
        ("constant", "n", "0.8 + 6/", "0.5 + 6/"),
        ("missing", "n", "0.8 + 6/", "6/"),
        ("instantaneous", "n", "STATE { n }", "", "ninf taun (ms)", "ninf taun (ms) n", "n' = (ninf - n)/taun", "n = ninf"),
    ),
    "ports/cat.mod": (
        ("factor", "m", "mtau = (0.6", "mtau = 1.3*(0.6"),
        ("unit factor", "ica", "ghk = (.001)*2", "ghk = 2"),
        ("unit factor", "h", "exp((v + 466)/66.6)/fh", "1e-3*exp((v + 466)/66.6)/fh"),
        ("shift", "h", "(v + 80)/4", "(v + 78)/4"),
        ("shift", "m", "v + 131", "v + 132"),
        ("slope", "m", "/6.2)", "/7.4)"),
        ("swapped", "m h", "minf = 1/(1 + exp(-(v + 56)/6.2))", "hinf = 1/(1 + exp(-(v + 56)/6.2))",
         "hinf = 1/(1 + exp((v + 80)/4))", "minf = 1/(1 + exp((v + 80)/4))"),
        ("sign", "ica", "(e + z) - co*e", "(e + z) + co*e"),
        ("exponent", "ica", "m*m*h", "m*h"),
        ("temperature", "m", "qm^((celsius - 24)/10)", "qm^((celsius - 34)/10)"),
        ("temperature", "h", "qh^((celsius - 24)/10)", "2.5^((celsius - 24)/10)"),
        ("temperature", "m", "/18.2)))/fm", "/18.2)))"),
        ("constant", "h", "(28 + exp(", "(38 + exp("),
        ("constant", "h", "exp((v + 466)/66.6)", "exp((v + 466)/66)"),
        ("symbol", "h", "/10.5))/fh", "/10.5))/fm"),
        ("missing", "h", "if (v < -80) {\n        htau = exp((v + 466)/66.6)/fh\n    } else {\n", "", "/10.5))/fh\n    }", "/10.5))/fh"),
        ("instantaneous", "m", "STATE { m h }", "STATE { h }", "fm fh", "fm fh m", "m' = (minf - m)/mtau", "m = minf"),
    ),
    "ports/ih.mod": (
        ("factor", "l", "qt*0.011", "qt*0.033"),
        ("unit factor", "i", "gbar*l*", "1e-3*gbar*l*"),
        ("unit factor", "l", "qt*0.011", "qt*11"),
        ("shift", "l", "(v - vhalf)/8", "(v - vhalf - 5)/8"),
        ("shift", "l", "0.4*(v + 75)", "0.4*(v + 70)"),
        ("slope", "l", "(v - vhalf)/8", "(v - vhalf)/10"),
        ("constant", "l", "2.2*0.4*", "2.2*0.6*"),
        ("sign", "l", "exp((v - vhalf)/8)", "exp(-(v - vhalf)/8)"),
        ("exponent", "i", "gbar*l*", "gbar*l^2*"),
        ("temperature", "l", "(celsius - 33)", "(celsius - 23)"),
        ("temperature", "l", "(celsius - 33)/10", "(celsius - 33)/20"),
        ("symbol", "l", "(v - vhalf)/8", "(v - eh)/8"),
        ("missing", "l", "0.011*(1 + alp(v))", "0.011*alp(v)"),
        ("missing", "i", "gbar*l*", "gbar*"),
        ("swapped", "l", "taul = bet(v)/(qt*0.011*(1 + alp(v)))", "taul = alp(v)/(qt*0.011*(1 + bet(v)))"),
        ("instantaneous", "l", "STATE { l }", "", "linf taul (ms)", "linf taul (ms) l", "l' = (linf - l)/taul", "l = linf"),
    ),
    "ports/ka.mod": (
        ("factor", "n", "taun = 0.37 + 1/(", "taun = 0.5*(0.37 + 1/(", "/12.7))", "/12.7)))"),
        ("unit factor", "ik", "(0.001)*gbar", "gbar"),
        ("unit factor", "h2", "/tslow", "/(0.001*tslow)"),
        ("shift", "n", "(v + 60)/8.5", "(v + 40)/8.5"),
        ("shift", "h1", "exp((v + 46)/5)", "exp((v + 36)/5)"),
        ("slope", "h1 h2", "(v + 78)/6", "(v + 78)/8"),
        ("swapped", "ik", "(fast*h1 + (1 - fast)*h2)", "(fast*h2 + (1 - fast)*h1)"),
        ("sign", "n", "exp(-(v + 60)", "exp((v + 60)"),
        ("exponent", "ik", "n^4", "n^3"),
        ("constant", "h1", "v < -63", "v < -73"),
        ("constant", "h1", "tau1 = 19", "tau1 = 60"),
        ("symbol", "h2", "h2' = (hinf - h2)", "h2' = (ninf - h2)"),
        ("missing", "ik", "(fast*h1 + (1 - fast)*h2)", "((1 - fast)*h2)"),
        ("instantaneous", "n", "STATE { n h1 h2 }", "STATE { h1 h2 }", "tau1 (ms)", "tau1 (ms) n", "n' = (ninf - n)/taun", "n = ninf"),
    ),
    "ports/km.mod": (
        ("factor", "p", "3.3*exp", "2*3.3*exp"),
        ("unit factor", "p", "taupeak/(3.3", "0.001*taupeak/(3.3"),
        ("unit factor", "ik", "gbar*p*", "1000*gbar*p*"),
        ("shift", "p", "-(v + 35)/10", "-(v + 25)/10"),
        ("slope", "p", "3.3*exp((v + 35)/20)", "3.3*exp((v + 35)/40)"),
        ("sign", "p", "exp(-(v + 35)/20)", "exp((v + 35)/20)"),
        ("exponent", "ik", "gbar*p*", "gbar*p*p*"),
        ("temperature", "p", "2.3^((celsius - 36)/10)", "2.3^((celsius - 30)/10)"),
        ("temperature", "p", "2.3^((celsius", "3^((celsius"),
        ("temperature", "p", "taumax/tadj", "taumax"),
        ("constant", "p", "3.3*exp", "3.5*exp"),
        ("missing", "p", "(3.3*exp((v + 35)/20) + exp(-(v + 35)/20))", "(3.3*exp((v + 35)/20))"),
        ("instantaneous", "p", "STATE { p }", "", "inf tau (ms)", "inf tau (ms) p", "p' = (inf - p)/tau", "p = inf"),
    ),
    "ports/kca.mod": (
        ("factor", "c", "1/(beta*(1 + car)*tadj)", "2/(beta*(1 + car)*tadj)"),
        ("unit factor", "ik", "gk*c*c", "0.001*gk*c*c"),
        ("unit factor", "c", "cai/kd", "1000*cai/kd"),
        ("missing", "c", "cinf = car/(1 + car)", "cinf = 1/(1 + car)"),
        ("sign", "il", "gl*(v - el)", "gl*(el - v)"),
        ("exponent", "c", "(cai/kd)^2", "(cai/kd)^4"),
        ("exponent", "ik", "gk*c*c", "gk*c"),
        ("temperature", "c", "3^((celsius - 22)/10)", "3^((celsius - 36)/10)"),
        ("temperature", "c", "(1 + car)*tadj", "(1 + car)"),
        ("symbol", "il", "gl*(v - el)", "gk*(v - el)"),
        ("missing", "c", "1/(beta*(1 + car)*tadj)", "1/(beta*tadj)"),
        ("constant", "c", "car/(1 + car)", "car/(2 + car)"),
        ("instantaneous", "c", "STATE { c }", "", "tadj }", "tadj c }", "c' = (cinf - c)/ctau", "c = cinf"),
    ),
    "kdr.mod": (
        ("factor", "n", "trap(.02,", "trap(.03,"),
        ("unit factor", "n", "ntau = 1/(", "ntau = 1000/("),
        ("shift", "n", "trap(.02, v - vh, 9)", "trap(.02, v + 5 - vh, 9)"),
        ("slope", "n", "v - vh, 9)", "v - vh, 12)"),
        ("swapped", "n", "ninf = a/(a + b)", "ninf = b/(a + b)"),
        ("exponent", "ik", "n^4", "n^2"),
        ("temperature", "n", "celsius - 22)", "celsius - 6.3)"),
        ("constant", "n", "b = .25*", "b = .125*"),
        ("missing", "n", "1/(qt*(a + b))", "1/(qt*a)"),
    ),
    "naf_by_hand.mod": (
        ("factor", "h", "0.9/(1 +", "2*0.9/(1 +"),
        ("shift", "h", "exp(-(v + 30)/8)", "exp(-(v + 35)/8)"),
        ("slope", "h", "(v + 66)/12", "(v + 66)/20"),
        ("swapped", "h", "hinf = a/(a + b)", "hinf = b/(a + b)"),
        ("exponent", "ina", "m*m*m*h", "m*m*h"),
        ("temperature", "m h", "3^((celsius - 24)/10)", "2.3^((celsius - 24)/10)"),
        ("temperature", "m h", "-dt*3^((celsius - 24)/10)", "-dt"),
        ("constant", "m", "0.182*(", "0.128*("),
        ("missing", "ina", "m*h*(v", "m*(v"),
    ),
    "capool.mod": (
        ("factor", "cai", "-(10000)*ica/(2*FARADAY", "-(10000)*ica/(1*FARADAY"),
        ("unit factor", "cai", "-(10000)*", "-(10)*"),
        ("sign", "cai", "-(10000)*", "(10000)*"),
        ("missing", "cai", "if (drive <= 0.) { drive = 0. }", ""),
        ("missing", "cai", "(cainf - cai)/taur", "-cai/taur"),
        ("missing", "cai", "FARADAY*depth)", "FARADAY)"),
    ),
    "kkin.mod": (
        ("factor", "c2 o", "(0.5*a, 2*b)", "(a, 2*b)"),
        ("shift", "c1 c2 o", "a = exp((v + 40)/25)", "a = exp((v + 30)/25)"),
        ("swapped", "c1 c2", "~ c1 <-> c2 (a, b)", "~ c1 <-> c2 (b, a)"),
        ("slope", "c1 c2 o", "(v + 40)/40", "(v + 40)/30"),
        ("sign", "c1 c2 o", "exp(-(v + 40)/40)", "exp((v + 40)/40)"),
        ("exponent", "ik", "gbar*o*w", "gbar*o*o*w"),
        ("constant", "c1 c2 o", "b = 0.3*", "b = 0.2*"),
        ("missing", "ik", "gbar*o*w", "gbar*w"),
    ),
}  # fmt: skip
