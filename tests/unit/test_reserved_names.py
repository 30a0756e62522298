"""What targets reserve is known without importing them; here the lists are checked against the targets."""

import pytest
from names_as_roles import ROLES, experiment_of, words_of
from under_test import FULL

from benchmarks.reserved_names import LISTS, current, read
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.translate.brian2_equations import RESERVED as BRIAN2
from spikebridge.bridge.translate.brian2_equations import Brian2Equations
from spikebridge.bridge.translate.identifiers import mangle
from spikebridge.bridge.translate.nmodl import RESERVED as NMODL
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.numpy_source import RESERVED as NUMPY
from spikebridge.bridge.translate.numpy_source import NumpySource

# measuring these takes half a minute
SLOW = ("cython", "nmodl")

NASTY = ("int", "double", "celsius", "STATE", "y0", "area", "lambda", "mS", "sin", "e", "pi", "i", "static", "np", "states")


def test_every_name_brian2_knows_is_reserved() -> None:
    """Units, functions and constants of the installed Brian2."""
    functions = pytest.importorskip("brian2.core.functions")
    namespace = pytest.importorskip("brian2.core.namespace")
    known = set(functions.DEFAULT_FUNCTIONS) | set(functions.DEFAULT_CONSTANTS) | set(namespace.DEFAULT_UNITS)
    assert {name for name in known if name.isidentifier()} <= BRIAN2


@pytest.mark.parametrize("words", [words for words in LISTS if FULL or words not in SLOW])
def test_lists_of_reserved_words_are_what_the_installed_programs_say(words) -> None:
    """Measured again; a new word is written there by `make names`. Another version of the program may reserve a few more."""
    measured = LISTS[words][0]()
    missing = measured - read(words)
    assert len(missing) <= (0 if current(words) else 0.05 * len(measured)), sorted(missing)[:20]


@pytest.mark.parametrize("words", LISTS)
def test_each_target_changes_what_its_readers_reserve(words) -> None:
    """No word of a list stays as it is where the text goes that the list is about, in whichever role."""
    found = words_of(words)
    if words == "hoc":
        names = {Nmodl(experiment_of(["q"], "parameter", word).model).suffix for word in found}
        assert not names & set(found)
        return
    some = found[:: len(found) // 60 + 1]
    targets = {"nmodl": [Nmodl], "cplusplus": [Nmodl, Brian2Equations]}.get(words, [Brian2Equations])
    for target in targets:
        for role in ROLES:
            identifiers = target(experiment_of(some, role).model).identifiers
            assert all(identifiers[word] != word for word in some)


def test_the_text_says_which_names_it_changed() -> None:
    """In a comment, in every target; the same text goes to a file, to a person and to the engine."""
    model = experiment_of(["range", "g"], "parameter").model
    comment = "range is range_model here: {} keeps that name for itself"
    assert Brian2Equations(model).equations.startswith(f"# {comment.format('Brian2')}\n")
    assert comment.format("Python") in NumpySource(model).text
    assert "NEURON keeps that name for itself.\nENDCOMMENT" in Nmodl(experiment_of(["STATE", "g"], "parameter").model).text
    clean = experiment_of(["g"], "parameter").model
    assert not any("itself" in text for text in (Brian2Equations(clean).text, NumpySource(clean).text, Nmodl(clean).text))


def test_listing_script_and_executed_text_are_one() -> None:
    """Whatever is reserved by whom: what a script calls its own is changed in the listing too."""
    experiment = experiment_of(["range", "steps", "cell", "level", "STATE", "g"], "parameter")
    for name, lines in (
        ("brian2", Brian2Equations(experiment.model).equations),
        ("neuron", Nmodl(experiment.model).statements_text),
    ):
        engine = find_engine(name)
        scheme = find_scheme(engine, None, experiment.model)
        job = engine.prepare(experiment, scheme)
        assert lines in (job.mod if name == "neuron" else job.equations)
        assert any(lines in text for text in engine.script(experiment, scheme).values())


def test_a_state_may_not_make_a_word_of_c() -> None:
    """NMODL makes j0 of a state j, which is a function of Bessel's; a parameter j stays."""
    states, parameters = (Nmodl(experiment_of(["j"], role).model).identifiers for role in ("state", "parameter"))
    assert (states["j"], parameters["j"]) == ("j_model", "j")


def test_a_trailing_underscore_is_no_way_out_in_brian2() -> None:
    """There range_ is range without its unit."""
    assert Brian2Equations(experiment_of(["if_", "g"], "parameter").model).identifiers["if_"] == "if__model"


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
