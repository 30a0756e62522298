"""What is wrong in a file, what is wrong in a call, and what they have in common."""

import pytest

from spikebridge.bridge.definition.experiment_file import load_experiment
from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.engines.base import find_scheme
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.errors import BridgeError, DefinitionError, InputError, NotRun, TranslationError, UsageError, did_you_mean
from spikebridge.reports.analyses.sweep import Vary
from spikebridge.reports.cli import main
from spikebridge.reports.commands.changes import ExperimentChanges
from spikebridge.reports.proof.comparison import compare

HH = "hodgkin_huxley"
CALLS = {
    "engine": lambda: find_engine("nest"),
    "scheme": lambda: find_scheme(find_engine("reference"), "rk5", load(HH)),
    "limit": lambda: Runner([], -1.0),
    "vary": lambda: Vary.parse("g_Na"),
    "set": lambda: ExperimentChanges(settings=["g_Na"]).made(HH),
    "taking part": lambda: compare(HH, ["reference"], {"neuron": "cvode"}),
}
FILES = {
    "model": lambda: load("hodgkin"),
    "experiment": lambda: load_experiment(HH, "no such regime"),
    "parameter": lambda: load(HH).with_parameters({"g_na": "1 mS/cm2"}),
    "duration": lambda: ExperimentChanges(duration="5 mV").made(HH),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_wrong_in_a_call_is_no_definition(call) -> None:
    """But bad input, as one is."""
    with pytest.raises(InputError) as error:
        call()
    assert type(error.value) is UsageError and "\n" not in str(error.value)


@pytest.mark.parametrize("call", FILES.values(), ids=FILES)
def test_what_is_wrong_in_a_definition_is_no_usage(call) -> None:
    """However it was given."""
    with pytest.raises(InputError) as error:
        call()
    assert type(error.value) is DefinitionError and "\n" not in str(error.value)


def test_all_have_one_base_and_only_input_can_be_bad() -> None:
    """Who catches what the bridge raises on purpose catches all of it; that an engine did not run is nobody's input."""
    assert all(issubclass(kind, BridgeError) for kind in (InputError, DefinitionError, UsageError, TranslationError, NotRun))
    assert not any(issubclass(kind, InputError) for kind in (TranslationError, NotRun))


@pytest.mark.parametrize(
    "arguments", [("run", HH, "--engine", "nest"), ("run", HH, "--engine", "reference", "--duration", "5 mV")]
)
def test_both_are_status_2(arguments, capsys) -> None:
    """And one line."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert end.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_a_hint_is_the_nearest_name_or_all() -> None:
    """Or nothing, where there is nothing."""
    assert did_you_mean("brian", ["brian2", "neuron"]) == " Did you mean 'brian2'?"
    assert did_you_mean("V", ["w", "v"]) == " Did you mean 'v'?"
    assert did_you_mean("x", ["b", "a"]) == " Known: a, b." and did_you_mean("x", []) == ""
