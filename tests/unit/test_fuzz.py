"""The harness of hostile input: it tells what it looks for, and a sample of it finds nothing."""

from collections import Counter

import pytest

from tests.hostile.fuzz import GOOD, fate_of, summary
from tests.hostile.material import CANARY, KINDS, Case, case

SAMPLE = range(24)


def test_cases_are_the_same_by_number() -> None:
    """What was found can be tried again; every kind is drawn."""
    assert [case(seed) for seed in SAMPLE] == [case(seed) for seed in SAMPLE]
    assert {case(seed).kind for seed in range(200)} == set(KINDS)


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_sample_is_refused_in_a_line_or_accepted(seed) -> None:
    """make fuzz runs thousands."""
    assert fate_of(case(seed)).word in GOOD


BAD = {
    "crashed": "raise SystemExit(70)",
    "hung": "while True: pass",
    "executed": f"open({CANARY!r}, 'w')",
    "half-written": "open('.report-x1.html', 'w')",
}


@pytest.mark.parametrize("word", BAD)
def test_the_harness_finds_what_it_looks_for(word, monkeypatch) -> None:
    """Each kind of harm, done on purpose."""
    monkeypatch.setattr("tests.hostile.fuzz.HANGS_S", 0.5)
    monkeypatch.setattr("spikebridge.reports.cli.main", lambda arguments: exec(BAD[word]))
    assert fate_of(Case("on purpose", (), {})).word == word


def test_the_summary_counts_by_kind() -> None:
    """And in all."""
    counts = Counter({("model", "refused"): 3, ("model", "crashed"): 1, ("suite", "accepted"): 2})
    lines = summary(counts).splitlines()
    assert lines[0].startswith("model: refused 3, accepted 0, crashed 1")
    assert lines[-1].startswith("in all: refused 3, accepted 2, crashed 1")
