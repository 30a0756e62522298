"""The reference's schemes as a few lines of numpy, ``step(y, I)``, each the arithmetic of its twin in reference/schemes.py;
those of Runge-Kutta are printed from the tableaus that run there.

Where a refractory period makes variables rest, ``free`` is 0 for those and 1 for all others; other models do without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.errors import TranslationError
from spikebridge.reference.schemes import SCHEMES
from spikebridge.reference.tableau import Row, Tableau

# {rates} may be free*rates; {also} hands `free` on; between {array} and {end} only what is free changes
_EULER = '''def step(y, I{also}):
    """Forward Euler."""
    return y + dt*{rates}(y, I)
'''
_ORDERED = '''def step(y, I{also}):
    """Forward Euler, one variable after another: each sees the new values of those before it."""
    y = y.copy()
    for i in range(len(y)):
        y[i] += dt*({rates}(y, I))[i]
    return y
'''
_RUNGE_KUTTA = '''def step(y, I{also}):
    """{doc}. The stimulus stands still over a step."""
{stages}
    return {result}
'''
_EXPONENTIAL = '''def relaxed(x, a, b):
    """x after a step in which x' = a x + b."""
    return (x + b/a)*exp(a*dt) - b/a if a else x + dt*b


def step(y, I{also}):
    """Exponential Euler: every variable exactly, while the others stand still."""
    return {array}[relaxed(x, a, b) for x, a, b in zip(y, *linear(y, I))]{end}
'''
_ITERATION = '''def step(y, I):
    """One iterate."""
    return advance(y, I)
'''
_CNEXP = '''def step(y, I{also}):
    """NEURON's cnexp: one variable after another, each exactly while the definitions stand still."""
    return {array}relax(y, I, dt){end}
'''
_STAGGERED = '''def step(y, I{also}):
    """{doc}"""
    y = y.copy()
    beside = y + 0.001*np.eye(len(y))[{voltage}]
    rate = voltage_rate(y, I)
    slope = (voltage_rate(beside, I) - rate)/0.001
    y[{voltage}] += {increment}
    return {others}
'''
_IMPLICIT = '''def implicit(y, I, dt{also}):
    """z = y + dt*rates(z){but}, by Newton's method with a difference Jacobian."""
    moving = {moving}
    z = y.copy()
    for _ in range(30):
        rate = {rates}(z, I)
        jacobian = np.eye(len(moving))
        for column, j in enumerate(moving):
            nudge = 1e-7*max(abs(z[j]), 1e-3)
            beside = z.copy()
            beside[j] += nudge
            jacobian[:, column] -= (dt*({rates}(beside, I) - rate)/nudge)[moving]
        change = np.linalg.solve(jacobian, (z - y - dt*rate)[moving])
        z[moving] -= change
        if np.all(abs(change) <= 1e-14*(abs(z[moving]) + 1e-3)):
            return z
    raise ArithmeticError("an implicit step has no solution")
'''
_MIDPOINT = '''def midpoint(y, I{also}):
    """Half a step implicitly, then the same slope for the other half{but}."""
    moving = {moving}
    z = implicit(y, I, dt/2{also})
    z[moving] += (dt/2*{rates}(z, I))[moving]
    return z
'''
_ALONE = '''def step(y, I{also}):
    """{doc}"""
    return {call}
'''
_PLAIN: Mapping[str, str] = {
    "forward_euler": _EULER,
    "ordered_euler": _ORDERED,
    "exponential_euler": _EXPONENTIAL,
    "iteration": _ITERATION,
    "cnexp": _CNEXP,
}


def scheme_text(model: Model, scheme: str) -> str:
    """The functions of a scheme; TranslationError for one that is not made of fixed steps."""
    if scheme in _PLAIN:
        return _filled(_PLAIN[scheme], model)
    if scheme in SCHEMES and (tableau := SCHEMES[scheme].tableau):
        return _runge_kutta(model, tableau, SCHEMES[scheme].about)
    if scheme in ("backward_euler", "crank_nicolson"):
        return _staggered(model, scheme)
    if scheme in ("implicit_euler", "implicit_midpoint"):
        return _implicit(model, scheme)
    raise TranslationError(f"{scheme} chooses its own steps, which no short listing can; take a scheme of fixed steps")


def _runge_kutta(model: Model, tableau: Tableau, about: str) -> str:
    """A slope a line, then the step, from the rows of the tableau."""
    *stages, weights = [_along(row) for row in tableau.rows]
    slopes = ["{rates}(y, I)", *(f"{{rates}}({stage}, I)" for stage in stages)]
    lines = "\n".join(f"    k{k} = {slope}" for k, slope in enumerate(slopes, 1))
    text = _RUNGE_KUTTA.replace("{stages}", lines).replace("{result}", weights)
    return _filled(text, model, doc=about[0].upper() + about[1:])


def _along(row: Row) -> str:
    """As the reference computes it, in the same order."""
    h = "dt" if row.denominator == 1 else f"dt/{row.denominator}"
    return f"y + {h}*{row.sum}" if len(row.terms) == 1 and row.terms[0][1] == 1 else f"y + {h}*({row.sum})"


def _filled(text: str, model: Model, **more: object) -> str:
    """A template with what a refractory period asks for."""
    rests = bool(model.held)
    fields = {
        "also": ", free" if rests else "",
        "rates": "free*rates" if rests else "rates",
        "array": "np.where(free, " if rests else "np.array(",
        "end": ", y)" if rests else ")",
    }
    return text.format(**fields, **more)


def _staggered(model: Model, scheme: str) -> str:
    states, voltage = model.state_names, model.voltage
    assert voltage is not None  # the engine has checked
    others = [s for s in states if s != voltage]
    exact, crank = all(model.frozen[s] for s in others), scheme == "crank_nicolson"
    moved = "2*(rate/(1/(dt/2) - slope))" if crank else "rate/(1/dt - slope)"
    rests = voltage in model.held
    solved = "{array}relax(y, I, dt){end}" if exact else _call(crank)
    name = "NEURON's secondorder = 2: half an implicit step, doubled," if crank else "NEURON's default: implicit Euler"
    then = f", then the others {'exactly' if exact else 'implicitly'}" if others else ""
    i = states.index(voltage)
    text = _STAGGERED.replace("{others}", solved if others else "y").replace(
        "{increment}", f"free[{i}]*{moved}" if rests else moved
    )
    filled = _filled(text, model, doc=f"{name} for the voltage{then}.", voltage=i)
    return filled if exact else _newton(model, crank) + "\n\n" + filled


def _call(midpoint: bool) -> str:
    return "midpoint(y, I{also})" if midpoint else "implicit(y, I, dt{also})"


def _implicit(model: Model, scheme: str) -> str:
    midpoint = scheme == "implicit_midpoint"
    doc = "The implicit midpoint rule." if midpoint else "Backward Euler."
    return _newton(model, midpoint) + "\n\n" + _filled(_ALONE.replace("{call}", _call(midpoint)), model, doc=doc)


def _newton(model: Model, midpoint: bool) -> str:
    moving = [i for i, s in enumerate(model.state_names) if s != model.voltage]
    but = " for all but the voltage" if model.voltage else ""
    parts = [_IMPLICIT, _MIDPOINT] if midpoint else [_IMPLICIT]
    return "\n\n".join(_filled(part, model, but=but, moving=moving) for part in parts)
