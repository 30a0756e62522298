"""Random definitions that are valid by construction: gated membranes, integrate-and-fire neurons, oscillators, maps.

They stay bounded: gates relax to sigmoids, conductances are positive, resets go down. Names come from what the targets
reserve as much as from what the field uses.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

# words that mean something to Python, C++, NMODL, NEURON or Brian2, and innocent ones
NAMES = (
    "m h n w u s q a b c d e f g k p r x y z I E S N Q O beta gamma alpha pi inf int class lambda is yield STATE PARAMETER celsius area "
    "diam dt1 t1 i v_1 m0 h_inf Dm cm_ rates states exprel_ stimulus xi lastspike refractory register double char assert node Node Ca gCa "
    "y0 j0 time_ rand size_t _x".split()
)[:-1]


@st.composite
def numbers(draw: st.DrawFn, low: float, high: float) -> str:
    """A number as people write it, or with all its digits."""
    value = draw(st.floats(low, high, allow_subnormal=False))
    return repr(value) if draw(st.booleans()) else f"{value:.3g}"


@dataclass
class _Writer:
    """Collects the parts of one definition."""

    draw: st.DrawFn
    names: list[str]

    def __post_init__(self) -> None:
        self.equations: list[str] = []
        self.parameters: list[str] = []
        self.initial: list[str] = []
        self.rules: list[str] = []

    def name(self) -> str:
        return self.names.pop()

    def parameter(self, low: float, high: float, unit: str = "") -> str:
        name = self.name()
        self.parameters.append(f'{name} = "{self.draw(numbers(low, high))}{" " + unit if unit else ""}"')
        return name

    def sigmoid(self, of: str, unit: str) -> str:
        """Between 0 and 1, steep or flat."""
        center = f"{self.draw(numbers(-70, -30))}{'*mV' if unit == 'mV' else ''}" if unit == "mV" else self.draw(numbers(-1, 1))
        slope = f"({self.draw(numbers(3, 20))}*mV)" if unit == "mV" else self.draw(numbers(0.2, 2))
        shape = self.draw(st.sampled_from(("exp", "tanh", "choice")))
        if shape == "tanh":
            return f"(1 + tanh(({of} - ({center}))/{slope}))/2"
        if shape == "choice":
            return f"(0.9 if {of} > ({center}) else 0.1)"
        return f"1/(1 + exp(-({of} - ({center}))/{slope}))"

    def gate(self, v: str, unit: str) -> str:
        """A gating variable or an instantaneous one; returns its name."""
        x = self.name()
        kind = self.draw(st.sampled_from(("instantaneous", "relaxing", "rates", "nonlinear")))
        if kind == "instantaneous":
            self.equations.append(f"{x} = {self.sigmoid(v, unit)} : 1")
            return x
        tau = self.parameter(0.5, 30, "ms")
        if kind == "relaxing":
            self.equations.append(f"d{x}/dt = ({self.sigmoid(v, unit)} - {x})/{tau} : 1")
        elif kind == "nonlinear":
            self.equations.append(f"d{x}/dt = ({self.sigmoid(v, unit)} - {x} - {x}**3)/{tau} : 1")
        else:
            opening, closing = self.name(), self.name()
            rate = self._singular(v) if unit == "mV" else f"(0.1 + {self.sigmoid(v, unit)})"
            self.equations.append(f"{opening} = {rate}/ms : 1/ms")
            self.equations.append(f"{closing} = (0.05 + {self.sigmoid(v, unit)})/{tau} : 1/ms")
            self.equations.append(f"d{x}/dt = {opening}*(1 - {x}) - {closing}*{x} : 1")
        self.initial.append(f'{x} = "{self.draw(numbers(0, 1))}"')
        return x

    def _singular(self, v: str) -> str:
        """A rate that is 0/0 at one voltage, as Hodgkin and Huxley's."""
        center, slope = self.draw(st.integers(-60, -30)), self.draw(st.integers(4, 12))
        return f"0.01*({v} + {-center}*mV)/mV/(1 - exp(-({v} + {-center}*mV)/({slope}*mV)))"

    def text(self, name: str, stimulus_unit: str, steps: int, dt: str, stimulus: str) -> str:
        order = self.draw(st.permutations(self.equations))
        lines = "\n".join([*order, f"I_stim : {stimulus_unit}"])
        newline = "\n"
        return (
            f'name = "{name}"\ntitle = "drawn at random"\nequations = """\n{lines}\n"""\n{newline.join(self.rules)}\n'
            f"[parameters]\n{newline.join(self.parameters)}\n[initial]\n{newline.join(self.initial)}\n"
            f'[experiment]\nduration = "{steps * float(dt)!r} ms"\ndt = "{dt} ms"\n{stimulus}'
        )


def _stimulus(draw: st.DrawFn, low: float, high: float, unit: str) -> str:
    unit = f" {unit}" if unit != "1" else ""
    amplitude = f'"{draw(numbers(low, high))}{unit}"'
    kind = draw(st.sampled_from(("step", "pulses", "ramp", "sine", "noise", "none")))
    tables = {
        "step": f'amplitude = {amplitude}\nstart = "2 ms"\nstop = "14 ms"',
        "pulses": f'amplitude = {amplitude}\nstart = "1 ms"\nwidth = "1 ms"\nperiod = "4 ms"\ncount = 3',
        "ramp": f'first = "0{unit}"\nlast = {amplitude}\nstart = "1 ms"\nstop = "18 ms"',
        "sine": f'amplitude = {amplitude}\nfrequency = "90 Hz"\nphase = 0.3',
        "noise": f'sigma = {amplitude}\ninterval = "0.5 ms"\nseed = 7\ntau = "2 ms"',
    }
    return "" if kind == "none" else f'[[experiment.stimulus]]\nkind = "{kind}"\n{tables[kind]}\n'


@st.composite
def conductance_models(draw: st.DrawFn, name: str = "random_model") -> str:
    """A membrane per area or absolute with one to four gated currents, and perhaps calcium."""
    w = _Writer(draw, list(draw(st.permutations(NAMES))))
    current, conductance, capacitance, scale = draw(
        st.sampled_from((("uA/cm2", "mS/cm2", "uF/cm2", 1.0), ("nA", "uS", "nF", 1.0), ("pA", "nS", "pF", 100.0)))
    )
    v = w.name()
    terms = []
    for _ in range(draw(st.integers(1, 4))):
        i, g, reversal = w.name(), w.parameter(0.01 * scale, 2 * scale, conductance), w.parameter(-95, 40, "mV")
        gates = "*".join(w.gate(v, "mV") + draw(st.sampled_from(("", "**2", "**3"))) for _ in range(draw(st.integers(0, 2))))
        w.equations.append(f"{i} = {g}*{gates + '*' if gates else ''}({v} - {reversal}) : {current}")
        terms.append(i)
    leak, rest = w.parameter(0.05 * scale, 0.4 * scale, conductance), w.parameter(-75, -55, "mV")
    c = w.parameter(0.5 * scale, 2 * scale, capacitance)
    w.equations.append(f"d{v}/dt = (I_stim - {' - '.join(terms)} - {leak}*({v} - {rest}))/{c} : mV")
    w.initial.append(f'{v} = "{draw(numbers(-80, -50))} mV"')
    w.rules.append(f'spike = "{v} > {draw(st.integers(-40, 0))}*mV"')
    return w.text(name, current, 800, "0.025", _stimulus(draw, -2 * scale, 10 * scale, current))


@st.composite
def spiking_models(draw: st.DrawFn, name: str = "random_model") -> str:
    """An integrate-and-fire neuron with adaptation, resets of several states, a refractory period, a further event."""
    w = _Writer(draw, list(draw(st.permutations(NAMES))))
    per_area = draw(st.booleans())
    current, conductance, capacitance = ("uA/cm2", "mS/cm2", "uF/cm2") if per_area else ("nA", "uS", "nF")
    v, u = w.name(), w.name()
    g, c, rest = w.parameter(0.05, 0.3, conductance), w.parameter(0.5, 2, capacitance), w.parameter(-75, -60, "mV")
    level, down = w.parameter(-52, -45, "mV"), w.parameter(-70, -56, "mV")
    upswing = f" + {g}*2*mV*exp(({v} - {level})/(2*mV))" if draw(st.booleans()) else ""
    peak = "-40*mV" if upswing else level
    w.equations.append(f"d{v}/dt = ({g}*({rest} - {v}){upswing} - {u} + I_stim)/{c} : mV")
    tau, kick = w.parameter(5, 80, "ms"), w.parameter(0.01, 0.2, current)
    coupling = f" + 0.01*{g}*({v} - {rest})" if draw(st.booleans()) else ""
    w.equations.append(f"d{u}/dt = -{u}/{tau}{coupling.replace('0.01*', '0.01/ms*') if coupling else ''} : {current}")
    w.initial += [f'{v} = "{rest}"', f'{u} = "0 {current}"']
    w.rules += [f'spike = "{v} > {peak}"', f'reset = """\n{v} = {down}\n{u} += {kick}\n"""']
    if draw(st.booleans()):
        w.rules.append(f'refractory = "{draw(st.sampled_from(("0.5", "1", "2.025", "3")))} ms"')
        w.rules.append(f'refractory_clamp = "{draw(st.sampled_from(("state", "current")))}"')
    if draw(st.booleans()):
        phase = w.name()
        w.equations.append(f"d{phase}/dt = 1/{tau} : 1")
        w.initial.append(f'{phase} = "{draw(numbers(0, 0.9))}"')
        w.rules.append(f'[[event]]\nwhen = "{phase} > 1"\nreset = """\n{phase} -= 1\n{u} = 0.5*{u}\n"""')
    return w.text(name, current, 800, "0.025", _stimulus(draw, 1, 6, current))


@st.composite
def dimensionless_models(draw: st.DrawFn, name: str = "random_model") -> str:
    """An oscillator without units: a cubic or sigmoid first variable, up to four more that follow."""
    w = _Writer(draw, list(draw(st.permutations(NAMES))))
    x = w.name()
    followers = []
    for _ in range(draw(st.integers(1, 4))):
        followers.append(w.gate(x, "1"))
    tau = w.parameter(0.5, 5, "ms")
    weights = " - ".join(f"{draw(numbers(0.1, 1.5))}*{y}" for y in followers)
    restoring = f"{x} - {x}**3/3" if draw(st.booleans()) else f"-{x}"
    w.equations.append(f"d{x}/dt = ({restoring} - {weights} + I_stim)/{tau} : 1")
    w.initial.append(f'{x} = "{draw(numbers(-1, 1))}"')
    return w.text(name, "1", 800, "0.025", _stimulus(draw, -0.5, 1.5, "1"))


@st.composite
def maps(draw: st.DrawFn, name: str = "random_model") -> str:
    """A map of two variables that stays within bounds."""
    w = _Writer(draw, list(draw(st.permutations(NAMES))))
    x, y = w.name(), w.name()
    a, b = w.parameter(0.5, 4, ""), w.parameter(0.001, 0.1, "")
    w.equations.append(f"{x}[n+1] = {a}/(1 + {x}**2) + {y} + I_stim : 1")
    w.equations.append(f"{y}[n+1] = {y} - {b}*({x} - ({draw(numbers(-1, 1))})) - 0.1*{y}**3/(1 + {y}**2) : 1")
    w.initial += [f'{x} = "{draw(numbers(-1, 1))}"', f'{y} = "{draw(numbers(-2, 0))}"']
    w.rules.append(f'spike = "{x} > 0"')
    return w.text(name, "1", 400, "1", _stimulus(draw, -0.1, 0.1, "1"))


def definitions(name: str = "random_model") -> st.SearchStrategy[str]:
    """Any of them."""
    return st.one_of(
        conductance_models(name), conductance_models(name), spiking_models(name), dimensionless_models(name), maps(name)
    )
