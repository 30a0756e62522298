"""Setting up: setup.sh, run beside stand-ins that only write down how they were called, and the pinned versions."""

import os
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PINS = sorted((ROOT / "constraints").glob("*.txt"))
PIN = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([0-9][0-9a-z.]*)")

SYSTEM = ["cat", "cksum", "cp", "date", "dirname", "mkdir", "rm", "sh", "tr"]
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    "-c "*) echo "{version} {lacking} {itself}" ;;
    "-m venv .venv") echo "venv {version}" >>calls; mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/pip ;;
    "-m pip "*)
        echo "pip${{PYTHONDONTWRITEBYTECODE:+ without bytecode}} $PIP_CONSTRAINT $PIP_BUILD_CONSTRAINT $*" >>calls
        [ ! -f interrupted ] || kill -9 0
        [ ! -f no-network ]
        ;;
esac
"""
FAKE_UV = """#!/bin/sh
case "$*" in
    --version) ;;
    "venv "*) echo "uv venv" >>calls; mkdir -p .venv/bin; cp "$4" .venv/bin/python ;;
    *) echo "uv $*" >>calls ;;
esac
"""


class Machine:
    """A machine of stand-ins: a clone, and a PATH that holds only what a test puts there."""

    def __init__(self, folder):
        self.clone, self.path = folder / "my clone", folder / "bin"
        self.path.mkdir()
        shutil.copytree(ROOT / "constraints", self.clone / "constraints")
        for name in ("setup.sh", "pyproject.toml"):
            shutil.copy(ROOT / name, self.clone)
        for name in SYSTEM:
            (self.path / name).symlink_to(shutil.which(name))
        for name in ("git", "g++", "perl"):
            self.add(name, "#!/bin/sh\n")

    def add(self, name, script):
        (self.path / name).write_text(script)
        (self.path / name).chmod(0o755)

    def add_python(self, name, version, lacking="-"):
        self.add(name, FAKE_PYTHON.format(version=version, lacking=lacking, itself=self.path / name))

    def remove(self, *names):
        for name in names:
            (self.path / name).unlink()

    def setup(self, *arguments):
        environment = {"PATH": str(self.path), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [self.path / "sh", "setup.sh", *arguments]
        return subprocess.run(
            command, cwd=self.clone, env=environment, capture_output=True, text=True, timeout=60, start_new_session=True
        )

    def calls(self):
        """What was called since this was last asked."""
        calls = self.clone / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        calls.unlink(missing_ok=True)
        return lines

    def stamps(self):
        return sorted(path.name for path in (self.clone / ".venv").glob("stamp-*"))


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.add_python("python3", "3.12.4")
    return machine


class TestMissingTools:
    def test_nothing_missing(self, machine):
        """Where all is there, the check says nothing."""
        done = machine.setup("check")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_compiler_and_perl(self, machine):
        """All missing tools are named at once, each with how to get it, and nothing is installed."""
        machine.remove("g++", "perl")
        done = machine.setup("run")
        assert done.returncode == 1
        assert done.stderr == (
            "spikebridge cannot be set up here, and nothing was installed. Missing:\n"
            "  g++\n"
            "      sudo apt install g++  |  sudo dnf install gcc-c++  |  xcode-select --install\n"
            "  perl\n"
            "      sudo apt install perl  |  sudo dnf install perl  |  brew install perl\n"
        )
        assert machine.calls() == []
        assert not (machine.clone / ".venv").exists()

    def test_git(self, machine):
        """A tool that is on PATH but does not run, like Apple's stand-ins, counts as missing."""
        machine.add("git", "#!/bin/sh\nexit 1\n")
        done = machine.setup("check")
        assert done.returncode == 1
        assert "  git\n      sudo apt install git  |  sudo dnf install git  |  brew install git\n" in done.stderr

    def test_venv_module(self, machine):
        """Debian ships venv apart from Python; with uv it is not needed."""
        machine.add_python("python3", "3.12.4", lacking="venv")
        done = machine.setup("check")
        assert done.returncode == 1
        assert done.stderr == (
            "spikebridge cannot be set up here, and nothing was installed. Missing:\n"
            "  the venv module of Python 3.12\n"
            "      sudo apt install python3.12-venv  |  sudo dnf install python3.12  |  brew install python@3.12\n"
        )
        machine.add("uv", FAKE_UV)
        assert machine.setup("check").returncode == 0

    def test_headers(self, machine):
        """Without Python's headers Brian2 still runs, so that is a note."""
        machine.add_python("python3", "3.12.4", lacking="headers")
        done = machine.setup("check")
        assert (done.returncode, done.stdout) == (
            0,
            "Note: Python.h is missing, so Brian2 will run uncompiled, more slowly. To get it:\n"
            "      sudo apt install python3.12-dev  |  sudo dnf install python3.12-devel\n",
        )


class TestPython:
    def test_too_old(self, machine):
        """A Python that does not suit is named beside the ones that would."""
        machine.add_python("python3", "3.10.13")
        done = machine.setup("check")
        assert done.returncode == 1
        assert done.stderr == (
            "spikebridge cannot be set up here, and nothing was installed. Missing:\n"
            "  Python 3.11, 3.12 or 3.13 (found: python3 is 3.10.13)\n"
            "      sudo apt install python3.13-venv (or 3.12, 3.11)  |  sudo dnf install python3.13 (or 3.12, 3.11)"
            "  |  brew install python@3.13\n"
            "      One that is not on PATH can be named: make compare PYTHON=/path/to/python3.13\n"
        )

    @pytest.mark.parametrize("version", ["2.7.18", "3.10.13", "3.14.0", "3.110.0", "PyPy-3.11.2"])
    def test_refused(self, machine, version):
        """Versions on either side of the supported ones are refused."""
        machine.add_python("python3", version)
        assert f"(found: python3 is {version})" in machine.setup("check").stderr

    def test_none(self, machine):
        """No Python at all is said as such."""
        machine.remove("python3")
        assert "(found: none)" in machine.setup("check").stderr

    def test_next_best(self, machine):
        """Where python3 does not suit, the newest that does is taken."""
        machine.add_python("python3", "3.14.0")
        machine.add_python("python3.11", "3.11.9")
        machine.add_python("python3.12", "3.12.8")
        assert "with Python 3.12.8, pip" in machine.setup("run").stdout

    def test_named(self, machine):
        """The Python named is taken, and no other in its place."""
        machine.add_python("python3.11", "3.11.9")
        assert "with Python 3.11.9, pip" in machine.setup("run", "python3.11").stdout
        machine.add_python("python3.9", "3.9.18")
        assert "(found: python3.9 is 3.9.18)" in machine.setup("run", "python3.9").stderr
        assert "(found: python3.7 does not run)" in machine.setup("run", "python3.7").stderr


class TestSetUp:
    def test_with_pip(self, machine):
        """Without uv, the venv module and pip do the work, and bytecode is asked for."""
        done = machine.setup("run")
        assert done.returncode == 0
        assert re.fullmatch(
            r"Setting up \.venv with Python 3\.12\.4, pip and the versions in constraints/py312\.txt \.\.\.\n"
            r"Set up in \d+ s\.\n",
            done.stdout,
        )
        venv, pip = machine.calls()
        assert venv == "venv 3.12.4"
        assert pip.startswith("pip constraints/py312.txt constraints/py312.txt -m pip install ")
        assert " --compile " in pip
        assert pip.endswith(" --editable .")

    def test_with_uv(self, machine):
        """Where uv is on PATH it does the work, with the same pins, and bytecode is asked for."""
        machine.add("uv", FAKE_UV)
        assert machine.setup("dev").returncode == 0
        venv, install = machine.calls()
        assert venv == "uv venv"
        assert "--compile-bytecode --constraints constraints/py312.txt --build-constraints constraints/py312.txt" in install
        assert install.endswith("--editable .[dev]")

    @pytest.mark.parametrize("uv", [True, False], ids=["uv", "pip"])
    @pytest.mark.parametrize("kinds", [("run", "run"), ("dev", "dev"), ("dev", "run")], ids="-then-".join)
    def test_second_time(self, machine, kinds, uv):
        """A second set-up installs nothing and says nothing; one with the development tools serves both."""
        if uv:
            machine.add("uv", FAKE_UV)
        first, second = kinds
        assert machine.setup(first).returncode == 0
        assert machine.calls()
        done = machine.setup(second)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert machine.calls() == []

    def test_development_tools_are_added(self, machine):
        """The development tools are added to a finished set-up without them."""
        machine.setup("run")
        machine.calls()
        assert machine.setup("dev").returncode == 0
        (install,) = machine.calls()
        assert install.endswith("--editable .[dev]")
        assert machine.stamps() == ["stamp-dev", "stamp-run"]

    @pytest.mark.parametrize("file", ["pyproject.toml", "constraints/py312.txt"])
    def test_changed_file(self, machine, file):
        """A change of what the set-up was made from has it made anew; a change for another Python does not."""
        machine.setup("run")
        machine.calls()
        for name, calls in (("constraints/py311.txt", 0), (file, 2)):
            with (machine.clone / name).open("a") as changed:
                changed.write("# changed\n")
            assert machine.setup("run").returncode == 0
            assert len(machine.calls()) == calls

    def test_moved(self, machine):
        """A clone that was moved or copied does not run the code of the old place."""
        machine.setup("run")
        machine.calls()
        machine.clone = machine.clone.rename(machine.clone.with_name("elsewhere"))
        assert "Setting up" in machine.setup("run").stdout
        assert len(machine.calls()) == 2

    def test_other_python(self, machine):
        """Naming another Python makes .venv anew; naming none keeps the one it has."""
        machine.add_python("python3.11", "3.11.9")
        machine.setup("run")
        assert "with Python 3.11.9" in machine.setup("run", "python3.11").stdout
        assert machine.setup("run").stdout == ""
        assert machine.setup("run", "python3.11").stdout == ""
        assert machine.calls()[2] == "venv 3.11.9"
        (machine.clone / "pyproject.toml").write_text("# changed\n")
        assert "with Python 3.11.9" in machine.setup("run").stdout

    def test_failure(self, machine):
        """A set-up that fails leaves no .venv behind, and the next one starts anew."""
        (machine.clone / "no-network").touch()
        done = machine.setup("run")
        assert done.returncode == 1
        assert done.stderr.endswith("pip could not set up .venv: see above. A set-up needs the network.\n")
        assert not (machine.clone / ".venv").exists()
        (machine.clone / "no-network").unlink()
        assert machine.setup("run").returncode == 0

    def test_failure_of_uv(self, machine):
        """Where uv fails, say for want of a mirror that only pip knows, pip is tried."""
        machine.add("uv", "#!/bin/sh\n[ $1 = --version ]\n")
        done = machine.setup("run")
        assert done.returncode == 0
        assert "uv could not set up .venv" in done.stderr
        assert machine.calls()[0] == "venv 3.12.4"

    @pytest.mark.parametrize("before", [[], ["run"]], ids=["at first", "adding the development tools"])
    def test_interruption(self, machine, before):
        """What an interrupted set-up left is not taken for a finished one, and is made anew."""
        for kind in before:
            machine.setup(kind)
        (machine.clone / "interrupted").touch()
        assert machine.setup("dev").returncode == -signal.SIGKILL
        assert (machine.clone / ".venv").exists()
        assert machine.stamps() == []
        (machine.clone / "interrupted").unlink()
        machine.calls()
        assert machine.setup("run").returncode == 0
        assert machine.calls()[0] == "venv 3.12.4"


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
class TestMake:
    def make(self, *arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        done = subprocess.run(["make", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    def test_help(self):
        """`make` alone lists every target."""
        targets = re.search(r"^\.PHONY: help (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
        assert sorted(re.findall(r"^make ([\w-]+) ", self.make(), re.MULTILINE)) == sorted(targets)

    def test_compare(self):
        """`make compare` sets up and compares, with the Python and the arguments given."""
        assert self.make("--dry-run", "compare", "PYTHON=python3.12", "ARGS=--dt 0.01") == (
            'sh setup.sh run "python3.12"\n.venv/bin/spikebridge compare hodgkin_huxley --dt 0.01\n'
        )

    def test_test(self):
        """`make test` sets up with the development tools and runs pytest on all cores."""
        assert self.make("--dry-run", "test", "ARGS=-k units") == (
            'sh setup.sh dev ""\n.venv/bin/python -m pytest -n auto --dist loadgroup -k units\n'
        )

    def test_frozen(self):
        """`make frozen-update` hands over the reason as it is written, and the parts as words."""
        assert self.make("--dry-run", "frozen-update", 'WHY=it\'s "so"', "PART=adex claims") == (
            'sh setup.sh dev ""\n.venv/bin/python -m tests.frozen.frozen --update="$WHY" adex claims\n'
        )


def pins(path):
    lines = (line for line in path.read_text().splitlines() if not line.startswith("#"))
    return dict(PIN.fullmatch(line).groups() for line in lines)


def requirements(path):
    """What pyproject.toml asks for on the Python of this file: to build, to run and to develop."""
    python = f"3.{path.stem.removeprefix('py3')}"
    project = PROJECT["project"]
    texts = PROJECT["build-system"]["requires"] + project["dependencies"] + project["optional-dependencies"]["dev"]
    asked = [Requirement(text) for text in texts]
    return [r for r in asked if r.marker is None or r.marker.evaluate({"python_version": python})]


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.stem)
class TestPins:
    def test_lines(self, path):
        """Only names and exact versions, sorted, each name once: no address, no hash."""
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        assert [line for line in lines if not PIN.fullmatch(line)] == []
        names = [line.partition("==")[0] for line in lines]
        assert names == sorted(set(names))
        assert "://" not in path.read_text()

    def test_bounds(self, path):
        """Every package that pyproject.toml asks for is pinned, within the bounds given there."""
        pinned = pins(path)
        asked = requirements(path)
        assert [r.name for r in asked if canonicalize_name(r.name) not in pinned] == []
        assert [str(r) for r in asked if not r.specifier.contains(pinned[canonicalize_name(r.name)])] == []


def test_pins_for_every_python():
    """There is one file for each Python that pyproject.toml admits, and setup.sh takes the same Pythons."""
    admitted = SpecifierSet(PROJECT["project"]["requires-python"])
    minors = [minor for minor in range(30) if f"3.{minor}.1" in admitted]
    assert [path.name for path in PINS] == [f"py3{minor}.txt" for minor in minors]
    assert " | ".join(f"3.{minor}.*" for minor in minors) + ")" in (ROOT / "setup.sh").read_text()
