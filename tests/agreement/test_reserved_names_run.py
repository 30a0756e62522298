"""A model whose every name means something else to some target: translated, compiled and run everywhere."""

from __future__ import annotations

import pytest
from names_as_roles import ROLES, experiment_of, words_of
from under_test import FULL, PROVEN, SPINE

from benchmarks.reserved_names import LISTS
from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import parse_model
from spikebridge.reports.proof.comparison import compare
from spikebridge.reports.proof.verdict import Verdict

pytestmark = pytest.mark.xdist_group("trouble")

# words of Python, C, C++, NMODL, NEURON, Brian2 and of what they generate; a parameter called v beside a
# membrane potential that is not; m0 and Dm, which NMODL makes of a state m; a trailing underscore, and length
NASTY = '''name = "class"
title = 'x"; int y = system("false"); const char* z = " \\ ENDCOMMENT VERBATIM */ """ <script>'
source = "Érisir – “a source” of *odd* letters: ENDCOMMENT"
equations = """
dV/dt = (I_stim - g*m0*v*(V - E) - int*m*(V - double) - g*STATE*y*(V - E) - g*Node*refractory*(V - E))/area : mV
dm/dt = (lambda - m)/celsius           : 1
dy/dt = (is - y)/trailing_             : 1
dSTATE/dt = (y0 - STATE)/celsius       : 1
ddelta_t/dt = -delta_t/celsius         : 1
dtrace_pre/dt = -trace_pre/celsius     : 1
dint/dt = (while*g - int)/celsius      : mS/cm2
lambda = 1/(1 + exp(-(V + 40*mV)/(5*mV))) : 1
is = 1/(1 + exp((V + 60*mV)/(Dm*mV)))  : 1
refractory = delta_t*size_t            : 1
yield = lambda*is*{long}               : 1
dself/dt = (range - self)/celsius      : 1
downer/dt = (ELIF - owner)/celsius     : 1
didx/dt = (stdin - idx)/celsius        : 1
dj/dt = (IF - j)/celsius               : 1
ELIF = range*IF*if_*ELSE               : 1
stdin = NULL*errno*nullptr*namespace   : 1
I_stim : uA/cm2
"""
spike = "V > -45*mV"

[parameters]
g = "0.3 mS/cm2"
E = "-65 mV"
double = "20 mV"
area = "1 uF/cm2"
celsius = "3 ms"
v = "1.5"
range = "0.5"
IF = "0.6"
if_ = "0.7"
ELSE = "0.8"
NULL = "0.9"
errno = "1.1"
nullptr = "1.2"
namespace = "1.3"
m0 = "0.7"
y0 = "0.2"
Dm = "4"
trailing_ = "2 ms"
while = "0.5"
Node = "0.1"
size_t = "0.3"
{long} = "1"

[initial]
V = "E"
m = "lambda"
y = "is"
STATE = "0.1"
delta_t = "1"
trace_pre = "1"
int = "0 mS/cm2"
self = "0"
owner = "0.1"
idx = "0.2"
j = "0.3"

[experiment]
duration = "20 ms"
dt = "0.05 ms"
record = ["V", "yield", "is"]
[[experiment.stimulus]]
kind = "step"
amplitude = "5 uA/cm2"
start = "2 ms"
'''.replace("{long}", "long_" * 20)


def test_names_that_targets_reserve_are_translated_and_run(tmp_path) -> None:
    """On every engine, with every kind of scheme, to round-off; what is recorded keeps the model's own names."""
    path = tmp_path / "nasty.toml"
    path.write_text(NASTY)
    engines = dict.fromkeys((*PROVEN, *SPINE))
    comparison = compare(load_experiment(path), engines, {"neuron": "all"}, quick=True)
    for entry in comparison.entries:
        assert entry.recording is not None, f"{entry.key}: {entry.reason}"
        assert entry.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), f"{entry.key}: {entry.because}"
        assert set(entry.recording.values) == {
            "V", "m", "y", "STATE", "delta_t", "trace_pre", "int", "yield", "is", "self", "owner", "idx", "j"
        }  # fmt: skip
        assert len(entry.recording.spike_times_ms) == len(comparison.exact.spike_times_ms) == 1
        assert entry.translation is None or entry.translation.passed


if FULL:  # two builds a list and role

    @pytest.mark.parametrize("role", ROLES)
    @pytest.mark.parametrize("words", LISTS)
    def test_each_list_of_reserved_words_is_translated_and_run(words, role, workers) -> None:
        """Sixty words of it, all in one model, in each role that a name can have: to round-off on compiled code and on NEURON."""
        found = words_of(words)
        experiment = experiment_of(found[:: max(1, len(found) // 60)][:60], role)
        comparison = compare(experiment, ["brian2_cython", "neuron"], quick=True, runner=workers)
        for entry in comparison.entries:
            assert entry.translation is not None and entry.translation.passed, f"{entry.key}: {entry.because}"


@pytest.mark.parametrize("name", ["hh", "na_ion", "STATE", "v"])
def test_a_model_may_be_called_like_a_mechanism_of_neuron(name, workers) -> None:
    """Or like a module, a keyword, a variable: nothing that is there is overwritten."""
    text = (
        f'name = "{name}"\nequations = """\ndv/dt = (I_stim - g*(v - E))/C : mV\nI_stim : uA/cm2\n"""\n'
        '[parameters]\nC = "1 uF/cm2"\ng = "0.3 mS/cm2"\nE = "-65 mV"\n[initial]\nv = "-60 mV"\n'
    )
    comparison = compare(Experiment(parse_model(text, "x.toml"), (), "2 ms", "0.1 ms"), ["neuron"], quick=True, runner=workers)
    (entry,) = comparison.entries
    assert entry.verdict in (Verdict.AGREE, Verdict.DISCRETISATION), entry.because
    assert len(entry.recording.spike_times_ms) == 0
