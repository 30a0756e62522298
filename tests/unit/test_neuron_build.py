"""Which parameters a mechanism for NEURON is built with, and what is said where it cannot be built."""

import pytest

from spikebridge.bridge.definition.experiment_file import make_experiment
from spikebridge.bridge.engines import neuron_build
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.cache import built
from spikebridge.bridge.engines.registry import find_engine


def test_rest_may_exist_only_for_other_parameters_than_the_file_has() -> None:
    """At its own E_L the pacemaker bursts; at -61 mV it rests, and such a run can be prepared."""
    table = {"model": "butera", "duration": "1 ms", "parameters": {"E_L": "-61 mV"}}
    experiment = make_experiment({**table, "initial": {"steady_state": True, "v": "-55 mV"}}, "test", "rest")
    engine = find_engine("neuron")
    assert engine.prepare(experiment, find_scheme(engine, None, experiment.model))


NOCMODL = "Translating x.mod into ./x.cpp\nsyntax error:\n Illegal block\nmake: *** [makemod2c_inc:3: x.cpp] Error 1\n"
COMPILER = (
    " -> Compiling mod_func.cpp\nx.cpp: In function 'void f()':\nx.cpp:7:2: error: 'y' was not declared\n"
    "make: *** [makemod2c_inc:5: x.o] Error 1\n"
)


@pytest.mark.parametrize(
    ("output", "complaint"),
    [
        pytest.param(NOCMODL, "nocmodl failed: syntax error: Illegal block", id="the error and the line that says which"),
        pytest.param(NOCMODL.replace("x.cpp]", "x.c]"), "nocmodl failed: syntax error: Illegal block", id="NEURON 8.2 writes C"),
        pytest.param(COMPILER, "the compiler failed: x.cpp:7:2: error: 'y' was not declared", id="the compiler"),
        pytest.param(
            "/usr/bin/ld: cannot find -lnrniv: No such file or directory\nmake: *** [nrnmech_makefile:131: mech_lib_shared] Error 1",
            "the linker failed: /usr/bin/ld: cannot find -lnrniv: No such file or directory",
            id="the linker",
        ),
        pytest.param(
            "make: nrnmech_makefile: No such file or directory", "make failed: make: nrnmech_makefile: No such file or directory",
            id="no makefile",
        ),
        pytest.param("", "make failed: no output", id="silence"),
    ],
)  # fmt: skip
def test_a_failed_build_tells_who_failed_and_in_which_words(output, complaint) -> None:
    """One line: of all that was printed, what the first to fail had to say."""
    assert neuron_build._complaint(output) == f"a mechanism for NEURON cannot be built, {complaint}"


def test_a_build_does_not_inherit_the_flags_of_a_make_that_started_it(monkeypatch) -> None:
    """`make compare` would hand its own on; and messages come in the words that are looked for."""
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        monkeypatch.setenv(name, "n")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    environment = neuron_build.environment()
    assert not {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"} & set(environment) and environment["LC_ALL"] == "C"


def test_the_compiler_is_the_one_that_is_set_or_one_that_is_here(monkeypatch) -> None:
    """NEURON's makefile names the one of the machine it was built on; Python's may be missing too."""
    monkeypatch.setattr(neuron_build.shutil, "which", lambda name: f"/bin/{name}" if name in ("clang++", "cc") else None)
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("CC", "gcc -m64")
    assert neuron_build._compilers.__wrapped__() == {"CXX": "clang++", "CC": "gcc -m64"}


def test_a_header_is_compiled_once_for_many_mechanisms_where_its_path_is_plain(tmp_path, monkeypatch) -> None:
    """It lies in the cache, and make is told of it; not where a blank in the path would make two words of it."""
    for folder, told in (("plain", True), ("with blank", False)):
        monkeypatch.setenv("SPIKEBRIDGE_CACHE", str(tmp_path / folder))
        assert neuron_build._header() == []
        header = tmp_path / folder / "neuron" / neuron_build._header_key() / "mechanism.hpp"
        built("neuron", header.parent.name, lambda folder: (folder / "mechanism.hpp").touch())
        assert neuron_build._header() == ([f"READ_FIRST=-include {header}"] if told else [])
