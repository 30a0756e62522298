"""NEURON's own NMODL parser, as a process of its own: source on standard input, the tree as JSON on standard output.

Run as a script, ``python -I -S nmodl_parser.py FOLDER``, where FOLDER holds the package ``neuron``. Only its parser is loaded, which
takes a tenth of a second; the simulator is not. Nothing of the source is executed: a VERBATIM block is text.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import types

SECONDS, BYTES = 10, 2_000_000_000  # of processor and memory that one file may take
_DEPTH = 2_000


def _parsed(source: str) -> dict[str, object]:
    """The compact tree, and that with KINETIC blocks as the differential equations they stand for."""
    from neuron.nmodl import _nmodl

    program = _nmodl.NmodlDriver().parse_string(source)
    trees: dict[str, object] = {"tree": json.loads(_nmodl.to_json(program, True))}
    if "KINETIC" in source:
        try:
            _nmodl.symtab.SymtabVisitor().visit_program(program)
            _nmodl.visitor.KineticBlockVisitor().visit_program(program)
            trees["kinetic"] = json.loads(_nmodl.to_json(program, True))
        except Exception as error:
            trees["no_kinetic"] = str(error)
    return trees


def _lone_parser(folder: str) -> None:
    """Make ``neuron.nmodl`` importable without ``neuron``, whose import starts the simulator."""
    os.environ["NMODLHOME"] = os.path.join(folder, "neuron", ".data", "share", "nrn")
    for name in ("neuron", "neuron.nmodl"):
        package = types.ModuleType(name)
        package.__path__ = [os.path.join(folder, *name.split("."))]
        sys.modules[name] = package


def _main() -> None:
    for kind, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_AS, BYTES), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the parser prints is no answer
    sys.setrecursionlimit(_DEPTH)
    _lone_parser(sys.argv[1])
    try:
        found = _parsed(sys.stdin.buffer.read().decode())
    except ImportError as error:
        found = {"missing": str(error)}
    except Exception as error:
        found = {"error": f"{error}" or type(error).__name__}
    with answer:
        json.dump(found, answer)


if __name__ == "__main__":
    _main()
