"""Formulas of electrochemistry that a definition may call by name: each stands for an expression in its arguments.

nernst(c_in, c_out, z, T)                 the potential of one ion
ghk_voltage(P, c_in, c_out, z, ..., T)    the potential at which ions of z = 1 or -1, four arguments each, carry no current together
ghk_current(P, v, c_in, c_out, z, T)      the current of one ion through a membrane of constant field, outward positive

Goldman 1943, J Gen Physiol 27:37; Hodgkin & Katz 1949, J Physiol 108:37. R = 8.314462618 J/K/mol and F = 96485.33212 C/mol (CODATA
2018); the constants of an old file are written out with its formula. T is a temperature, counted from absolute zero as a parameter of
"20 degC" is; a difference of temperatures is none.
"""

from __future__ import annotations

from collections.abc import Sequence

from spikebridge.bridge.errors import DefinitionError

R_OVER_F = "(0.08617333262281981*mV/K)"  # 8.314462618/96485.33212 J/C/K
FARADAY = "(96485.33212*mC/mmol)"

Value = float | None  # of an argument that is a number


def _nernst(names: Sequence[str], values: Sequence[Value]) -> str:
    c_in, c_out, z, t = names
    of_one = f"{R_OVER_F}*{t}" if values[2] == 1 else f"{R_OVER_F}*{t}/{z}"
    return f"{of_one}*log({c_out}/{c_in})"


def _ghk_current(names: Sequence[str], values: Sequence[Value]) -> str:
    """P z F xi (c_in - c_out exp(-xi))/(1 - exp(-xi)) with xi = z F v/(R T), which at v = 0 is P z F (c_in - c_out)."""
    p, v, c_in, c_out, z, t = names
    charge = "" if values[4] == 1 else f"{z}*"
    xi = f"{charge}{v}/({R_OVER_F}*{t})"
    return f"{charge}{FARADAY}*{p}*({c_in}/exprel(-({xi})) - {c_out}/exprel({xi}))"


def _ghk_voltage(names: Sequence[str], values: Sequence[Value]) -> str:
    """An anion inside does what a cation outside does."""
    ions = [names[k : k + 4] for k in range(0, len(names) - 1, 4)]
    charges = values[3::4][: len(ions)]
    if any(charge not in (1, -1) for charge in charges):
        raise DefinitionError("ghk_voltage: the z of each ion must be 1 or -1, in figures; for others there is no such formula")
    pairs = [
        (p, c_in, c_out) if charge == 1 else (p, c_out, c_in) for (p, c_in, c_out, _), charge in zip(ions, charges, strict=True)
    ]
    outside = " + ".join(f"{p}*{c_out}" for p, _, c_out in pairs)
    inside = " + ".join(f"{p}*{c_in}" for p, c_in, _ in pairs)
    return f"{R_OVER_F}*{names[-1]}*log(({outside})/({inside}))"


_TAKES = {
    "nernst": (_nernst, "c_in, c_out, z, T"),
    "ghk_voltage": (_ghk_voltage, "P, c_in, c_out, z of each ion, T"),
    "ghk_current": (_ghk_current, "P, v, c_in, c_out, z, T"),
}
FORMULAS = tuple(_TAKES)


def formula(name: str, names: Sequence[str], values: Sequence[Value]) -> str:
    """The text that a call stands for.

    Parameters
    ----------
    names : what the arguments are called in it
    values : of those that are numbers

    Raises
    ------
    DefinitionError : it takes another number of arguments, or another z
    """
    write, takes = _TAKES[name]
    fits = len(names) % 4 == 1 and len(names) > 1 if name == "ghk_voltage" else len(names) == takes.count(",") + 1
    if not fits:
        raise DefinitionError(f"{name} takes {takes}; {len(names)} arguments are given")
    return write(names, values)
