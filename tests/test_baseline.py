"""Trying a refused or killed run again makes no room for what was refused, and heals what would have been allowed."""

from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.baseline import find_baselines, find_bound
from ingest.entries import BASELINE, divide, place
from ingest.guard import Guard
from ingest.share import WHOLE, Share
from tests.fakes import Crash, Crashing, Files, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_rounds import count_losses
from tests.test_share import describe, list_shares, run

NAMES = [f"{letter}.json" for letter in "abcdef"]
versions = st.dictionaries(st.sampled_from(NAMES), st.tuples(st.sampled_from("xyz"), st.integers(1, 12)), min_size=1)
LIMITS = ["50%", "20%", "3", "10"]


def make(version: dict[str, tuple[str, int]]) -> Files:
    return {name: [("", f"{kind}{row}", "") for row in range(count)] for name, (kind, count) in version.items()}


def allow(limit: str, before: int) -> int:
    return before * int(limit[:-1]) // 100 if limit.endswith("%") else int(limit)


@given(versions, st.lists(st.tuples(versions, st.integers(0, 30)), min_size=1, max_size=4), st.sampled_from(LIMITS))
@settings(max_examples=25, deadline=None)
def test_no_run_deletes_more_than_of_what_the_last_that_was_allowed_left(
    first: dict[str, tuple[str, int]], history: list[tuple[dict[str, tuple[str, int]], int]], limit: str
) -> None:
    """Each version is tried by a run that is killed at some write, and then twice by one that is not."""
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore(private=False)
        run(source.write(make(first)), store)
        left = store.count_origins("rows")
        for version, at in history:
            source.write(make(version))
            for crashing in (Crashing(store, at), store, store):
                killed = True
                with suppress(Crash):
                    killed = run(source, crashing, WHOLE, Guard(limit)).exit_code != 0
                now = store.count_origins("rows")
                assert count_losses(left, now) <= allow(limit, sum(left.values()))
                if not killed:
                    left = now


@given(versions, versions, st.integers(0, 30), st.booleans(), st.sampled_from(LIMITS), st.sampled_from([1, 2, 3]))
@settings(max_examples=30, deadline=None)
def test_what_is_allowed_is_allowed_after_a_death(
    old: dict[str, tuple[str, int]], new: dict[str, tuple[str, int]], at: int, after: bool, limit: str, of: int
) -> None:
    with TemporaryDirectory() as folder:
        source, store, whole = RowsSource(Path(folder)), MemoryStore(private=False), MemoryStore(private=False)
        for share in list_shares(of):
            run(source.write(make(old)), store, share)
            run(source, whole, share)
        source.write(make(new))
        codes = [run(source, whole, share, Guard(limit)).exit_code for share in list_shares(of)]
        if any(codes):
            return
        with suppress(Crash):
            run(source, Crashing(store, at, after=after), Share(1, of), Guard(limit))
        assert [run(source, store, share, Guard(limit)).exit_code for share in list_shares(of)] == codes
        assert contents(store) == contents(whole)


@pytest.mark.parametrize("share", [WHOLE, Share(1, 2)], ids=str)
def test_a_refusal_stands_until_it_is_meant(tmp_path: Path, share: Share) -> None:
    """A file is renamed and another shrinks: 60 of 100, however often it is tried, and however much is added."""
    a, z, b = [name for name in (f"{n}.json" for n in range(99)) if share.owns(name)][:3]
    source, store = RowsSource(tmp_path / "rows"), MemoryStore(private=False)
    run(source.write(make({a: ("x", 45), b: ("y", 55)})), store, share)
    more: dict[str, tuple[str, int]] = {z: ("x", 45), b: ("y", 40)}
    for day in range(3):
        report = run(source.write(make(more)), store, share, Guard())
        assert (report.exit_code, report.total("deleted")) == (7, 0)
        more[f"new{day}.json"] = (f"n{day}", 70)
    assert "--max-delete 60" in str(report.failure)
    assert run(source, store, share, Guard("60")).exit_code == 0
    assert all(BASELINE not in record for record in divide(describe(store)).values())


def test_growth_counts_once_a_run_was_allowed(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows"), MemoryStore(private=False)
    run(source.write(make({"a.json": ("x", 40)})), store)
    files = make({"a.json": ("x", 40), "b.json": ("y", 200)})
    source.write(files)
    (tmp_path / "rows" / "broken.json").write_text("{", encoding="utf-8")
    assert run(source, store, WHOLE, Guard()).exit_code == 3
    source.write(make({"a.json": ("x", 40), "b.json": ("y", 110)}))
    assert run(source, store, WHOLE, Guard()).exit_code == 0


@given(st.randoms(use_true_random=False))
def test_what_shares_recorded_bounds_another_number_of_them(dice: Random) -> None:
    stored = {f"{n}.txt": dice.randint(1, 9) for n in range(20)}
    entry = place({}, Share(1, 2), {"chunking": {}, BASELINE: 5})
    rest = sum(count for name, count in stored.items() if Share(2, 2).owns(name))
    assert find_baselines(entry, 2) == {1: 5}
    assert find_bound(entry, stored, 3) == find_bound(entry, stored, 1) == 5 + rest
    assert find_bound(entry, stored, 2) is None
