#!/bin/sh
# Sets up .venv with spikebridge (editable) and the package versions pinned in constraints/. The Makefile calls it:
#
#   sh setup.sh run [PYTHON]           what spikebridge needs to run
#   sh setup.sh dev [PYTHON]           the same, and the development tools
#   sh setup.sh check [PYTHON]         only look: does this machine have what a set-up needs?
#   sh setup.sh constraints [PYTHON]   pin the newest versions that pyproject.toml admits
#
# A stamp in .venv, written last, says what the set-up was made from; while that still holds there is nothing to do.
set -eu
cd "$(dirname "$0")"
root=$(pwd -P)
trap 'exit 130' INT TERM

# Prints version, what is lacking (or -), and the interpreter itself even when asked inside a virtual environment.
probe='
import os, sys, sysconfig
lacking = []
try:
    import ensurepip, venv
except ImportError:
    lacking.append("venv")
if not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
    lacking.append("headers")
version = ("PyPy-" if "PyPy" in sys.version else "") + "%d.%d.%d" % sys.version_info[:3]
print(" ".join([version, "+".join(lacking) or "-", getattr(sys, "_base_executable", sys.executable)]))
'

ask() { # sets version, lacking and interpreter to what the Python $1 says of itself
    answer=$("$1" -c "$probe" 2>/dev/null) || return 1
    read -r version lacking interpreter <<END
$answer
END
}

choose_python() { # the Python named, else the first that suits; found says what did not suit
    found=''
    if [ -n "$1" ]; then set -- "$1"; else set -- .venv/bin/python python3 python3.13 python3.12 python3.11; fi
    for candidate; do
        if ask "$candidate"; then
            case $version in
                3.11.* | 3.12.* | 3.13.*) return 0 ;;
            esac
            found="$found${found:+, }$candidate is $version"
        elif [ $# -eq 1 ]; then
            found="$candidate does not run"
        fi
    done
    return 1
}

minor() { # 3.12.4 -> 3.12
    echo "${1%.*}"
}

pins() { # 3.12.4 -> constraints/py312.txt
    echo "constraints/py$(minor "$1" | tr -d .).txt"
}

has_uv() {
    uv --version >/dev/null 2>&1
}

lack() { # notes that $1 is missing; $2, $3, $4: how apt, dnf and macOS get it
    missing="$missing
  $1
      sudo apt install $2  |  sudo dnf install $3  |  $4"
}

check() { # stops, before anything is installed, unless all that a set-up needs is here
    missing=''
    if ! choose_python "$1"; then
        lack "Python 3.11, 3.12 or 3.13 (found: ${found:-none})" \
            'python3.13-venv (or 3.12, 3.11)' 'python3.13 (or 3.12, 3.11)' 'brew install python@3.13'
        missing="$missing
      One that is not on PATH can be named: make compare PYTHON=/path/to/python3.13"
    elif [ "${lacking#venv}" != "$lacking" ] && ! has_uv; then
        python=$(minor "$version")
        lack "the venv module of Python $python" "python$python-venv" "python$python" "brew install python@$python"
    fi
    git --version >/dev/null 2>&1 || lack git git git 'brew install git'
    g++ --version >/dev/null 2>&1 || lack g++ g++ gcc-c++ 'xcode-select --install'
    perl --version >/dev/null 2>&1 || lack perl perl perl 'brew install perl'
    if [ -n "$missing" ]; then
        echo "spikebridge cannot be set up here, and nothing was installed. Missing:$missing" >&2
        exit 1
    fi
    if [ "${lacking%headers}" != "$lacking" ]; then
        echo "Note: Python.h is missing, so Brian2 will run uncompiled, more slowly. To get it:"
        echo "      sudo apt install python$(minor "$version")-dev  |  sudo dnf install python$(minor "$version")-devel"
    fi
}

description() { # what a set-up with Python $1 is made from
    echo "tree $root"
    echo "python $1"
    cksum pyproject.toml "$(pins "$1")"
}

is_set_up() { # is .venv a finished set-up of kind $1, of this tree, of these pins, of the Python $2 if one is named?
    [ -f ".venv/stamp-$1" ] && ask .venv/bin/python || return 1
    have=$version
    if [ -n "$2" ]; then
        ask "$2" && [ "$version" = "$have" ] || return 1
    fi
    [ "$(cat ".venv/stamp-$1")" = "$(description "$have" 2>/dev/null)" ]
}

install_with_uv() {
    [ -d .venv ] || uv venv --quiet --python "$interpreter" .venv &&
        uv pip install --quiet --python .venv/bin/python --compile-bytecode \
            --constraints "$pinned" --build-constraints "$pinned" --editable "$package"
}

install_with_pip() { # pins given as variables hold for what pip builds the package with, too: the first for older pips
    [ -d .venv ] || "$interpreter" -m venv .venv &&
        PIP_CONSTRAINT=$pinned PIP_BUILD_CONSTRAINT=$pinned .venv/bin/python -m pip install --quiet --compile --no-input \
            --disable-pip-version-check --editable "$package"
}

install_with() { # uv or pip; says nothing unless it fails
    echo "Setting up .venv with Python $version, $1 and the versions in $pinned ..."
    output=$("install_with_$1" 2>&1 </dev/null) && return 0
    printf '%s\n%s\n' "$output" "$1 could not set up .venv: see above. A set-up needs the network." >&2
    rm -rf .venv
    return 1
}

set_up() { # $1: run or dev, $2: the Python named, if any
    is_set_up "$1" "$2" && return 0
    # A finished set-up without the development tools is added to, anything else is made anew.
    if is_set_up run "$2" && { has_uv || [ -x .venv/bin/pip ]; }; then remake=''; else remake=.venv; fi
    check "$2"
    pinned=$(pins "$version")
    if [ "$1" = dev ]; then package='.[dev]'; else package=.; fi
    # Without bytecode `import brian2` takes four times as long.
    unset PYTHONDONTWRITEBYTECODE
    start=$(date +%s)
    rm -rf .venv/stamp-* ${remake}
    { has_uv && install_with uv; } || install_with pip || exit 1
    for kind in run $1; do description "$version" >".venv/stamp-$kind"; done
    echo "Set up in $(($(date +%s) - start)) s."
}

renew_constraints() ( # $1: the Python named, if any
    check "$1"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$interpreter" -m venv "$work/venv"
    # hatchling and editables are what pip builds an editable install with.
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --dry-run --ignore-installed --report "$work/report.json" --editable '.[dev]' hatchling editables
    "$interpreter" - "$work/report.json" "$(minor "$version")" >"$work/pins" <<'END'
import json, re, sys

report, python = json.load(open(sys.argv[1])), sys.argv[2]
pins = {re.sub("[-_.]+", "-", m["name"]).lower(): m["version"] for m in (item["metadata"] for item in report["install"])}
del pins["spikebridge"]
print(f"# The versions that spikebridge is installed with on Python {python}: its dependencies, its development tools and")
print("# what it is built with. Made by pip, which took the newest versions that pyproject.toml admits. To renew:")
print(f"#     make constraints PYTHON=python{python} && make test PYTHON=python{python}")
print(*(f"{name}=={version}" for name, version in sorted(pins.items())), sep="\n")
END
    cp "$work/pins" "$(pins "$version")"
    echo "Wrote $(pins "$version")."
)

case ${1:-} in
    run | dev) set_up "$1" "${2:-}" ;;
    check) check "${2:-}" ;;
    constraints) renew_constraints "${2:-}" ;;
    *) echo "usage: sh setup.sh run|dev|check|constraints [PYTHON]" >&2 && exit 2 ;;
esac
