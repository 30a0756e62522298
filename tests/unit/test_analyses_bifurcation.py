"""Fixed points, branches and cycles against eigenvalue computations and converged values of other programs."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from spikebridge.bridge.definition.model_file import load
from spikebridge.bridge.errors import DefinitionError
from spikebridge.reports.analyses import (
    NoCycleError,
    ScipyMissing,
    cycle_branch,
    fixed_point_branches,
    fixed_points,
    impedance,
    limit_cycle,
    on_circle,
    special_points,
    steady_state,
)
from spikebridge.reports.analyses.fixed_point import kind_of

HH = load("hodgkin_huxley").with_regime("rounded")
ML = load("morris_lecar")


def test_the_rest_of_hodgkin_huxley_is_a_stable_node() -> None:
    """E_L -54.4 mV: -64.9997224 mV, real eigenvalues -4.6753207 and -.12065992 per ms."""
    found = steady_state(HH)
    state = [found.state[name] for name in ("v", "m", "h", "n")]
    assert state == pytest.approx([-64.9997224, 0.052934218, 0.596111046, 0.317681168], abs=5e-8)
    real = [x.real for x in found.eigenvalues if x.imag == 0]
    assert real == pytest.approx([-0.12065992, -4.6753207], rel=1e-7)
    assert found.kind == "stable node" and found.frequency_hz == pytest.approx(60.968, abs=0.01)


def test_all_fixed_points_of_morris_lecar() -> None:
    """``snic`` at 30 uA/cm2: a node at -41.845162 mV, a saddle, a focus at 3.871510 mV."""
    model = ML.with_regime("snic")
    found = fixed_points(model, 30.0)
    assert [p.kind for p in found] == ["stable node", "saddle", "unstable focus"]
    assert [found[0].state["v"], found[2].state["v"]] == pytest.approx([-41.845162, 3.871510], abs=1e-6)
    assert found.to_frame()["kind"].tolist() == [p.kind for p in found]


def test_fixed_points_of_quadratic_models_follow_their_formulas() -> None:
    """Izhikevich: .04 v^2 + 5 v + 140 = b v; adex and lif: none beyond the threshold."""
    v = [p.state["v"] for p in fixed_points("izhikevich")]
    assert v == pytest.approx([-70.0, -50.0], abs=1e-9)
    assert [p.kind for p in fixed_points("adex")] == ["stable node", "saddle"]
    assert fixed_points("leaky_integrate_and_fire", 2.0) == ()
    assert fixed_points("leaky_integrate_and_fire", 1.0)[0].state["v"] == pytest.approx(-55.0)
    assert fixed_points("fitzhugh_nagumo")[0].state["v"] == pytest.approx(-1.199408035, abs=1e-9)


def test_a_rest_with_a_tiny_concentration_has_eigenvalues() -> None:
    """Of 2.4e-4 mM a logarithm is taken: pospischil rests at -70.5712 mV, its calcium leaves with 1/tau_Ca = 0.2 per ms."""
    found = steady_state("pospischil")
    assert found.state["v"] == pytest.approx(-70.57123321, abs=1e-7) and found.kind == "stable node"
    assert np.min(np.abs(found.eigenvalues + 0.2)) < 1e-9
    beside = [steady_state("pospischil", current).state["v"] for current in (-1e-4, 1e-4)]
    assert impedance("pospischil", [1.0]).resting == pytest.approx((beside[1] - beside[0]) / 2e-4, rel=1e-5)


def test_the_only_stable_rest_is_found_where_a_spike_comes_before_it() -> None:
    """Izhikevich's rebound from -87 mV: .04 v^2 + 5 v + 140 = u = .25 v has its lower root at -64.4139."""
    found = steady_state(load("izhikevich").with_regime("thalamo_cortical_rebound"))
    assert found.state["v"] == pytest.approx((-4.75 - np.sqrt(4.75**2 - 4 * 0.04 * 140)) / 0.08, abs=1e-9)
    with pytest.raises(DefinitionError, match="no stable resting state is reached"):
        steady_state(load("fitzhugh_nagumo").with_regime("borgers"))


@pytest.mark.parametrize(
    ("eigenvalues", "kind"),
    [
        ([-1, -2], "stable node"), ([-1 + 2j, -1 - 2j], "stable focus"), ([1, 2], "unstable node"), ([1, -2], "saddle"),
        ([1 + 2j, 1 - 2j], "unstable focus"), ([1 + 2j, 1 - 2j, -3], "saddle-focus"),
    ],
)  # fmt: skip
def test_kinds_of_fixed_points(eigenvalues, kind) -> None:
    """Strogatz 2015, sec. 5.2."""
    assert kind_of(np.array(eigenvalues, dtype=complex)) == kind


@pytest.mark.parametrize(
    ("model", "regime", "low", "high", "expected"),
    [
        ("hodgkin_huxley", "rounded", 0.0, 170.0, [("Hopf", 9.779338), ("Hopf", 154.52633)]),
        ("morris_lecar", "hopf", 0.0, 250.0, [("Hopf", 93.85761837), ("Hopf", 212.018816)]),
        ("fitzhugh_nagumo", "standard", 0.0, 2.0, [("Hopf", 0.3312813375), ("Hopf", 1.4187186625)]),
        ("inap_ik", "high_threshold", 0.0, 10.0, [("saddle-node", 4.51286763)]),
        ("inap_ik", "low_threshold", 0.0, 20.0, [("Hopf", 14.65904)]),
        ("wang_buzsaki", None, 0.0, 1.0, [("saddle-node", 0.16008633)]),
        ("izhikevich_2007", None, 0.0, 100.0, [("saddle-node", 144 / 2.8)]),
    ],
)
def test_bifurcations_along_the_stimulus(model, regime, low, high, expected) -> None:
    """Converged values; Izhikevich 2007's saddle-node in closed form."""
    model = load(model).with_regime(regime) if regime else load(model)
    found = special_points(fixed_point_branches(model, low, high))
    assert [s.kind for s in found] == [kind for kind, _ in expected]
    # to one unit in the last digit printed
    assert [s.parameter for s in found] == pytest.approx([value for _, value in expected], rel=6e-8)


def test_what_oscillates_at_a_hopf_point() -> None:
    """Hodgkin-Huxley's lower one: 93.3020 Hz at -59.65414 mV, unstable from there on."""
    (branch,) = fixed_point_branches(HH, 0.0, 20.0)
    (hopf,) = branch.of_kind("Hopf")
    assert (hopf.frequency_hz, hopf.state["v"]) == pytest.approx((93.3020, -59.65414), abs=6e-5)
    assert np.array_equal(branch.stable, branch.parameter < hopf.parameter)
    assert len(branch.to_frame()) == len(branch.parameter) and branch.parameter[0] == 0.0 and branch.parameter[-1] == 20.0


def test_rest_of_connor_stevens_is_lost_at_a_saddle_node() -> None:
    """8.11405331 uA/cm2 (Dayan & Abbott's rates), the last of its saddle-nodes."""
    found = special_points(fixed_point_branches(load("connor_stevens").with_regime("dayan_abbott"), 0.0, 12.0, step=0.2))
    assert found[-1].kind == "saddle-node" and found[-1].parameter == pytest.approx(8.11405331, abs=1e-8)


def test_a_branch_along_a_parameter() -> None:
    """Shifting E_L shifts every bifurcation current by -.3 uA/cm2 a millivolt: at 9.479338 uA/cm2 the Hopf point is at -53.4 mV."""
    found = special_points(fixed_point_branches(HH, -54.0, -53.0, "E_L", stimulus=9.479338))
    assert [s.kind for s in found] == ["Hopf"] and found[0].parameter == pytest.approx(-53.4, abs=1e-5)
    vertical = special_points(fixed_point_branches(ML.with_regime("hopf"), 0.02, 0.2, "phi", stimulus=93.85761837))
    assert vertical[0].parameter == pytest.approx(0.04, abs=1e-8)


@pytest.mark.parametrize(
    ("model", "regime", "stimulus", "period_ms"),
    [
        ("fitzhugh_nagumo", "standard", 0.5, 39.47441498), ("fitzhugh_nagumo", "standard", 0.35, 45.6105010),
        ("morris_lecar", "hopf", 100.0, 85.2906410), ("morris_lecar", "homoclinic", 36.0, 1000.0 / 24.4936433),
        ("hodgkin_huxley", "rounded", 10.0, 1000.0 / 68.3138279),
    ],
)  # fmt: skip
def test_periods_of_limit_cycles(model, regime, stimulus, period_ms) -> None:
    """By shooting; the trivial multiplier is 1 and the others lie inside."""
    found = limit_cycle(load(model).with_regime(regime), stimulus, settle_ms=400.0, dt_ms=0.05)
    assert found.period_ms == pytest.approx(period_ms, rel=2e-9) and found.stable and found.residual < 1e-9
    assert found.multipliers[0] == pytest.approx(1.0, abs=1e-3)
    assert found.orbit["v"][0] == pytest.approx(found.orbit["v"][-1], abs=1e-6)


def test_a_branch_of_cycles_joins_two_hopf_points() -> None:
    """Morris-Lecar ``hopf``: from 93.85761837 down to the fold at 88.2932505, up to another beyond 212.018816, and back to it."""
    branch = cycle_branch(ML.with_regime("hopf"), 100.0, 80.0, 230.0, settle_ms=900.0, dt_ms=0.05)
    assert branch.parameter[[0, -1]] == pytest.approx([93.85761837, 212.018816], abs=5e-4)
    assert branch.folds[0].parameter == pytest.approx(88.2932505, abs=1e-7)
    assert branch.folds[1].parameter == pytest.approx(216.8998, abs=1e-4)
    assert [c.stable for c in (branch.cycles[2], branch.cycles[len(branch.cycles) // 2], branch.cycles[-3])] == [
        False,
        True,
        False,
    ]
    assert branch.ends == ("the cycle shrinks to a point", "the cycle shrinks to a point")
    assert len(branch.to_frame()) == len(branch.cycles) == len(branch.extremes("v")[0])


def test_a_branch_says_how_it_ends() -> None:
    """After so many cycles, at the end of the range, or towards a homoclinic orbit at 35.0067342."""
    cut = cycle_branch(HH, 10.0, 5.0, 10.05, step=0.1, most=20, settle_ms=400.0, dt_ms=0.05)
    assert cut.ends == ("so many cycles were asked for", "the range of the parameter ends")
    far = cycle_branch(ML.with_regime("homoclinic"), 36.0, 34.0, 37.0, settle_ms=900.0, dt_ms=0.05, longest_ms=300.0)
    assert far.ends[0] == "the period passes its longest"
    assert far.parameter[0] == pytest.approx(35.0067342, abs=1e-6)


def test_a_branch_passes_two_canards() -> None:
    """FitzHugh-Nagumo, whose cycles explode near both Hopf points; it is the same seen from 1.75 - I."""
    branch = cycle_branch("fitzhugh_nagumo", 0.5, 0.2, 1.6, settle_ms=1000.0)
    assert branch.ends == ("the cycle shrinks to a point", "the cycle shrinks to a point")
    low, high = (fold.parameter for fold in branch.folds)
    assert (low, high) == pytest.approx((0.3241785225, 1.75 - 0.3241785225), abs=1e-8)
    least, greatest = branch.extremes("v")
    assert greatest.max() == pytest.approx(-least.min(), abs=1e-6)


def test_the_fold_of_fitzhugh_nagumo_s_cycles_by_shooting() -> None:
    """The current of the cycle through a given highest w, by bisection with scipy's DOP853: least, 0.3241785225036, near w = 1.1."""

    def rates(t, y, current):
        return [y[0] - y[0] ** 3 / 3 - y[1] + current, 0.08 * (y[0] + 0.7 - 0.8 * y[1])]

    def top(t, y, current):
        return y[0] + 0.7 - 0.8 * y[1]

    top.direction, top.terminal = -1, True

    def comes_back_higher(w: float, current: float) -> bool:
        tight = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14, "args": (current,)}
        left = solve_ivp(rates, (0, 2), [0.8 * w - 0.7, w], **tight)  # away from the highest point
        return solve_ivp(rates, (2, 150), left.y[:, -1], events=top, **tight).y_events[0][0][1] > w

    def current_of(w: float) -> float:
        low, high = 0.3241785, 0.3241786
        while high - low > 5e-14:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if comes_back_higher(w, middle) else (middle, high)
        return high

    beside, least, beyond = map(current_of, (1.0, 1.1, 1.2))
    print(beside, least, beyond)
    assert least == pytest.approx(0.3241785225036, abs=1e-12) and least < beside < beyond < 0.32417853


def test_thinning_keeps_a_mesh_from_growing() -> None:
    """Spikes of the reduced Traub-Miles cell with M-current, whose intervals grow: each cycle from the one before."""
    branch = cycle_branch("reduced_traub_miles_m", 1.5, 0.5, 1.6, settle_ms=400.0, dt_ms=0.02, longest_ms=80.0)
    assert branch.ends[0] == "the period passes its longest" and branch.period_ms[0] > 80.0
    assert 1.0 < branch.parameter[0] < 1.5


def test_two_ways_to_a_cycle_agree() -> None:
    """Shooting and collocation: period and multipliers of Hodgkin-Huxley's cycle at 10 uA/cm2."""
    shot = limit_cycle(HH, 10.0, settle_ms=400.0, dt_ms=0.05)
    followed = cycle_branch(HH, 10.0, 9.9, 10.1, step=0.1, most=4, settle_ms=400.0, dt_ms=0.05)
    here = min(followed.cycles, key=lambda c: abs(c.parameter - 10.0))
    assert here.parameter == pytest.approx(10.0, abs=1e-12)
    assert here.period_ms == pytest.approx(shot.period_ms, rel=1e-6)
    assert np.abs(here.multipliers[:2]) == pytest.approx(np.abs(shot.multipliers[:2]), rel=1e-3)


def test_the_multipliers_of_a_fold_are_both_one() -> None:
    """Hodgkin-Huxley, E_L -54.4 mV: 6.26422127 uA/cm2, period 19.895241 ms."""
    branch = cycle_branch(HH, 7.0, 6.0, 8.5, most=40, settle_ms=400.0, dt_ms=0.05)
    (fold,) = [f for f in branch.folds if f.parameter < 6.5]
    assert (fold.parameter, fold.period_ms) == pytest.approx((6.26422127, 19.895241), abs=5e-6)
    assert np.abs(fold.multipliers[:2]) == pytest.approx([1.0, 1.0], abs=2e-3)


def test_what_has_no_field_or_no_cycle_is_refused() -> None:
    """Maps, resets, rest, unknown parameters, empty ranges: each by name."""
    with pytest.raises(DefinitionError, match="rulkov: a map has no vector field; iterate it instead"):
        fixed_points("rulkov")
    with pytest.raises(DefinitionError, match="a spike resets it, so its orbits jump"):
        limit_cycle("adex", 1000.0)
    with pytest.raises(NoCycleError, match="it does not oscillate after 100 ms; it may rest there"):
        limit_cycle("fitzhugh_nagumo", 0.0, settle_ms=100.0)
    with pytest.raises(DefinitionError, match=r"there is no parameter 'g_na'\. Did you mean 'g_Na'\?"):
        fixed_point_branches(HH, 0.0, 1.0, "g_na")
    with pytest.raises(ValueError, match="the range of I_stim from 1 to 0 is empty"):
        fixed_point_branches(HH, 1.0, 0.0)
    with pytest.raises(ValueError, match="the range from 0 to 0 is empty"):
        fixed_points(HH, low=0.0, high=0.0)


def test_without_scipy_it_says_how_to_get_it(monkeypatch) -> None:
    """One line, with the extra's name."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("spikebridge.reports.analyses.root.import_module", missing)
    with pytest.raises(ScipyMissing, match=r'needs scipy; install it with: pip install "spikebridge\[analyses\]"'):
        fixed_points("fitzhugh_nagumo")


@pytest.mark.parametrize(("regime", "lies_on_one"), [("snic", True), ("homoclinic", False)])
def test_a_saddle_node_may_lie_on_a_circle(regime, lies_on_one) -> None:
    """Morris-Lecar: at 39.963 uA/cm2 in both regimes, but with the fast w firing goes on below it, down to 35.007."""
    model = ML.with_regime(regime)
    (found,) = [s for s in special_points(fixed_point_branches(model, 0.0, 60.0)) if s.kind == "saddle-node"]
    assert found.parameter == pytest.approx(39.96315309, abs=1e-8)
    assert bool(on_circle(model, found, dt_ms=0.05)) is lies_on_one
    with pytest.raises(DefinitionError, match="a spike resets it"):
        on_circle("adex", found)
