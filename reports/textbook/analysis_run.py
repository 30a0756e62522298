"""The analyses of a figure: exactly, and those that run the neuron on the engines as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.engines.base import Engine, find_scheme
from spikebridge.bridge.errors import DefinitionError, InputError, NotRun
from spikebridge.bridge.expressions.quantity import ms
from spikebridge.reference.schemes import EXACT as STEPLESS
from spikebridge.reports.analyses.response import EXACT
from spikebridge.reports.analyses.root import ScipyMissing
from spikebridge.reports.proof.refinement import order_of
from spikebridge.reports.textbook.analysis_kind import EQUATIONS, FigureAnalysis, Site


@dataclass(frozen=True)
class Attempt:
    """An analysis on one engine.

    Attributes
    ----------
    results : at the step, and at half of it where the scheme has steps; empty where it did not run
    order : of the scheme, None where none can be told
    reason : why there are no results
    asked : False where the engine was not asked
    """

    engine: str
    scheme: str
    results: tuple[Any, ...] = ()
    order: int | None = None
    reason: str = ""
    asked: bool = True


@contextmanager
def _placed(analysis: FigureAnalysis) -> Iterator[None]:
    """Whatever an analysis cannot do is said in one line that names the file and the analysis."""
    try:
        yield
    except NotRun as error:
        raise NotRun(f"{analysis.where}: {error}") from None
    except (InputError, ValueError, ArithmeticError, RuntimeError, ScipyMissing) as error:
        raise DefinitionError(f"{analysis.where}: {error}") from None
    except MemoryError:
        raise DefinitionError(f"{analysis.where}: it does not fit into memory; take fewer or longer steps") from None


def exactly(analysis: FigureAnalysis) -> Any:
    """The result that is drawn and judged first.

    Raises
    ------
    DefinitionError, NotRun : naming the file and the analysis
    """
    with _placed(analysis):
        return analysis.found(Site(EXACT, None, analysis.dt_ms))


def attempt(analysis: FigureAnalysis, engine: Engine, scheme_name: str | None, exact: Any) -> Attempt:
    """The analysis on an engine at the figure's step and at half of it; a search starts near the exact result."""
    if not analysis.kind.runs:
        return Attempt(engine.name, "", reason=f"{analysis.kind.words}: it {EQUATIONS}", asked=False)
    if analysis.exact_only:
        return Attempt(engine.name, "", reason=analysis.exact_only, asked=False)
    scheme = find_scheme(engine, scheme_name, analysis.model)
    steps = [analysis.dt_ms] if scheme.order == STEPLESS else [analysis.dt_ms, analysis.dt_ms / 2]
    try:
        results = tuple(analysis.found(Site(engine.name, scheme.name, dt_ms, exact)) for dt_ms in steps)
    except (NotRun, ValueError, ArithmeticError) as error:
        return Attempt(engine.name, scheme.name, reason=str(error))
    resting = replace(analysis.model, steady_state=bool(analysis.given.get("from_rest", False)))
    dt = ms(analysis.dt_ms)
    return Attempt(engine.name, scheme.name, results, order_of(Experiment(resting, (), dt, dt), scheme))
