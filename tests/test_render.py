"""What a person reads of a dry run: what would be done, what it would cost, and what of that is not known."""

from dataclasses import replace

import pytest

from ingest.errors import GuardError
from ingest.estimate import Estimate, estimate
from ingest.render import render_duration, render_report
from ingest.report import Origins, Report, Tally

LAWS = Tally(
    "laws",
    added=120,
    refreshed=3,
    unchanged=400,
    deleted=7,
    kept=2,
    embedded=100,
    cached=15,
    reused=5,
    characters=45_210,
    origins=Origins(added=2, changed=1, gone=1, unchanged=30),
)
PLAN = "laws: would add 120, refresh 3, delete 7 chunks; 400 unchanged, 2 kept"
AT_HAND = ", and take 15 vectors from the cache, and take 5 vectors from the collection"
FILES = "(files: 2 new, 1 changed, 1 gone, 30 unchanged)"


def plan(*tallies: Tally, requests: int = 5, cached: int = 15, estimated: Estimate | None = None) -> Report:
    known = estimate(texts=100, requests=5, tokens=12_345, requests_per_minute=60.0, price=0.1)
    return Report(tallies, requests, 0, 1.5, cached, estimate=estimated or known)


def test_a_dry_run_says_what_would_be_done_and_what_it_would_cost() -> None:
    assert list(render_report(plan(LAWS))) == [
        f"{PLAN} {FILES}",
        f"would embed 100 texts of 45,210 characters and 12,345 tokens in 5 requests{AT_HAND}",
        "time: about 5 s: at 60 requests a minute",
        "money: 0.001235: at 0.1 a million tokens",
    ]


def test_what_is_not_known_is_said() -> None:
    unknown = estimate(texts=100, requests=5, tokens="the tokenizer of m is not on this machine", price=0.1)
    assert list(render_report(plan(LAWS, estimated=unknown)))[1:] == [
        f"would embed 100 texts of 45,210 characters in 5 requests{AT_HAND}",
        "tokens: unknown: the tokenizer of m is not on this machine",
        "time: unknown: no run has recorded a rate, and --requests-per-minute is not given",
        "money: unknown: the tokenizer of m is not on this machine",
    ]


def test_nothing_to_do_costs_nothing_and_a_refusal_is_no_plan() -> None:
    nothing = estimate(texts=0, requests=0, tokens="unknown")
    refused = Tally("faq", error=GuardError("too much"))
    assert list(render_report(plan(Tally("laws"), refused, requests=0, cached=0, estimated=nothing))) == [
        "laws: nothing to do",
        "faq: failed",
        "nothing to embed",
    ]


def test_a_run_says_what_it_did() -> None:
    report = replace(plan(LAWS), estimate=None, cached=0)
    assert list(render_report(report)) == [
        "laws: 120 added, 3 refreshed, 400 unchanged, 7 deleted, 2 kept, 100 embedded, 15 cached, 5 reused",
        "100 texts embedded in 5 requests; 1.5 s",
    ]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (119, "119 s"), (150, "2.5 min"), (7_199, "120.0 min"), (9_000, "2.5 h")]
)
def test_a_duration_is_in_the_unit_that_a_person_would_choose(seconds: float, said: str) -> None:
    assert render_duration(seconds) == said
