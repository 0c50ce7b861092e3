"""What a run would cost is said as far as it is known, and nothing is guessed."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.estimate import Estimate, estimate, find_rate
from ingest.model import Collection, Json
from ingest.report import RATED, Tally
from ingest.sync import Options
from tests.fakes import RowsSource
from tests.stores.memory import MemoryStore
from tests.stores.samples import make_collection
from tests.test_sync import run

counts = st.integers(0, 10**9)
rates = st.none() | st.floats(0.001, 10**6)
UNKNOWN = "the tokenizer of org/model is not on this machine"


@given(counts, counts, counts | st.just(UNKNOWN), rates, rates, rates)
def test_what_is_not_known_is_none_and_says_why(
    texts: int, requests: int, tokens: int | str, rate: float | None, cap: float | None, price: float | None
) -> None:
    made = estimate(texts=texts, requests=requests, tokens=tokens, rate=rate, requests_per_minute=cap, price=price)
    assert (made.tokens is None) == (tokens == UNKNOWN and texts > 0)
    assert (made.money is None) == (made.tokens is None or price is None)
    assert (made.seconds is None) == (requests > 0 and not rate and not cap)
    assert made.basis.keys() == {"requests", "tokens", "seconds", "money"}
    assert all(made.basis.values())
    if made.tokens is None:
        assert made.basis["tokens"] == UNKNOWN
        assert price is None or made.basis["money"] == UNKNOWN


@pytest.mark.parametrize(
    ("rate", "cap", "seconds", "basis"),
    [
        (None, 60.0, 10.0, "at 60 requests a minute"),
        (100.0, None, 3.2, "at 100 texts a second"),
        (100.0, 60.0, 10.0, "at 60 requests a minute"),
        (16.0, 60.0, 20.0, "at 16 texts a second"),
        (None, None, None, "no run has recorded a rate, and --requests-per-minute is not given"),
    ],
)
def test_the_slower_of_the_cap_and_the_rate_counts(
    rate: float | None, cap: float | None, seconds: float | None, basis: str
) -> None:
    made = estimate(texts=320, requests=10, tokens=1, rate=rate, requests_per_minute=cap)
    assert made.seconds == (seconds if seconds is None else pytest.approx(seconds))
    assert made.basis["seconds"].startswith(basis)


def test_money_is_the_tokens_at_the_price_of_a_million() -> None:
    made = estimate(texts=10, requests=1, tokens=250_000, price=0.02)
    assert made.money == pytest.approx(0.005)
    assert made.basis["money"] == "at 0.02 a million tokens"


def test_nothing_to_embed_costs_nothing_whatever_is_known() -> None:
    made = estimate(texts=0, requests=0, tokens=UNKNOWN, price=1.0)
    assert (made.tokens, made.seconds, made.money) == (0, 0, 0)
    assert isinstance(made, Estimate)


def describe(**datasets: Mapping[str, Json]) -> Collection:
    return replace(make_collection(), datasets=datasets)


def last(rate: Json, finished: str) -> Mapping[str, Json]:
    return {"last_run": {"finished": finished, "rate": rate}}


def test_the_rate_is_that_of_the_latest_run_of_the_same_datasets() -> None:
    there = describe(a=last(1, "2026-01"), b=last(2.5, "2026-03"), c=last(3, "2026-02"), d={}, e=last(None, "2026-09"))
    assert find_rate(there, {"a", "c", "d"}) == 3
    assert find_rate(there, {"new"}) == 2.5
    assert find_rate(describe(d={}, e=last("fast", "2026-09")), {"d"}) is None
    assert find_rate(None, {"a"}) is None


def test_the_rate_is_of_the_time_that_the_service_was_asked() -> None:
    tally = Tally("laws", embedded=200, cached=900, asking=4.0)
    assert tally.count()["rate"] == 50
    assert "rate" not in Tally("laws", embedded=RATED - 1, asking=4.0).count()


def test_a_run_that_embeds_little_hands_the_recorded_rate_on(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows"), MemoryStore()
    rows = [("", f"câu {number}", "s") for number in range(RATED)]
    rates = []
    for more in ([], [("", "thêm", "s")], []):
        rows = [*rows, *more]
        run(source.write({"x.json": rows}), store, Options())
        rates.append(find_rate(store.describe(), {"rows"}))
    assert rates[0]
    assert rates == [rates[0]] * 3
