# `make compare` sets up everything that is needed and compares. The work of setting up is done by setup.sh.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help compare test agreement random fuzz faults gallery frozen frozen-update docs numerics names corpus lint setup constraints clean

# NEURON's nrnivmodl calls make itself: keep the flags and variables of this make from it.
MAKEOVERRIDES :=
unexport MAKEFLAGS MFLAGS PYTHON ARGS

PYTHON ?=
ARGS ?=
COUNT ?= 1000
SEED ?= 0
PART ?=
FOLDERS ?=
WHY ?=

help:
	@echo 'make compare      set up, then compare the engines on the Hodgkin-Huxley neuron'
	@echo 'make test         set up with the development tools, then run the tests'
	@echo 'make agreement    the full product of models, engines and schemes, for a nightly run; the tests take a part of it'
	@echo 'make random       random definitions on every engine, COUNT=1000 of them, about three seconds each'
	@echo 'make fuzz         hostile files and command lines, COUNT=1000 of them: refused in a line or accepted, never a crash'
	@echo 'make faults       kills, damaged caches, full disks, missing tools, COUNT=100 of them: nothing is left, the next run is right'
	@echo 'make gallery      all textbook figures, their claims held against every engine, in docs/_build/gallery'
	@echo 'make frozen       are all results what they were? PART="adex schemes": only of these models, figures or kinds'
	@echo 'make frozen-update WHY="..."   write what is found now, with the reason; PART as above'
	@echo 'make docs         the site, in docs/_build/html; with the gallery where that has been made'
	@echo 'make numerics     measure the tables of the site again'
	@echo 'make names        ask the installed programs again which names they reserve'
	@echo 'make corpus       fetch the .mod files of three packages, import them, and count what runs and agrees; FOLDERS="..." adds more'
	@echo 'make lint         ruff and mypy'
	@echo 'make setup        only set up .venv, with the development tools'
	@echo 'make constraints  pin the newest versions that pyproject.toml admits'
	@echo 'make clean        remove .venv and what tests and tools leave behind'
	@echo
	@echo 'ARGS="..."        more arguments for spikebridge compare or pytest, as in: make test ARGS="-k units"'
	@echo 'PYTHON=...        the Python to set up with (3.11, 3.12 or 3.13), as in: make compare PYTHON=python3.12'

compare:
	@sh setup.sh run "$(PYTHON)"
	@.venv/bin/spikebridge compare hodgkin_huxley $(ARGS)

test: setup
	@.venv/bin/python -m pytest -n auto --dist loadgroup $(ARGS)

agreement: setup
	@SPIKEBRIDGE_AGREEMENT=full .venv/bin/python -m pytest -n auto --dist loadgroup tests/agreement $(ARGS)

random: setup
	@SPIKEBRIDGE_RANDOM="$(COUNT)" .venv/bin/python -m pytest -s tests/agreement/test_random_definitions.py $(ARGS)

fuzz: setup
	@.venv/bin/python -m tests.hostile.fuzz $(COUNT) --seed $(SEED)

# a case is a command or two, of seconds each: a tenth of what COUNT is for others
faults: COUNT := $(if $(filter command line,$(origin COUNT)),$(COUNT),100)
faults: setup
	@.venv/bin/python -m tests.hostile.faults $(COUNT) --seed $(SEED)

gallery: setup
	@.venv/bin/spikebridge figure --all --output docs/_build/gallery $(ARGS)

frozen: setup
	@.venv/bin/python -m tests.frozen.frozen $(PART)

frozen-update: export WHY := $(WHY)
frozen-update: setup
	@.venv/bin/python -m tests.frozen.frozen --update="$$WHY" $(PART)

docs: setup
	@.venv/bin/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo docs/_build/html/index.html

numerics: setup
	@.venv/bin/python benchmarks/measured_tables.py

names: setup
	@.venv/bin/python -m benchmarks.reserved_names

corpus: setup
	@.venv/bin/python -m pip download --quiet --no-deps --dest build/corpus bmtk netpyne dendrotweaks
	@for package in build/corpus/*.whl; do .venv/bin/python -m zipfile -e "$$package" "$${package%%-*}"; done
	@.venv/bin/python -m benchmarks.corpus build/corpus "$$(.venv/bin/python -c 'import importlib.util as u; print(u.find_spec("neuron").submodule_search_locations[0])')" $(FOLDERS)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

setup:
	@sh setup.sh dev "$(PYTHON)"

constraints:
	@sh setup.sh constraints "$(PYTHON)"

clean:
	rm -rf .venv docs/_build docs/_figures build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .mypy_cache .benchmarks
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name '*.obtained.*' -exec rm -f {} +
