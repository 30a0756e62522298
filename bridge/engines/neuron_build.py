"""NEURON mechanisms in the worker process: built once by content, as many at a time as there are processors, loaded once by name.

A mechanism is built by the rules of NEURON's own makefile, under its flags: nocmodl, compiler, linker. nrnivmodl takes the
same steps and as much time again to compile a list of mechanisms and to link a program that nobody starts.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from spikebridge.bridge.engines.cache import VARIABLE, built, compiler_identity, content_key, find_built
from spikebridge.bridge.engines.stages import stage
from spikebridge.bridge.errors import NotRun, Spent

# what nrnivmodl writes for the makefile, which includes it; up to NEURON 8.2 nocmodl writes C, and COMPILE compiles it
_RULES = """\
written := {name}.$(if $(COMPILE),c,cpp)
$(written): {name}.mod
	MODLUNIT=$(NRNUNITS) $(NOCMODL) {name}.mod -o .
./{name}.o: $(written)
	$(or $(COMPILE),$(CXXCOMPILE)) $(INCLUDES) $(READ_FIRST) -fPIC -c $(written) -o $@
"""
# what every generated file reads first, which takes a quarter of its compilation; so many mechanisms at once are worth its own
_HEADER = "mechanism.hpp"
_HEADER_RULE = """\
mechanism.hpp.gch: mechanism.hpp
	$(CXXCOMPILE) $(INCLUDES) -fPIC -x c++-header mechanism.hpp -o $@
"""
_MANY = 8
_REGISTRATION = """\
extern "C" void _{name}_reg(void);
extern "C" void modl_reg() {{ _{name}_reg(); }}
"""
_SAFE = re.compile(r"[\w./+-]+")  # a path that neither make nor a shell reads otherwise
# where a folder of its own is made when the cache has no plain path
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108
_TELLING = re.compile(r"error\b|Assertion|Illegal|not found|No such file", re.IGNORECASE)
_STOPPED = re.compile(r"\*\*\* \[(?:[^\]]*: )?([^\]]*)\]")  # make names the target that it could not make


@dataclass(frozen=True)
class Mechanism:
    """A mod file by its text, which registers under its suffix."""

    text: str
    suffix: str

    @property
    def key(self) -> str:
        """Equal for equal results of a build."""
        return content_key([self.text, *_toolchain()])


class Mechanisms:
    """What this process has begun to build, and what it has loaded."""

    def __init__(self) -> None:
        home()  # asked of NEURON here, where no other thread runs it
        self._builders = ThreadPoolExecutor(max_workers=os.cpu_count())
        self._builds: dict[str, Future[tuple[Path, bool]]] = {}
        self._loaded: dict[str, str] = {}  # key of each suffix

    def begin(self, mechanisms: Iterable[Mechanism]) -> None:
        """Start to build what is neither in the cache nor begun; returns at once."""
        new = {mechanism.key: mechanism for mechanism in mechanisms if mechanism.key not in self._builds}
        if sum(find_built("neuron", key) is None for key in new) >= _MANY:
            self._builders.submit(_precompile)
        for key, mechanism in new.items():
            self._builds[key] = self._builders.submit(_have, mechanism)

    def load(self, mechanism: Mechanism) -> list[str]:
        """Have the mechanism in this process, when it is built; returns its key where it was built now and for this.

        Raises
        ------
        NotRun : it cannot be built
        Spent : this process has another mechanism of that name
        """
        key, suffix = mechanism.key, mechanism.suffix
        if self._loaded.get(suffix, key) != key:
            # NEURON keeps a name for as long as it lives. What is half built would be lost with this process
            self._builders.shutdown(cancel_futures=True)
            raise Spent(suffix)
        if suffix in self._loaded:
            return []
        self.begin([mechanism])
        if not self._builds[key].done():
            stage("neuron", f"building mechanism {suffix}")
        library, fresh = self._builds[key].result()
        from neuron import h

        h.nrn_load_dll(str(plain_path(library)))
        self._loaded[suffix] = key
        return [key] if fresh else []


def _have(mechanism: Mechanism) -> tuple[Path, bool]:
    """The mechanism's library, and whether it had to be built."""
    fresh = []

    def build(folder: Path) -> None:
        fresh.append(folder)
        build_mechanism(mechanism.text, mechanism.suffix, folder)

    return built("neuron", mechanism.key, build) / "libnrnmech.so", bool(fresh)


def _header_key() -> str:
    return content_key([_HEADER, *_toolchain()])


def _precompile() -> None:
    """Have the compiler read once what all mechanisms share; where it cannot, each build reads it, as it would without."""
    if int(version("neuron").partition(".")[0]) < 9:
        return  # nocmodl writes C there

    def build(folder: Path) -> None:
        (folder / _HEADER).write_text('#include "mech_api.h"\n')
        (folder / "makemod2c_inc").write_text(_HEADER_RULE)
        subprocess.run(_make(f"{_HEADER}.gch"), cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, env=environment())

    with suppress(NotRun):
        built("neuron", _header_key(), build)


def _header() -> list[str]:
    """Arguments of make for the header that has been compiled, if it has; the compiler leaves one aside that does not fit."""
    header = find_built("neuron", _header_key())
    return [f"READ_FIRST=-include {header / _HEADER}"] if header and _SAFE.fullmatch(str(header)) else []


def _make(*arguments: str) -> list[str]:
    """A command of NEURON's own makefile."""
    return ["make", "-f", f"{home()}/bin/nrnmech_makefile", f"ROOT={home()}", *arguments]


def build_mechanism(text: str, suffix: str, folder: Path) -> None:
    """Compile a mod file into ``folder/libnrnmech.so``; NotRun names the missing tool, or who failed and in which words."""
    for tool in ("make", _compilers()["CXX"].split()[0]):
        if shutil.which(tool) is None:
            raise NotRun(f"a mechanism for NEURON is built with {tool}; install it, on Debian with: apt install {tool}")
    with workplace(folder) as work:
        for file, content in ((f"{suffix}.mod", text), ("makemod2c_inc", _RULES), ("mod_func.cpp", _REGISTRATION)):
            (work / file).write_text(content if content is text else content.format(name=suffix))
        make = _make(f"MODOBJFILES=./{suffix}.o", *_header(), "mech_lib_shared")
        done = subprocess.run(make, cwd=work, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment())
        libraries = [*work.glob("libnrnmech.so"), *work.glob("libnrnmech.dylib")]
        if done.returncode or not libraries:
            raise NotRun(_complaint(done.stdout + done.stderr))
        shutil.copy(libraries[0], folder / "libnrnmech.so")
        shutil.copy(work / f"{suffix}.mod", folder)


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A new folder to build in, gone afterwards: inside another, or elsewhere where that has no plain path; NotRun where there is none."""
    with tempfile.TemporaryDirectory(prefix="build-", dir=_plain(folder), ignore_cleanup_errors=True) as place:
        yield Path(place)


def _plain(folder: Path) -> str:
    """That folder, or one for temporary files: make, shells and strings in generated code read some paths otherwise."""
    parents = [str(folder), tempfile.gettempdir(), *_TEMPORARY]
    plain = next((parent for parent in parents if _SAFE.fullmatch(parent) and os.access(parent, os.W_OK)), None)
    if plain is None:
        raise NotRun(f"compilers cannot take the path {folder}; set {VARIABLE} to a folder of letters, digits, _, -, + and .")
    return plain


def plain_path(library: Path) -> Path:
    """A path under which NEURON, which reads some characters otherwise, finds that library; until this process ends."""
    if _SAFE.fullmatch(str(library)):
        return library
    link = Path(tempfile.mkdtemp(prefix="link-", dir=_plain(library.parent))) / library.name
    link.symlink_to(library)
    return link


@cache
def home() -> Path:
    """Where NEURON has its programs and makefile."""
    from neuron import h

    return Path(h.neuronhome()).resolve().parents[1]


def environment() -> dict[str, str]:
    """Without the flags of a make that may have started us; messages in the words that ``_complaint`` knows."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return {**inherited, **_compilers(), "LC_ALL": "C"}


@cache
def _toolchain() -> list[str]:
    """What else decides on the result of a build."""
    compilers = _compilers()
    identities = [compiler_identity(command.split()[0]) for command in compilers.values()]
    # a library is linked to NEURON's own, where this environment has it
    return [version("neuron"), str(home()), sys.version, platform.platform(), *compilers.values(), *identities]


@cache
def _compilers() -> dict[str, str]:
    """CXX and CC as they are set, or as this Python was built, where that is here: NEURON's makefile has those of another machine."""
    known = {"CXX": ("g++", "c++", "clang++"), "CC": ("gcc", "cc", "clang")}
    configured = {name: (sysconfig.get_config_var(name) or "").split()[:1] for name in known}
    return {
        name: os.environ.get(name) or next(filter(shutil.which, [*configured[name], *others]), others[0])
        for name, others in known.items()
    }


def _complaint(output: str) -> str:
    """Who failed, and the line of its output that says most."""
    stopped = _STOPPED.search(output)
    target = stopped.group(1) if stopped else ""
    endings = {".cpp": "nocmodl", ".c": "nocmodl", ".o": "the compiler", "mech_lib_shared": "the linker"}
    who = next((name for ending, name in endings.items() if target.endswith(ending)), "make")
    lines = [" ".join(line.split()) for line in output.splitlines() if line.strip()]
    telling = next((k for k, line in enumerate(lines) if _TELLING.search(line)), 0)
    # nocmodl announces an error and says in the next line which
    words = " ".join(lines[telling : telling + 2 if lines[telling].endswith(":") else telling + 1]) if lines else "no output"
    return f"a mechanism for NEURON cannot be built, {who} failed: {words[:300]}"
