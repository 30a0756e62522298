"""Faults seeded into translated text: a sign, a factor, a power, a swapped pair, 1 % or 0.1 % of a number or a parameter, a
reset, a refractory period, an edge of the stimulus, a solve method; each with the states whose equations it changes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.brian2_job import Brian2Job
from spikebridge.bridge.engines.neuron_job import NeuronJob
from spikebridge.bridge.expressions.expression import names

Text = NeuronJob | Brian2Job  # jobs that are translated text
_NUMBER = re.compile(r"(?<![\w.^])(\d+\.?\d*(?:e-?\d+)?)(?![\w.])")


@dataclass(frozen=True)
class Fault:
    """One change of a job: what was done, and the states whose equations it changes."""

    what: str
    job: Text
    states: frozenset[str]


def affected(model: Model, symbol: str) -> frozenset[str]:
    """The states whose rates depend on a symbol without another state in between; the state itself."""
    found = {symbol} & set(model.state_names)
    for state in model.state_names:
        needed = {
            n
            for d in [model.regular[state], *(model.regular[n] for n in model.definitions_for([model.regular[state]]))]
            for n in names(d)
        }
        if symbol in needed:
            found.add(state)
    return frozenset(found)


def text_of(job: Text) -> str:
    """The translated equations, and what stands around them."""
    return job.mod if isinstance(job, NeuronJob) else job.equations


def lines_of(job: Text, model: Model, identifiers: dict[str, str]) -> Iterator[tuple[int, str, str]]:
    """(line number, line, symbol it defines) of every equation in the translated text."""
    back = {target: name for name, target in identifiers.items()}
    pattern = re.compile(r"^\s*(?:d(\w+)/dt|(\w+)'|(\w+))\s*=(?!=)")
    for k, line in enumerate(text_of(job).splitlines()):
        match = pattern.match(line)
        if not match:
            continue
        target = match[1] or match[2] or match[3]
        symbol = back.get(target, model.voltage if target == "i" and model.voltage else "")
        if symbol in model.symbols and symbol not in model.parameters and symbol != "I_stim":
            yield k, line, symbol


def changed(job: Text, k: int, line: str) -> Text:
    """The job with another line of its text."""
    lines = text_of(job).splitlines()
    lines[k] = line
    text = "\n".join(lines) + "\n"
    return replace(job, mod=text) if isinstance(job, NeuronJob) else replace(job, equations=text)


def faults(job: Text, model: Model, identifiers: dict[str, str], rng: random.Random) -> Iterator[Fault]:
    """Endlessly, one kind after another."""
    equations = list(lines_of(job, model, identifiers))
    makers: list[Callable[[], Fault | None]] = [
        lambda: _in_line(job, model, equations, rng, "sign", lambda right: _swap_one(right, " - ", " + ", rng)),
        lambda: _in_line(job, model, equations, rng, "1 % of a number", lambda right: _scaled(right, 1.01, rng)),
        lambda: _in_line(job, model, equations, rng, "0.1 % of a number", lambda right: _scaled(right, 1.001, rng)),
        lambda: _in_line(job, model, equations, rng, "quotient for product", lambda right: _swap_one(right, "*", "/", rng)),
        lambda: _in_line(
            job,
            model,
            equations,
            rng,
            "power",
            lambda right: re.sub(r"(\^|\*\*)(\d)\b", lambda m: m[1] + str(int(m[2]) + 1), right, count=1),
        ),
        lambda: _in_line(job, model, equations, rng, "swapped pair", lambda right: _swapped(right)),
        lambda: _parameter(job, model, identifiers, rng, 1.01),
        lambda: _parameter(job, model, identifiers, rng, 1.001),
        lambda: _reset(job, model, rng),
        lambda: _refractory(job, model),
        lambda: _edge(job, model),
        lambda: _method(job, model),
    ]
    while True:
        rng.shuffle(makers)
        for make in makers:
            fault = make()
            if fault is not None:
                yield fault


def _in_line(
    job: Text, model: Model, equations: list, rng: random.Random, what: str, change: Callable[[str], str]
) -> Fault | None:
    if not equations:
        return None
    k, line, symbol = rng.choice(equations)
    left, _, right = line.partition("=")
    right, colon, unit = right.partition(" : ") if isinstance(job, Brian2Job) else (right, "", "")
    new = change(right)
    if new == right:
        return None
    return Fault(f"{what} in {symbol}", changed(job, k, f"{left}={new}{colon}{unit}"), affected(model, symbol))


def _swap_one(text: str, old: str, new: str, rng: random.Random) -> str:
    # never a power, nor a unit such as /cm2
    places = [
        m.start()
        for m in re.finditer(re.escape(old), text)
        if text[m.start() : m.start() + 2] != "**" and text[m.start() - 1] != "*"
    ]
    places = [
        p for p in places if not re.match(r"\*(m|u|n|p|k|M|c)?(V|s|ms|S|cm\d?|volt|second|siemens|A|amp|farad|F)\b", text[p:])
    ]
    if not places:
        return text
    at = rng.choice(places)
    return text[:at] + new + text[at + len(old) :]


def _scaled(text: str, factor: float, rng: random.Random) -> str:
    found = [m for m in _NUMBER.finditer(text) if float(m[1]) not in (0.0, 1.0, 2.0)]
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + repr(float(match[1]) * factor) + text[match.end() :]


def _swapped(text: str) -> str:
    match = re.search(r"\b(alpha|beta)_(\w+)\b", text)
    if not match:
        return text
    a, b = f"alpha_{match[2]}", f"beta_{match[2]}"
    return re.sub(rf"\b({a}|{b})\b", lambda m: b if m[1] == a else a, text)


def _parameter(job: Text, model: Model, identifiers: dict[str, str], rng: random.Random, factor: float) -> Fault | None:
    if not model.parameters:
        return None
    name = rng.choice(list(model.parameters))
    target, percent = identifiers[name], f"{(factor - 1) * 100:g} % of {name}"
    if isinstance(job, NeuronJob):
        text, count = re.subn(
            rf"^(    {target} = )(\S+)", lambda m: m[1] + repr(float(m[2]) * factor), job.mod, count=1, flags=re.MULTILINE
        )
        if not count:
            return None
        new: Text = replace(job, mod=text, parameters=tuple((n, v * factor if n == target else v) for n, v in job.parameters))
    else:
        value, dimension = job.namespace[target]
        new = replace(job, namespace={**job.namespace, target: (value * factor, dimension)})
    states = affected(model, name) | {s for rule in model.rules for s, value in rule.reset if name in names(value)}
    in_rules = any(name in names(side) for rule in model.rules for side in (rule.left, rule.right))
    return Fault(percent, new, states | (frozenset(model.state_names) if in_rules else frozenset()))


def _reset(job: Text, model: Model, rng: random.Random) -> Fault | None:
    if not model.spike or not model.spike.reset:
        return None
    state = rng.choice([s for s, _ in model.spike.reset])
    if isinstance(job, NeuronJob):
        target = "v" if state == model.voltage else state
        text, count = re.subn(rf"(net_event\(t\)\n(?:.*\n)*?\s+{target} = )(.+)", r"\1(\2)*1.01", job.mod, count=1)
        new: Text = replace(job, mod=text)
    else:
        text, count = re.subn(rf"^({state} = )(.+)$", r"\1(\2)*1.01", job.reset or "", count=1, flags=re.MULTILINE)
        new = replace(job, reset=text)
    if not count:
        return None
    return Fault(f"1 % of the reset of {state}", new, frozenset({state}))


def _refractory(job: Text, model: Model) -> Fault | None:
    if not model.spike or model.spike.refractory is None:
        return None
    if isinstance(job, NeuronJob):
        new: Text = replace(job, mod=re.sub(r"net_send\(([^,]+), 3\)", rf"net_send(\1 + {job.dt_ms!r}, 3)", job.mod))
    else:
        new = replace(job, refractory=f"{job.refractory} + dt")
    return Fault("refractory period a step too long", new, frozenset(model.held or model.state_names))


def _edge(job: Text, model: Model) -> Fault | None:
    driven = affected(model, "I_stim")
    if isinstance(job, Brian2Job):
        if np.ptp(job.stimulus) == 0:
            return None
        late = np.concatenate([job.stimulus[:1], job.stimulus[:-1]])
        return Fault("stimulus a step late", replace(job, stimulus=late), driven)
    if not job.clamps:
        return None
    first, *others = job.clamps
    first = replace(first, start_ms=first.start_ms + job.dt_ms)
    return Fault("edge of the stimulus a step late", replace(job, clamps=(first, *others)), driven)


def _method(job: Text, model: Model) -> Fault | None:
    everything = frozenset(model.state_names)
    if isinstance(job, Brian2Job):
        other = "euler" if job.method != "euler" else "rk2"
        return Fault(f"{other} for {job.method}", replace(job, method=other), everything)
    for old, other in (("cnexp", "derivimplicit"), ("derivimplicit", "cnexp")):
        if f"METHOD {old}" in job.mod:
            text = job.mod.replace(f"METHOD {old}", f"METHOD {other}")
            return Fault(f"{other} for {old}", replace(job, mod=text), everything)
    return None
