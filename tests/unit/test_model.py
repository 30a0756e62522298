"""A model: names, analysis, numbers, and the changes a user may make."""

from __future__ import annotations

import pytest

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.definition.model_file import load, parse_model
from spikebridge.bridge.errors import DefinitionError
from spikebridge.bridge.expressions.quantity import MAX_VALUE, Parameter, read_quantity
from spikebridge.bridge.expressions.units import Unit

HH = load("hodgkin_huxley")
LIF = load("leaky_integrate_and_fire")


def model(equations: str, initial: str, parameters: str = "") -> Model:
    text = f'name = "m"\nequations = """\n{equations}\nI_stim : uA/cm2\n"""\n[parameters]\nC = "1 uF/cm2"\n{parameters}\n[initial]\n{initial}\n'
    return parse_model(text, "m.toml")


def refusal(change) -> str:
    with pytest.raises(DefinitionError) as error:
        change()
    return str(error.value)


def test_states_and_definitions_keep_the_order_of_the_file() -> None:
    """As the paper writes them."""
    assert HH.state_names == ("v", "m", "h", "n")
    assert list(HH.definitions)[:3] == ["I_Na", "I_K", "I_L"]


def test_definitions_are_ordered_by_need() -> None:
    """Each after those it mentions, whatever the order of the file."""
    found = model(
        "dv/dt = (I_stim - a)/C : mV\na = 2*b : uA/cm2\nb = c + d : uA/cm2\nc = 3*d : uA/cm2\nd = 1*uA/cm2 : uA/cm2", 'v = "0 mV"'
    )
    assert found.ordered_definitions == ("d", "c", "b", "a")


def test_the_voltage_is_the_state_that_a_current_drives() -> None:
    """Directly or through definitions; another state in mV is none."""
    found = model("dw/dt = -w/ms : mV\ndu/dt = drive/C : mV\ndrive = I_stim : uA/cm2", 'w = "0 mV"\nu = "0 mV"')
    assert found.voltage == "u"
    assert model("dw/dt = -w/ms : mV", 'w = "0 mV"').voltage is None
    assert load("fitzhugh_nagumo").voltage is None


def test_every_symbol_has_the_unit_it_is_written_in() -> None:
    """Parameters, equations and the stimulus; an unknown one is named with its neighbour."""
    assert [str(HH.unit_of(n)) for n in ("g_Na", "v", "I_Na", "alpha_m", "I_stim")] == [
        "mS/cm2",
        "mV",
        "uA/cm2",
        "1/ms",
        "uA/cm2",
    ]
    assert refusal(lambda: HH.unit_of("g_na")) == "hodgkin_huxley: there is no 'g_na'. Did you mean 'g_Na'?"


def test_numbers_are_coherent() -> None:
    """S/cm2 beside uA becomes mS/cm2, V becomes mV."""
    changed = HH.with_parameters(g_Na="0.12 S/cm2", E_Na="0.05 V")
    assert changed.parameter_values["g_Na"] == pytest.approx(120.0, rel=1e-15)
    assert changed.parameter_values["E_Na"] == pytest.approx(50.0, rel=1e-15)
    assert changed.factor("g_Na") == 1000.0 and changed.factor("v") == 1.0


# initial values -------------------------------------------------------------------------------------


def test_initial_values_follow_definitions_states_and_parameters() -> None:
    """m starts at alpha/(alpha + beta) of the initial v."""
    values = HH.initial_values
    assert values["v"] == -65.0
    assert values["m"] == pytest.approx(0.0529324852572, rel=1e-10)
    assert HH.with_initial({"v": "-55 mV"}).initial_values["m"] > 2 * values["m"]


def test_an_initial_value_that_depends_on_itself_is_refused() -> None:
    """Through other states and definitions, with the circle."""
    found = model("dv/dt = (I_stim - a)/C : mV\ndw/dt = -w/ms : mV\na = w*mS/cm2 : uA/cm2", 'v = "w"\nw = "a/(mS/cm2)"')
    assert refusal(lambda: found.initial_values) == "m: the initial value of 'w' depends on itself: w -> a -> w"


def test_an_initial_value_must_be_a_number() -> None:
    """Not a quotient by zero, not the logarithm of a negative number."""
    by_zero = model("dv/dt = I_stim/C : mV", 'v = "mV/(C - C)*C"')
    assert (
        refusal(lambda: by_zero.initial_values) == "m: v has no value at t = 0: it divides by C - C, which is 0 at C = 1 uF/cm2"
    )
    undefined = model("dv/dt = I_stim/C : mV", 'v = "log(-C/C)*mV"')
    assert refusal(lambda: undefined.initial_values) == "m: v has no value at t = 0: it is nan"


def test_rates_must_be_numbers_at_the_start() -> None:
    """A capacitance of zero has none; the exponential that overflows has none."""
    zero = HH.with_parameters(C_m="0 uF/cm2")
    assert refusal(zero.check_start) == "hodgkin_huxley: dv/dt has no value at t = 0: it divides by C_m, which is 0"
    pole = model("dv/dt = (I_stim - uA/cm2*mV/(v + 65*mV))/C : mV", 'v = "-65 mV"')
    assert refusal(pole.check_start) == "m: dv/dt has no value at t = 0: it divides by v + 65*mV, which is 0 at v = -65 mV"
    power = model("dv/dt = (I_stim - uA/cm2*(v/mV)**(-2))/C : mV", 'v = "0 mV"')
    assert refusal(power.check_start) == "m: dv/dt has no value at t = 0: it divides by v/mV, which is 0 at v = 0 mV"
    huge = model("dv/dt = (I_stim - exp(v/mV)*uA/cm2)/C : mV", 'v = "1000 mV"')
    assert refusal(huge.check_start) == "m: dv/dt has no value at t = 0: it is -inf"
    HH.check_start()


# changes --------------------------------------------------------------------------------------------


def test_a_change_leaves_the_model_as_it_was() -> None:
    """Models are values."""
    before = dict(HH.parameter_values)
    changed = HH.with_parameters({"g_Na": "100 mS/cm2"}, E_L="-60 mV")
    assert (changed.parameter_values["g_Na"], changed.parameter_values["E_L"]) == (100.0, -60.0)
    assert HH.parameter_values == before and changed.parameter_values["g_K"] == 36.0


def test_a_regime_changes_its_parameters_only() -> None:
    """And is known by name."""
    assert HH.with_regime("rounded").parameter_values == {**HH.parameter_values, "E_L": -54.4}
    assert refusal(lambda: HH.with_regime("round")) == "hodgkin_huxley: there is no regime 'round'. Did you mean 'rounded'?"


CHANGES = {
    "g_na": ("1 mS/cm2", "hodgkin_huxley: there is no parameter 'g_na'. Did you mean 'g_Na'?"),
    "m": ("1", "hodgkin_huxley: there is no parameter 'm'. Known: C_m, E_K, E_L, E_Na, T, T_rates, g_K, g_L, g_Na."),
    "g_Na": ("100", "hodgkin_huxley: g_Na is measured in mS/cm2, but '100' is not"),
    "g_K": ("100 mV", "hodgkin_huxley: g_K is measured in mS/cm2, but '100 mV' is not"),
    "g_L": ("nan mS/cm2", "hodgkin_huxley: g_L: the value must be a finite number, found 'nan'"),
    "E_L": (-54.4, 'hodgkin_huxley: E_L=-54.4: a plain number has no unit; write E_L="-54.4 mV"'),
    "E_K": (None, 'hodgkin_huxley: E_K: expected text such as "10 mV", found None'),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_parameter_that_does_not_fit_is_refused(name) -> None:
    """By name, by unit, by value."""
    given, message = CHANGES[name]
    assert refusal(lambda: HH.with_parameters({name: given})) == message


INITIAL = {
    "w": ("1", "hodgkin_huxley: initial.w: there is no state variable 'w'. Known: h, m, n, v."),
    "v": ("1 ms", "hodgkin_huxley: initial.v: expected mV, but 'ms' is ms"),
    "m": (True, 'hodgkin_huxley: initial: m: expected text such as "10 mV", found True'),
    "h": ("hh", "hodgkin_huxley: initial.h: 'hh' is used but never defined. Did you mean 'h'?"),
}


@pytest.mark.parametrize("name", INITIAL)
def test_an_initial_value_that_does_not_fit_is_refused(name) -> None:
    """By name, by unit, by kind."""
    given, message = INITIAL[name]
    assert refusal(lambda: HH.with_initial({name: given})) == message


def test_a_refractory_period_may_be_zero_but_not_negative() -> None:
    """However it is given."""
    assert LIF.with_parameters(tau_refrac="0 ms").parameter_values["tau_refrac"] == 0.0
    message = "leaky_integrate_and_fire: the refractory period must not be negative"
    assert refusal(lambda: LIF.with_parameters(tau_refrac="-1 ms")) == message


# quantities -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120 mS/cm2", Parameter(120.0, Unit.parse("mS/cm2"))),
        ("  -65   mV ", Parameter(-65.0, Unit.parse("mV"))),
        ("0.5", Parameter(0.5, Unit())),
        ("1e-3 1", Parameter(1e-3, Unit())),
    ],
)
def test_a_quantity_is_a_number_and_a_unit(text, expected) -> None:
    """Blanks do not matter; without a unit it is a pure number."""
    assert read_quantity(text) == expected


def test_an_example_has_the_unit_that_is_wanted() -> None:
    """Milliseconds for a time."""
    assert refusal(lambda: read_quantity(10, "ms")) == 'the unit is missing; write for example "10 ms"'
    assert refusal(lambda: read_quantity([], "ms")) == 'expected text such as "10 ms", found []'
    assert refusal(lambda: read_quantity("soon", "ms")) == "expected a number and a unit such as \"10 ms\", found 'soon'"


def test_the_largest_quantity_is_finite_in_every_unit() -> None:
    """Even to the highest power that is read."""
    largest = read_quantity(f"{MAX_VALUE:g} MV**12")
    assert largest.value * largest.unit.si < float("inf")
    assert refusal(lambda: read_quantity("1.1e100 mV")) == "the value must not be larger than 1e+100, found '1.1e100'"


def test_a_parameter_prints_as_it_is_read() -> None:
    """Number and unit, shortest form."""
    for text in ("120 mS/cm2", "-54.387 mV", "0.5", "1e-09 A"):
        assert str(read_quantity(text)) == text
        assert read_quantity(str(read_quantity(text))) == read_quantity(text)
