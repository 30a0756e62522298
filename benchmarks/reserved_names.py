"""Which names mean something to whatever reads a translation: asked of the programs that are installed here, and written to
bridge/translate/reserved, one file a program.

make names
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import platform
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.translate.nmodl import Nmodl
from spikebridge.bridge.translate.nmodl_words import NMODL

FOLDER = Path(__file__).parents[1] / "bridge" / "translate" / "reserved"
_WORD = re.compile(r"(?<![\w.])[A-Za-z]\w*")
# between them the generated code has every part that a mechanism can have
_KINDS = ("hodgkin_huxley", "adex", "fitzhugh_nagumo", "tsodyks_markram", "rulkov", "leaky_integrate_and_fire")
# what the C++ of Brian2's standalone device, of Cython and of NEURON includes
_HEADERS = ("Python.h", "algorithm", "cfloat", "climits", "cmath", "complex", "cstdint", "ctime", "errno.h", "fstream", "iostream", "limits.h",
            "map", "math.h", "random", "set", "signal.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "sys/time.h", "unistd.h", "vector")  # fmt: skip


def python() -> set[str]:
    """Keywords, soft ones too, and builtins."""
    words = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    return {word for word in words if not word.startswith("_")}


def cython() -> set[str]:
    """What Cython does not take as a variable of a function, its types, and the words of the code that Brian2 writes around equations."""
    from Cython.Compiler import PyrexTypes, Scanning

    types = {word for _, _, name in PyrexTypes.modifiers_and_name_to_type for word in name.split()}
    keywords = {*Scanning.pyx_reserved_words, *Scanning.py_reserved_words}
    around = _templates("codegen/runtime/cython_rt/templates/{}.pyx")
    known = {*types, *keywords, *around}
    words = known | {word for word in python() | _EVER | {"NULL"} if not _cython_variable(word)}
    return {word for word in words if word.isidentifier() and not word.startswith("_")} - {"x"}  # an argument in a declaration


def _cython_variable(word: str) -> bool:
    from Cython.Compiler import Errors
    from Cython.Compiler.TreeFragment import parse_from_strings

    Errors.init_thread()
    try:
        tree = parse_from_strings("f", f"def f():\n    cdef double {word}\n    {word} = 2.0\n    return {word} + 1\n")
    except Errors.CompileError:
        return False
    return "NullNode" not in tree.dump()


def brian2() -> set[str]:
    """Functions, constants and units, the words of its templates of numpy and of C++ code, what it hands to them, and what a group or a
    monitor has beside its variables."""
    import brian2 as b2
    from brian2.core.functions import DEFAULT_CONSTANTS, DEFAULT_FUNCTIONS
    from brian2.core.namespace import DEFAULT_UNITS

    group = b2.NeuronGroup(1, "dx/dt = -x/second : 1", threshold="x > 1", reset="x = 0", refractory=1 * b2.ms, method="euler")
    monitors = b2.StateMonitor(group, "x", record=True), b2.SpikeMonitor(group)
    own = {name for each in (group, *monitors) for name in (*dir(each), *each.variables)} - {"x"}
    b2.Network(group, *monitors)  # or Brian2 warns that they were never in one
    templates = _templates("codegen/runtime/numpy_rt/templates/{}.py_") | _templates("devices/cpp_standalone/templates/{}.cpp")
    words = {*DEFAULT_FUNCTIONS, *DEFAULT_CONSTANTS, *DEFAULT_UNITS, *own, *templates, *_handed()}
    return {word for word in words if word.isidentifier() and not word.startswith("_")}


def _handed() -> set[str]:
    """What a template is called with: Brian2 adds a model's variables to it under their own names."""
    from brian2.codegen.templates import CodeObjectTemplate
    from brian2.devices.device import Device

    arguments = inspect.signature(CodeObjectTemplate.__call__).parameters, inspect.signature(Device.code_object).parameters
    keywords = re.findall(r"(\w+)=", inspect.getsource(Device.code_object))
    return {*arguments[0], *arguments[1], *keywords, "scalar_code", "vector_code"}


# of a group of neurons; others are about synapses
_TEMPLATES = ("common_group", "group_get_indices", "group_variable_get", "group_variable_set", "reset", "spikemonitor", "statemonitor", "stateupdate",
              "threshold")  # fmt: skip


def _templates(pattern: str) -> set[str]:
    """The words of Brian2's templates, those in instructions to the template engine too, that are neither in comments nor in strings."""
    import brian2

    found: set[str] = set()
    for path in (Path(brian2.__path__[0]) / pattern.format(name) for name in _TEMPLATES):
        text = re.sub(r"(?s)\{#.*?#\}", " ", path.read_text()) if path.exists() else ""
        quoted = r"(?s)'''.*?'''|\"\"\".*?\"\"\"|'[^'\n]*'|\"[^\"\n]*\"|//[^\n]*|/\*.*?\*/|#[^\n]*"
        # an integrator keeps the new value of x in _x, so that idx would overwrite _idx
        found |= {word.lstrip("_") for word in re.findall(r"(?<![\w.])[A-Za-z_]\w*", re.sub(quoted, " ", text))}
    return found


def cplusplus() -> set[str]:
    """Macros of the headers that generated code includes, and what the compiler does not take as a variable of a function."""
    return {*_macros(), *_refused()}


def _macros() -> set[str]:
    import sysconfig

    source = "".join(f"#include <{header}>\n" for header in _HEADERS)
    command = ["g++", "-x", "c++", "-std=c++17", "-dM", "-E", f"-I{sysconfig.get_path('include')}", "-"]
    said = subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"(?m)^#define ([A-Za-z]\w*)", said))


def _refused() -> set[str]:
    """Of all words that C and C++ ever reserved, those that this compiler refuses."""
    words = sorted(_EVER)
    source = "".join(f"void f{k}() {{ double {word} = 1; (void){word}; }}\n" for k, word in enumerate(words))
    command = ["g++", "-x", "c++", "-std=c++20", "-fsyntax-only", "-fmax-errors=0", "-"]
    said = subprocess.run(command, input=source, capture_output=True, text=True).stderr
    return {words[int(line) - 1] for line in re.findall(r"<stdin>:(\d+):\d+: error", said)}


_EVER = frozenset(
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept const "
    "consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else "
    "enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator "
    "or or_eq private protected public register reinterpret_cast requires restrict return short signed sizeof static static_assert "
    "static_cast struct switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void "
    "volatile wchar_t while xor xor_eq".split()
)


def nmodl() -> set[str]:
    """Words that nocmodl does not take as a parameter or as a state, and the words of the C++ that it makes of mechanisms."""
    generated = _generated()
    return generated | {word for word in _said_by_nocmodl() | NMODL | cplusplus() if not _taken(word)}


def _program() -> Path:
    from spikebridge.bridge.engines.neuron_build import home

    return home() / "bin" / "nocmodl"


def _said_by_nocmodl() -> set[str]:
    """The words among the strings of the program: its keywords and the functions that it knows are there."""
    strings = re.findall(rb"(?<=\0)[A-Za-z][A-Za-z_0-9]*(?=\0)", _program().read_bytes())
    return {word.decode() for word in strings if 1 < len(word) < 25}


def _translated(text: str, name: str) -> str | None:
    """The C++ of a mod file; None where nocmodl refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.mod").write_text(text)
        done = subprocess.run([_program(), f"{name}.mod"], cwd=folder, capture_output=True)
        return None if done.returncode else (Path(folder) / f"{name}.cpp").read_text()


def _generated() -> set[str]:
    """The words of generated code, from where it gives the mechanism's own names a meaning."""
    found: set[str] = set()
    for kind in _KINDS:
        mechanism = Nmodl(replace(load(kind), name="mechanism"))
        text = _translated(mechanism.text, "mechanism")
        assert text is not None
        own = "|".join(map(re.escape, mechanism.identifiers.values()))
        code = re.sub(
            r'"(?:\\.|[^"\\\n])*"|//[^\n]*|(?s:/\*.*?\*/)', " ", text[re.search(rf"#define (?:{own}) ", text).start() :]
        )
        made_of_own = re.compile(rf"D?(?:{own})(?:0|_columnindex)?|mechanism.*|\w+_mechanism|\w+_columnindex")
        found |= {word for word in _WORD.findall(code) if not made_of_own.fullmatch(word)}
    return found


def _taken(word: str) -> bool:
    """Whether nocmodl takes a word as a parameter and as a state."""
    return all(_translated(_MECHANISM.format(parameter=p, state=s), "zq") is not None for p, s in ((word, "zs"), ("zp", word)))


_MECHANISM = """NEURON {{
    POINT_PROCESS zq
    RANGE {parameter}
}}
PARAMETER {{ {parameter} = 1 }}
STATE {{ {state} }}
INITIAL {{ {state} = 0 }}
BREAKPOINT {{ SOLVE states METHOD cnexp }}
DERIVATIVE states {{ {state}' = {parameter} - {state} }}
"""


def hoc() -> set[str]:
    """What the interpreter knows: a mechanism cannot be called so."""
    from neuron import h

    return {name for name in dir(h) if name.isidentifier() and not name.startswith("_")}


LISTS: dict[str, tuple[Callable[[], set[str]], str]] = {
    "python": (python, "Python"),
    "cython": (cython, "cython"),
    "cplusplus": (cplusplus, "g++"),
    "brian2": (brian2, "brian2"),
    "nmodl": (nmodl, "neuron"),
    "hoc": (hoc, "neuron"),
}


def read(name: str) -> set[str]:
    """The list as it was written."""
    return {line for line in (FOLDER / f"{name}.txt").read_text().splitlines() if not line.startswith("#")}


def current(name: str) -> bool:
    """Whether the list was written with the version of the program that is installed."""
    return f"Last with {_version(LISTS[name][1])}." in (FOLDER / f"{name}.txt").read_text()


def main() -> None:
    for name, (measure, program) in LISTS.items():
        how = " ".join((measure.__doc__ or "").split())
        head = f"# {how}\n# Measured by benchmarks/reserved_names.py; an older version's words stay. Last with {_version(program)}.\n"
        words = sorted(measure() | (read(name) if (FOLDER / f"{name}.txt").exists() else set()))
        (FOLDER / f"{name}.txt").write_text(head + "\n".join(words) + "\n")
        print(f"{name}: {len(words)} words")


def _version(program: str) -> str:
    if program == "g++":
        return subprocess.run(["g++", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return f"Python {platform.python_version()}" if program == "Python" else f"{program} {version(program)}"


if __name__ == "__main__":
    main()
