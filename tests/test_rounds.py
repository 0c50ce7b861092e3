"""All shares of a round together do, and lose, what one run of the whole does, in whatever order they run."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.entries import ROUND, place
from ingest.guard import Guard
from ingest.model import Columns, Document, File, Ignored, Skipped
from ingest.report import Report
from ingest.rounds import Balance, Turn, choose_round, find_balances
from ingest.share import WHOLE, Share
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_share import ANYTHING, NAMES, is_complete, list_shares, make_files

PAUSING = ("describe", "create", "record", "count_origins", "upsert", "overwrite", "delete", "mark", "flush")
WORST_FIRST = (2, 4, 7, 3, 0)  # exit codes, as of several the report chooses one


@dataclass
class SheetSource(RowsSource):
    """A folder of JSON files, each with the columns of a sheet and its rows; one that is no JSON is skipped."""

    reading: Mapping[str, Any] = field(default_factory=dict)

    def put(self, sheets: Mapping[str, "Sheet"]) -> "SheetSource":
        self.write({})
        for name, sheet in sheets.items():
            (self.root / name).write_text(sheet.as_text(), encoding="utf-8")
        return self

    def parse(self, file: File, content: bytes) -> Iterator[Columns | Document | Skipped | Ignored]:  # type: ignore[override]
        try:
            found = json.loads(content)
        except ValueError:
            yield Skipped(file.origin, "", "is damaged")
            return
        names = dict.fromkeys(found["roles"], "s")
        yield Columns(file.origin, {"s": {role: role for role in names}}, {"s": list(names)})
        yield from super().parse(file, json.dumps(found["rows"]).encode())


@dataclass(frozen=True)
class Sheet:
    """roles: columns that are there. sizes: words of each row's answer, 0 for none. readable: it is no broken file."""

    sizes: Sequence[int]
    roles: Sequence[str] = ("page_content", "question")
    readable: bool = True

    def as_text(self) -> str:
        rows = [(f"{number}?", "word " * size + f"{number}" * (size > 0), "") for number, size in enumerate(self.sizes)]
        return json.dumps({"roles": self.roles, "rows": rows}) if self.readable else "{"


sheets = st.builds(
    Sheet,
    st.lists(st.sampled_from([0, 1, 60]), max_size=6),
    st.sampled_from([("page_content", "question"), ("page_content",)]),
    st.sampled_from([True, True, True, False]),
)
# One file is always there and says something: without any, a run of the whole looks at nothing and records nothing.
corpora = st.dictionaries(st.sampled_from(NAMES), sheets).map(lambda corpus: {**corpus, "z.json": Sheet([1])})
sizes = st.sampled_from([None, None, 100, 1000])  # characters of a chunk, where it is cut anew


class Paused:
    """A store that lets others run before each of its calls that they might notice."""

    def __init__(self, store: MemoryStore, pause: Callable[[], None]) -> None:
        self._store, self._pause = store, pause

    def __getattr__(self, name: str) -> Any:
        if name in PAUSING:
            self._pause()
        return getattr(self._store, name)


def run(source: RowsSource, store: Any, share: Share, **options: Any) -> Report:
    chosen = Options(batch_size=3, concurrency=1, share=share, **options)
    return sync([source], embedder=CountingEmbedder(), store=store, options=chosen)


def run_all(source: RowsSource, store: MemoryStore, of: int, dice: Random, **options: Any) -> list[Report]:
    """Run all shares: one after another in some order, or in turns, some calls to the store of each at a time."""
    order = list_shares(of)
    dice.shuffle(order)
    if dice.random() < 0.3:
        return [run(source, store, share, **options) for share in order]
    back: SimpleQueue[int | None] = SimpleQueue()  # whose turn is over; None where its run has ended
    gates = [threading.Semaphore(0) for _ in order]
    reports: dict[int, Report] = {}

    def work(place: int) -> None:
        def pause() -> None:
            back.put(place)
            gates[place].acquire()

        gates[place].acquire()
        try:
            reports[place] = run(source, Paused(store, pause), order[place], **options)
        finally:
            back.put(None)

    threads = [threading.Thread(target=work, args=(place,), daemon=True) for place in range(of)]
    for thread in threads:
        thread.start()
    left = list(range(of))
    while left:
        place = dice.choice(left)
        gates[place].release()
        if back.get() is None:
            left.remove(place)
    for thread in threads:
        thread.join()
    return [reports[place] for place in range(of)]


def find_worst(reports: Sequence[Report]) -> int:
    codes = {report.exit_code for report in reports}
    return next(code for code in WORST_FIRST if code in codes)


def count_losses(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    return sum(max(0, count - after.get(origin, 0)) for origin, count in before.items())


@given(st.lists(st.tuples(corpora, sizes, st.integers(2, 4)), min_size=1, max_size=4), st.randoms())
@settings(max_examples=25, deadline=None)
def test_a_round_ends_with_what_one_run_ends_with(history: list[tuple[Any, int | None, int]], dice: Random) -> None:
    """Whatever was edited, cut anew, damaged, emptied, removed, or lost a column."""
    with TemporaryDirectory() as folder:
        source, divided, whole = SheetSource(Path(folder)), MemoryStore(private=False), MemoryStore(private=False)
        for corpus, size, of in history:
            source.put(corpus)
            options = {"guard": ANYTHING, "chunk_size": size, "rechunk": size is not None}
            expected = run(source, whole, WHOLE, **options)
            reports = run_all(source, divided, of, dice, **options)
            assert find_worst(reports) == expected.exit_code, [str(report.failure) for report in reports]
            assert contents(divided) == contents(whole)
            if not expected.exit_code and divided.describe():
                assert is_complete(divided)


@given(corpora, corpora, st.integers(2, 4), st.sampled_from(["0", "3", "7", "10%", "50%", "90%"]), st.randoms())
@settings(max_examples=50, deadline=None)
def test_a_round_loses_no_more_than_one_run_may(old: Any, new: Any, of: int, limit: str, dice: Random) -> None:
    with TemporaryDirectory() as folder:
        source, divided = SheetSource(Path(folder)), MemoryStore(private=False)
        run(source.put(old), divided, WHOLE, guard=ANYTHING)
        if dice.random() < 0.5:
            run_all(source, divided, of, dice, guard=ANYTHING)
        whole, before = deepcopy(divided), divided.count_origins("rows")
        source.put(new)
        expected = run(source, whole, WHOLE, guard=Guard(limit))
        reports = run_all(source, divided, of, dice, guard=Guard(limit))
        lost = count_losses(before, divided.count_origins("rows"))
        assert lost <= (sum(before.values()) * int(limit[:-1]) // 100 if limit.endswith("%") else int(limit))
        refused = any(report.exit_code == 7 for report in reports)
        if expected.exit_code == 7:
            assert refused
        elif not refused:
            assert find_worst(reports) == expected.exit_code
            assert contents(divided) == contents(whole)


@pytest.mark.parametrize("seed", range(6))
def test_files_that_are_gone_and_files_that_are_emptied_count_together(tmp_path: Path, seed: int) -> None:
    """Half of the files of each share are gone, the others have no answer any more."""
    source, store = RowsSource(tmp_path / "rows"), MemoryStore(private=False)
    owned = {share: [f"{n:03}.json" for n in range(200) if share.owns(f"{n:03}.json")][:10] for share in list_shares(4)}
    run(source.write(make_files(list(chain.from_iterable(owned.values())), rows_each=5)), store, WHOLE)
    source.write({name: [(f"{name}?", "", "")] for names in owned.values() for name in names[:5]})
    reports = run_all(source, store, 4, Random(seed), guard=Guard())
    assert [report.exit_code for report in reports] == [7] * 4
    assert store.count() == 200


def test_a_number_of_chunks_bounds_all_shares_together(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES, rows_each=10)), MemoryStore(private=False)
    run(source, store, WHOLE)
    source.write(make_files(NAMES, rows_each=8))
    codes = [run(source, store, share, guard=Guard("10")).exit_code for share in list_shares(8)]
    assert 7 in codes
    assert 70 <= store.count() < 80
    again = [run(source, store, share, guard=Guard("16")).exit_code for share in list_shares(8)]
    assert (again, store.count()) == ([0] * 8, 64)


def test_trying_a_refused_share_again_forgets_nothing(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES, rows_each=10)), MemoryStore(private=False)
    run(source, store, WHOLE)
    source.write(make_files(NAMES, rows_each=6))
    codes = {share: run(source, store, share, guard=Guard("31")).exit_code for share in list_shares(2)}
    assert list(codes.values()) == [0, 7]
    left = store.count()
    assert [run(source, store, Share(2, 2), guard=Guard("31")).exit_code for _ in range(3)] == [7] * 3
    assert store.count() == left
    assert run(source, store, Share(2, 2), guard=Guard("32")).exit_code == 0


def test_a_share_none_of_whose_files_can_be_read_deletes_what_is_gone(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path / "rows").write(make_files(NAMES)), MemoryStore(private=False)
    run(source, store, WHOLE)
    share = next(share for share in list_shares(3) if sum(map(share.owns, NAMES)) > 1)
    broken, *gone = [name for name in NAMES if share.owns(name)]
    source.write(make_files([name for name in NAMES if name not in gone]))
    (tmp_path / "rows" / broken).write_text("{", encoding="utf-8")
    report = run(source, store, share, guard=ANYTHING)
    assert (report.exit_code, report.total("deleted"), report.total("kept")) == (3, 2 * len(gone), 2)


# Which round a run belongs to


def record(entry: Any, share: Share, number: int, *, is_open: bool = False) -> Any:
    return place(entry, share, {"chunking": {}, ROUND: Turn(number, is_open, Balance(10, 2, 8)).as_json()})


@given(st.integers(2, 5), st.integers(1, 4), st.data())
def test_each_round_has_each_share_once(of: int, rounds: int, data: st.DataObject) -> None:
    entry: Any = {}
    for number in range(1, rounds + 1):
        done: set[int] = set()
        for share in data.draw(st.permutations(list_shares(of))):
            assert choose_round(entry, share) == number
            assert find_balances(entry, share, number).keys() == done
            entry = record(entry, share, number, is_open=True)
            assert choose_round(entry, share) == number, "it died"
            entry = record(entry, share, number)
            done.add(share.number)


def test_a_share_that_was_left_behind_joins_the_others() -> None:
    entry = record(record({}, Share(1, 2), 1), Share(2, 2), 7)
    assert choose_round(entry, Share(1, 2)) == 7
    assert choose_round(entry, Share(1, 3)) == 1


@pytest.mark.parametrize("damaged", [None, "3", [1], [1, True, "a", 2, 3], {}])
def test_a_record_without_a_round_counts_for_none(damaged: Any) -> None:
    entry = place({}, Share(1, 2), {"chunking": {}, ROUND: damaged})
    assert (choose_round(entry, Share(2, 2)), find_balances(entry, Share(2, 2), 1)) == (1, {})
