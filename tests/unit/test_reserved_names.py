"""What targets reserve is known without importing them; here the lists are checked against the targets."""

import pytest

from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.translate.brian2_equations import RESERVED as BRIAN2
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.identifiers import mangle
from spikebridge.bridge.translate.nmodl import RESERVED as NMODL
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import RESERVED as NUMPY
from spikebridge.bridge.translate.numpy_source import NumpySource

NASTY = ("int", "double", "celsius", "STATE", "y0", "area", "lambda", "mS", "sin", "e", "pi", "i", "static", "np", "states")


def test_every_name_brian2_knows_is_reserved() -> None:
    """Units, functions and constants of the installed Brian2."""
    functions = pytest.importorskip("brian2.core.functions")
    namespace = pytest.importorskip("brian2.core.namespace")
    known = set(functions.DEFAULT_FUNCTIONS) | set(functions.DEFAULT_CONSTANTS) | set(namespace.DEFAULT_UNITS)
    assert {name for name in known if name.isidentifier()} <= BRIAN2


def test_mangling_keeps_free_names_and_never_collides() -> None:
    """``int`` becomes ``int_model``, unless the model has that too."""
    assert mangle(["g_Na", "int", "int_model"], {"int"}) == {"g_Na": "g_Na", "int": "int_model_model", "int_model": "int_model"}
    assert mangle(["w_pre", "w_pre_model", "pre"], set(), (), ("_pre",)) == {
        "w_pre": "w_pre_model_model",
        "w_pre_model": "w_pre_model",
        "pre": "pre",
    }


def model_with(names: tuple[str, ...]) -> str:
    parameters = "\n".join(f'"{name}" = "1"' for name in names)
    return (
        f'name = "nasty"\nequations = """\ndv/dt = (I_stim - g*(v - E)*({"*".join(names)}))/C : mV\ndx/dt = (1 - x)*{names[0]}/ms : 1\n'
        f'I_stim : uA/cm2\n"""\n[parameters]\ng = "1 mS/cm2"\nE = "-65 mV"\nC = "1 uF/cm2"\n{parameters}\n[initial]\nv = "-65 mV"\nx = "0"\n'
    )


@pytest.mark.parametrize("names", [NASTY])
def test_reserved_names_are_translated_not_refused(names) -> None:
    """Each becomes another identifier in the targets that reserve it."""
    model = parse_model(model_with(names), "nasty.toml")
    for reserved, identifiers in (
        (BRIAN2, Brian2Equations(model).identifiers),
        (NMODL, Nmodl(model).identifiers),
        (NUMPY, NumpySource(model).identifiers),
    ):
        for name in names:
            assert (identifiers[name] != name) == (name in reserved)
        assert len(set(identifiers.values())) == len(identifiers)
