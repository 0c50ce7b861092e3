"""A report says which skipped items the last run skipped already."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Skipped
from ingest.render import render_problems
from ingest.report import KNOWN, Report, Tally
from tests.fakes import POISON, RowsSource
from tests.stores.memory import MemoryStore
from tests.test_sync import run

texts = st.text(max_size=5)
items = st.builds(Skipped, texts, texts, texts, texts)


def list_marks(report: Report) -> list[tuple[str, bool]]:
    found: Any = json.loads(json.dumps(report.as_json()))["datasets"][0]["skipped"]
    return [(item["origin"], item["as_before"]) for item in found]


def test_what_was_skipped_in_the_last_run_is_marked_as_before(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows"), MemoryStore()
    rows = [("độc", POISON, "s"), ("q", "좋은 답변", "s")]
    report, _ = run(source.write({"x.json": rows, "y.json": [("q", "b", "s")]}), store)
    assert (report.exit_code, list_marks(report)) == (3, [("x.json", False)])

    source.write({"x.json": [("new", "row above", "s"), *rows], "y.json": []})
    (source.root / "y.json").write_text("damaged")
    report, _ = run(source, store)
    assert (report.exit_code, sorted(list_marks(report))) == (3, [("x.json", True), ("y.json", False)])
    lines = sorted(render_problems(report))
    assert [line.partition(": ")[0] for line in lines] == ["skipped (as before)", "skipped"]

    report, _ = run(source, store)
    assert sorted(list_marks(report)) == [("x.json", True), ("y.json", True)]

    report, _ = run(source.write({"x.json": rows[1:], "y.json": [("q", "b", "s")]}), store)
    assert report.exit_code == 0
    report, _ = run(source.write({"x.json": rows, "y.json": [("q", "b", "s")]}), store)
    assert list_marks(report) == [("x.json", False)], "what was mended in between was not forgotten"


def test_a_run_that_fails_forgets_nothing(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows"), MemoryStore()
    rows = [("q", POISON, "s"), ("q", "a", "s")]
    run(source.write({"x.json": rows}), store)
    failed, _ = run(
        source.write({"x.json": [*rows, ("q", "b", "s")], "y.json": [("q", "a", "s")]}), store, fail_after=0
    )
    assert (failed.exit_code, failed.total("added")) == (5, 3), "nothing was finished before it failed"
    report, _ = run(source, store)
    assert list_marks(report) == [("x.json", True)]


@given(st.lists(items, max_size=8), items)
def test_an_item_is_known_if_and_only_if_the_last_run_skipped_it(before: list[Skipped], item: Skipped) -> None:
    last, now = Tally("faq", skipped=before), Tally("faq")
    now.recognise({"skipped": json.loads(json.dumps(last.list_skipped()))})
    assert all(map(now.knows, before))
    if not item.text and not any(each.text for each in before):
        assert now.knows(item) is (item in before)


@pytest.mark.parametrize("recorded", [{}, {"skipped": None}, {"skipped": {}}])
def test_without_a_record_nothing_is_known(recorded: Any) -> None:
    tally = Tally("faq")
    tally.recognise(recorded)
    assert not tally.knows(Skipped("x", "", "why"))


def test_what_is_recorded_is_bounded() -> None:
    tally = Tally("faq", skipped=[Skipped("x", f"row {number}", "why") for number in range(KNOWN + 5)])
    recorded = tally.list_skipped()
    assert list(recorded) == ["x"]
    assert len(recorded["x"]) == KNOWN
    assert {len(name) for name in recorded["x"]} == {16}
