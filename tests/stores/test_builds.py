"""What builds are called, what they carry, and what becomes of them."""

import os
import platform
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.stores.builds import (
    SILENCE,
    Fate,
    Found,
    Mark,
    behind_alias,
    beside,
    judge,
    make_mark,
    pack_mark,
    read_mark,
)

NOW = 1_800_000_000.0
HERE, THERE = platform.node(), "another host"
posix = pytest.mark.skipif(os.name == "nt", reason="whether a process is alive can't be asked without ending it")


def end_process() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        return ended.pid


ENDED, ALIVE = end_process(), os.getppid()


def mark(host: str, age: float, of: str = "laws", pid: int = ENDED) -> Mark:
    return Mark(of, host, pid, NOW - 9 * SILENCE, NOW - age)


@pytest.mark.parametrize(
    ("carried", "made_for", "alias", "fate"),
    [
        (mark(THERE, 0), "", "", Fate.BUSY),
        (mark(THERE, SILENCE - 1), "live", "live", Fate.BUSY),
        (mark(THERE, 1 - SILENCE), "", "", Fate.BUSY),
        (mark(THERE, SILENCE), "", "", Fate.ABANDONED),
        (mark(THERE, 99 * SILENCE), "live", "live", Fate.ABANDONED),
        (mark(THERE, -SILENCE), "", "", Fate.ABANDONED),
        (mark(HERE, 0), "", "", Fate.ABANDONED),
        (mark(HERE, 99 * SILENCE), "live", "live", Fate.ABANDONED),
        (mark(HERE, 0), "live", "", Fate.ABANDONED),
        (mark(HERE, 0, pid=os.getpid()), "", "", Fate.ABANDONED),
        pytest.param(mark(HERE, 0, pid=ALIVE), "", "", Fate.BUSY, marks=posix),
        (mark(HERE, SILENCE, pid=ALIVE), "", "", Fate.ABANDONED),
        (mark(HERE, 99 * SILENCE, of="other"), "", "", Fate.KEPT),
        (mark(HERE, 99 * SILENCE, of="other"), "live", "live", Fate.KEPT),
        (mark(THERE, 0, of="other"), "", "", Fate.KEPT),
        (None, "live", "live", Fate.REPLACED),
        (None, "live", "", Fate.KEPT),
        (None, "live", "other", Fate.KEPT),
        (None, "", "live", Fate.KEPT),
        (None, "", "", Fate.KEPT),
    ],
)
def test_what_becomes_of_a_collection(carried: Mark | None, made_for: str, alias: str, fate: Fate) -> None:
    assert judge(Found("laws-2", carried, made_for), of="laws", alias=alias, now=NOW) is fate


def test_a_mark_says_who_builds_and_comes_back() -> None:
    made = make_mark("laws", NOW)
    assert (made.of, made.host, made.pid, made.since, made.beat) == ("laws", HERE, os.getpid(), NOW, NOW)
    assert read_mark(pack_mark(made)) == made
    at = "2027-01-15T08:00:00+00:00"
    assert str(made) == f"process {os.getpid()} on {HERE}, since {at}, last seen {at}"


@pytest.mark.parametrize("value", [None, "", [], {}, {"of": 3}, {"host": HERE}, 7])
def test_what_is_no_mark_is_none(value: object) -> None:
    assert read_mark(value) is None


@pytest.mark.parametrize("damage", [{"pid": None}, {"beat": "yesterday"}, {"since": {}}])
def test_a_damaged_mark_is_that_of_a_silent_host(damage: dict[str, Any]) -> None:
    found = read_mark({**pack_mark(mark(THERE, 0)), **damage})
    assert judge(Found("laws-2", found, ""), of="laws", alias="", now=NOW) is Fate.ABANDONED
    assert read_mark({"of": "laws"}) == found


@pytest.mark.parametrize(
    ("collection", "there", "picked", "following"),
    [
        ("laws", [], [], "laws-2"),
        ("laws", ["laws", "laws-1", "laws-2", "laws-10", "laws-9"], ["laws-2", "laws-9", "laws-10"], "laws-11"),
        ("laws", ["laws-02", "laws-2b", "xlaws-2", "laws-2-3", "laws_2"], [], "laws-2"),
        ("laws-2", ["laws", "laws-1", "laws-2", "laws-3"], ["laws-3"], "laws-4"),
        ("laws-2", ["laws-2"], [], "laws-3"),
        ("laws-2026", ["laws-2027"], [], "laws-2026-2"),
        ("luật 법-9", ["luật 법-12"], ["luật 법-12"], "luật 법-13"),
        ("a.b", ["axb-2"], [], "a.b-2"),
    ],
)
def test_a_build_counts_on(collection: str, there: list[str], picked: list[str], following: str) -> None:
    series = beside(collection)
    assert series.pick(there) == picked
    assert series.name_next(there) == following


def test_behind_an_alias_numbers_begin_with_one() -> None:
    assert behind_alias("laws").name_next([]) == "laws-1"
    assert behind_alias("laws-2").name_next(["laws-2"]) == "laws-2-1"
    assert behind_alias("laws").pick(["laws", "laws-1", "laws-3"]) == ["laws-1", "laws-3"]


@given(st.text(min_size=1, max_size=9), st.sets(st.integers(0, 1200), max_size=6))
def test_the_next_name_is_new_and_belongs_to_the_series(collection: str, numbers: set[int]) -> None:
    for series in (beside(collection), behind_alias(collection)):
        there = {collection, *(f"{series.stem}-{number}" for number in numbers)}
        following = series.name_next(there)
        assert following not in there
        assert series.pick([*there, following])[-1] == following
        assert collection not in series.pick(there)
