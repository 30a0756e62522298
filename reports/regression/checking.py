"""Running a suite against its baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from spikebridge.bridge.definition.experiment import Experiment
from spikebridge.bridge.definition.model import Model
from spikebridge.bridge.engines.registry import find_engine
from spikebridge.bridge.engines.running import Runner
from spikebridge.bridge.engines.worker import LIMIT_S
from spikebridge.bridge.errors import BridgeError, TranslationError
from spikebridge.reference.exact import ExactError
from spikebridge.reports.proof.comparison import Comparison, compare
from spikebridge.reports.proof.entry import Entry
from spikebridge.reports.proof.verdict import Verdict
from spikebridge.reports.regression.baseline import Baseline, Kept, definition_of, kept_of, key_of, read_baseline, write_baseline
from spikebridge.reports.regression.change import Change, Status, definition_changes, judge_change
from spikebridge.reports.regression.suite import Case, Suite, check_schemes

_SAME = (Status.UNCHANGED, Status.REJUDGED, Status.NOT_KEPT)
_NOT_KEPT = Change(Status.NOT_KEPT, "there is no baseline to hold it to")


@dataclass(frozen=True)
class Result:
    """What one engine gave in one case, beside what it gave before.

    Attributes
    ----------
    accepted : whether the verdict is no disagreement, or one that the suite expects
    """

    case: str
    key: str
    verdict: Verdict
    because: str
    accepted: bool
    change: Change
    wall_s: float = 0.0

    @property
    def passed(self) -> bool:
        return self.accepted and self.unchanged

    @property
    def unchanged(self) -> bool:
        """Whether its numbers are what they were, as far as they are kept."""
        return self.change.status in _SAME

    @property
    def ran(self) -> bool:
        return self.verdict is not Verdict.NOT_RUN


@dataclass(frozen=True)
class Check:
    """All results of a suite.

    Attributes
    ----------
    written : baselines that were written
    definitions : of each case, what of its definition is not as it was
    """

    suite: Suite
    results: tuple[Result, ...]
    written: tuple[str, ...] = ()
    definitions: Mapping[str, list[str]] | None = None
    updated: bool = False

    @property
    def status(self) -> int:
        """As an exit status, the worst of: 1 a result is not what it was or engines disagree, 3 an engine did not run,
        4 undecided, 0."""
        found = {self._status_of(result) for result in self.results}
        return next(status for status in (1, 3, 4, 0) if status in found or status == 0)

    def _status_of(self, result: Result) -> int:
        if result.change.status is Status.GONE:
            return 0 if self.updated else 1
        if not result.ran:
            return 3
        if result.accepted if self.updated else result.passed:
            return 0
        same = self.updated or result.unchanged
        return 4 if same and result.verdict is Verdict.UNDECIDED else 1

    def of(self, case: str) -> list[Result]:
        return [result for result in self.results if result.case == case]


def check(
    suite: Suite,
    update: bool = False,
    limit_s: float = LIMIT_S,
    progress: Callable[[str], object] = lambda case: None,
    done: Callable[[Case, Comparison, list[str]], object] = lambda case, comparison, changes: None,
    writes: bool = True,
) -> Check:
    """Run every case, compare with its baseline; where there is none, write it.

    Parameters
    ----------
    update : write what was found over what was kept, except where it is unchanged
    progress : called with the name of each case as it begins
    done : called with each comparison, and what has changed since its baseline in words, for a report
    writes : False to leave all files as they are; what has no baseline stays new

    Raises
    ------
    DefinitionError : a case, an engine, a scheme or a baseline file cannot be; nothing has run then
    """
    folder = suite.baseline
    cases = [(case, case.load(), read_baseline(folder, case.name) if folder else None) for case in suite.cases]
    for case, experiment, _ in cases:
        check_schemes(case, experiment)
    engines = [find_engine(name) for name in dict.fromkeys(n for case, *_ in cases for n in case.named)]
    results: list[Result] = []
    written: list[str] = []
    definitions = {}
    with Runner(engines, limit_s, stays=True) as runner:
        for case, experiment, kept in cases:
            progress(case.name)
            found, new, comparison = _check_case(case, experiment, kept, runner)
            changes = definition_changes(kept.definition, new.definition) if kept else []
            if comparison is not None:
                done(case, comparison, [*(f"the definition itself: {what}" for what in changes), *_changed(found)])
            if folder is None:
                results += [replace(r, change=_NOT_KEPT) if r.change.status is Status.NEW else r for r in found]
                continue
            results += found
            definitions[case.name] = changes
            if writes and _write(folder, kept, new, found, update):
                written.append(case.name)
    if folder and suite.complete:
        results += _gone(suite, folder, update)
    return Check(suite, tuple(results), tuple(written), definitions, update)


def _check_case(
    case: Case, experiment: Experiment, kept: Baseline | None, runner: Runner
) -> tuple[list[Result], Baseline, Comparison | None]:
    schemes = {name: list(given) for name, given in case.schemes.items()}
    before = kept.engines if kept else {}
    new = Baseline(case.name, definition_of(experiment))
    try:
        comparison = compare(experiment, case.engines, schemes, not case.ladder, runner=runner)
    except (BridgeError, ExactError) as error:
        why = f"nothing to judge by: {error}"
        keys = list(before) or list(case.named)
        results = [Result(case.name, key, Verdict.NOT_RUN, why, False, Change(Status.NOT_RUN, why)) for key in keys]
        return results, new, None
    results, engines = [], {}
    for entry in comparison.entries:
        key = key_of(entry)
        ran = entry.recording is not None and entry.verdict is not Verdict.NOT_RUN
        now = kept_of(comparison, entry, case.checkpoints) if ran else None
        if now is not None:
            engines[key] = now
        results.append(_result(case, key, entry, before.get(key), now, experiment))
    taking_part = {entry.name for entry in comparison.entries}
    results += [_unsuited(case, name, experiment.model) for name in case.named if name not in taking_part]
    absent = [key for key in before if key not in {result.key for result in results}]
    results += [_absent(case, key) for key in absent]
    return results, replace(new, engines=engines), comparison


def _changed(results: list[Result]) -> list[str]:
    """What of them is not what it was, in words."""
    told = (r for r in results if r.change.status in (Status.CHANGED, Status.REJUDGED))
    return [f"{r.key}: {r.change.status}: {r.change.because}" for r in told]


def _result(case: Case, key: str, entry: Entry, kept: Kept | None, now: Kept | None, experiment: Experiment) -> Result:
    if now is None:
        change = Change(Status.NOT_RUN, entry.because)
    elif kept is None:
        change = Change(Status.NEW, "there was no baseline for it")
    else:
        change = judge_change(kept, now, experiment, entry)
    wall = entry.recording.wall_s if entry.recording else 0.0
    return Result(case.name, key, entry.verdict, entry.because, case.accepts(entry.verdict), change, wall)


def _unsuited(case: Case, engine_name: str, model: Model) -> Result:
    """Of an engine under ``all`` its schemes, none of which suits the model: it was to take part, and cannot."""
    engine, why = find_engine(engine_name), ""
    try:
        engine.check(model, engine.schemes[engine.default_scheme(model)])
    except TranslationError as error:
        why = f": {error}"
    because = f"none of its schemes suits this model{why}"
    return Result(case.name, engine_name, Verdict.NOT_RUN, because, False, Change(Status.NOT_RUN, because))


def _absent(case: Case, key: str) -> Result:
    why = f"{key} has a baseline but takes no part any more"
    return Result(case.name, key, Verdict.NOT_RUN, why, True, Change(Status.GONE, why))


def _gone(suite: Suite, folder: Path, update: bool) -> Iterator[Result]:
    """Baselines of cases that the suite no longer has; an update removes them."""
    names = {case.name for case in suite.cases}
    for path in sorted(folder.glob("*.json")):
        if path.stem not in names:
            why = "it has a baseline but is no longer in the suite"
            if update:
                path.unlink()
            yield Result(path.stem, "-", Verdict.NOT_RUN, why, True, Change(Status.GONE, why))


def _write(folder: Path, kept: Baseline | None, new: Baseline, results: list[Result], update: bool) -> bool:
    """Write what is new, and on update what is no longer so; what is unchanged keeps its digits."""
    status = {result.key: result.change.status for result in results}
    engines = dict(kept.engines) if kept else {}
    for key, now in new.engines.items():
        if status[key] is Status.NEW or (update and status[key] is Status.CHANGED):
            engines[key] = now
        elif update:
            engines[key] = replace(engines[key], environment=now.environment, verdict=now.verdict, rules=now.rules)
    if update:
        engines = {key: value for key, value in engines.items() if status.get(key) is not Status.GONE}
    definition = new.definition if update or kept is None else kept.definition
    baseline = Baseline(new.name, definition, engines)
    if not engines or baseline == kept:
        return False
    write_baseline(folder, baseline)
    return True
