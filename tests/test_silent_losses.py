"""What other tools lose in silence, exit code 0 and all, is not lost here; and what cannot be saved is said.

the loss                                            who loses it
collection wiped behind the tool's back             LangChain: all "skipped", 0 points for ever
points deleted behind it                            CocoIndex: "unchanged", the points stay away
another model under the same name                   LangChain, LlamaIndex: nothing is embedded anew
a source that yields nothing                        LangChain, LlamaIndex, CocoIndex: every point deleted
a service that fails during an update               LlamaIndex: the old version was deleted first; CocoIndex: exit 0
two runs at once                                    CocoIndex: both start on one state, neither refuses
the contents of two rows swapped                    llm embed-multi: the ids are there already
a text edited, deleted                              unstructured-ingest: the cached one goes out; llm: stays for ever
one text in two files                               where an id is the hash of the content, one file takes it away
a name in NFC and in NFD                            where a path is compared byte by byte, all is new
a poison row beside a withdrawn one                 where one failure stops every deletion, the withdrawn one is served
back to the version of before                       where only the digest of a file is kept, half of it is missing
"""

import unicodedata
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdrant_client import QdrantClient

from ingest.errors import EmbeddingError, GuardError, IdentityError, ItemsSkipped, SourceError
from ingest.protocols import Store
from ingest.sources import open_source
from ingest.stores.server import ServerStore
from ingest.sync import Options, sync
from ingest.verification import verify
from tests.fakes import POISON, CountingEmbedder, Crash, Files, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_sync import expected, found, run, versions

OLD = [("", "one", "s"), ("", "two", "s")]


@pytest.fixture
def source(tmp_path: Path) -> RowsSource:
    return RowsSource(tmp_path / "rows").write({"x.json": OLD})


@pytest.fixture
def store(source: RowsSource) -> MemoryStore:
    """A store that holds the source."""
    filled = MemoryStore()
    assert run(source, filled)[0].exit_code == 0
    return filled


def answers(store: Store) -> list[str]:
    return sorted(str(point.payload["page_content"]) for point in store.scroll())


def test_a_collection_wiped_behind_our_back_is_filled_again(source: RowsSource, store: MemoryStore) -> None:
    before = contents(store)
    store.delete(list(before))
    report, asked = run(source, store)
    assert (report.exit_code, len(asked.asked), contents(store)) == (0, 2, before)


def test_a_collection_dropped_behind_our_back_is_made_again(source: RowsSource, store: MemoryStore) -> None:
    before = contents(store)
    store.drop()
    report, asked = run(source, store)
    assert (report.exit_code, len(asked.asked), contents(store)) == (0, 2, before)


@given(versions, st.data())
def test_points_deleted_behind_our_back_are_made_again(files: Any, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)).write(files), MemoryStore()
        run(source, store)
        before = contents(store)
        lost = data.draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
        store.delete(sorted(lost))
        report, _ = run(source, store)
        assert (report.exit_code, contents(store)) == (0, before)
        assert report.total("added") == len(lost)


def test_another_model_is_refused_before_anything_is_asked(source: RowsSource, store: MemoryStore) -> None:
    with pytest.raises(IdentityError, match="COLLECTION_NAME"):
        run(source, store, model="another")


def test_another_model_behind_the_same_name_is_refused_before_any_write(source: RowsSource, store: MemoryStore) -> None:
    before = contents(store)
    report, asked = run(source.write({"x.json": [("q1", "new", "s")]}), store, shift=1)
    assert report.exit_code == IdentityError.exit_code
    assert (contents(store), asked.asked) == (before, [])


def test_a_source_that_yields_nothing_is_an_error_and_loses_nothing(source: RowsSource, store: MemoryStore) -> None:
    before = contents(store)
    emptied: list[Files] = [{}, {"x.json": []}, {"x.json": [("q1", "", "s")]}]
    for files in emptied:
        report, _ = run(source.write(files), store, options=Options())
        assert report.exit_code == (GuardError if files else SourceError).exit_code
        assert contents(store) == before


def test_a_service_that_fails_during_an_update_takes_nothing_away(source: RowsSource, store: MemoryStore) -> None:
    before = contents(store)
    source.write({"x.json": [("", "one, mended", "s"), ("", "two, mended", "s")]})
    report, _ = run(source, store, fail_after=0)
    assert (report.exit_code, contents(store)) == (EmbeddingError.exit_code, before)
    assert run(source, store)[0].exit_code == 0
    assert answers(store) == ["one, mended", "two, mended"]


def test_the_contents_of_two_rows_swapped_are_swapped(source: RowsSource, store: MemoryStore) -> None:
    run(source.write({"x.json": [("q1", "one", "s"), ("q2", "two", "s")]}), store)
    swapped = {"x.json": [("q1", "two", "s"), ("q2", "one", "s")]}
    report, _ = run(source.write(swapped), store)
    assert report.exit_code == 0
    assert found(store) == expected(swapped)


def test_a_text_that_was_edited_or_deleted_is_not_served_any_more(source: RowsSource, store: MemoryStore) -> None:
    assert run(source.write({"x.json": [("", "one, mended", "s")]}), store)[0].exit_code == 0
    assert answers(store) == ["one, mended"]


def test_one_text_in_two_files_stays_until_both_are_gone(source: RowsSource, store: MemoryStore) -> None:
    report, asked = run(source.write({"x.json": OLD, "y.json": OLD}), store)
    assert (asked.requests, report.total("reused"), len(answers(store))) == (0, 2, 4)
    assert run(source.write({"y.json": OLD}), store)[0].exit_code == 0
    assert found(store) == expected({"y.json": OLD})


def test_a_name_that_changes_from_nfc_to_nfd_changes_nothing(tmp_path: Path) -> None:
    store, name = MemoryStore(), "Điều lệ 휴가.txt"
    first, second = (tmp_path / unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    first.write_text("Điều 1. Nghỉ phép", encoding="utf-8")
    source = open_source("text", tmp_path)
    sync([source], embedder=CountingEmbedder(), store=store)
    before, writes = contents(store), store.writes
    first.rename(second)
    embedder = CountingEmbedder()
    report = sync([source], embedder=embedder, store=store)
    assert (report.exit_code, embedder.requests, contents(store)) == (0, 0, before)
    assert store.writes == writes + 1, "more was written than the record of the run"


def test_a_poison_row_costs_one_row_and_the_withdrawn_one_beside_it_goes(tmp_path: Path) -> None:
    source, store = RowsSource(tmp_path), MemoryStore()
    run(source.write({"x.json": [("", "fine once", "s"), *OLD]}), store)
    report, _ = run(source.write({"x.json": [("", POISON, "s"), OLD[0]]}), store)
    assert report.exit_code == ItemsSkipped.exit_code
    assert answers(store) == ["fine once", "one"]


def test_a_way_back_after_a_run_that_died_between_deletes_and_state(source: RowsSource) -> None:
    """v1 = {a, b}; a run to v2 = {a, c} dies before its state is written; the source goes back to v1."""
    v1 = {"x.json": [("", "a", ""), ("", "b", "")]}
    store = MemoryStore()
    run(source.write(v1), store)
    source.write({"x.json": [("", "a", ""), ("", "c", "")]})
    original = store.mark

    def die(*_: Any) -> None:
        raise Crash

    store.mark = die  # type: ignore[method-assign,assignment]  # the process dies there
    with pytest.raises(Crash):
        run(source, store)
    assert answers(store) == ["a", "c"], "it did not die where it should"
    store.mark = original  # type: ignore[method-assign]
    run(source.write(v1), store)
    assert answers(store) == ["a", "b"]


@dataclass
class Turns:
    """Which of two runs makes the next call to the store; whoever comes once the order is used up or a run is over."""

    order: deque[int]
    over: set[int] = field(default_factory=set)
    condition: Condition = field(default_factory=Condition)

    @contextmanager
    def take(self, run: int) -> Iterator[None]:
        with self.condition:
            assert self.condition.wait_for(lambda: self._next() in (None, run), timeout=20), "nobody took their turn"
            if self.order:
                self.order.popleft()
            yield
            self.condition.notify_all()

    def leave(self, run: int) -> None:
        with self.condition:
            self.over.add(run)
            self.condition.notify_all()

    def _next(self) -> int | None:
        while self.order and self.order[0] in self.over:
            self.order.popleft()
        return self.order[0] if self.order else None


class Sharing:
    """The store as one of two runs sees it: each of its calls waits for its turn."""

    def __init__(self, store: Store, run: int, turns: Turns) -> None:
        self._store, self._run, self._turns = store, run, turns

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        return self._wrap(attribute) if callable(attribute) else attribute

    def _wrap(self, method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._turns.take(self._run):
                result = method(*args, **kwargs)
                return iter(list(result)) if isinstance(result, Iterator) else result

        return call


def run_together(sources: Sequence[RowsSource], store: Store, order: Sequence[int]) -> list[int]:
    """Run two at once, their calls to the store in this order; give their exit codes."""
    turns, codes = Turns(deque(order)), [-1, -1]

    def work(number: int) -> None:
        try:
            shared: Any = Sharing(store, number, turns)
            codes[number] = run(sources[number], shared)[0].exit_code
        finally:
            turns.leave(number)

    threads = [Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return codes


def make_server() -> Store:
    return ServerStore(QdrantClient(":memory:"), "legal_rag", name="memory")


@pytest.mark.parametrize("make", [MemoryStore, make_server])
@given(versions, versions, versions, st.lists(st.integers(0, 1), max_size=40))
@settings(max_examples=40)
def test_two_runs_at_once_lose_no_text_of_a_file_that_stays(
    make: Callable[[], Store], before: Any, first: Any, second: Any, order: list[int]
) -> None:
    """Whatever each of them wants, and in whatever order they ask and write.

    What two versions of one file have left between them, in as many points as one of them has, bears the state of that
    one: only `verify` sees it, and lets the next run mend it.
    """
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        store = make()
        run(RowsSource(Path(folder) / "before").write(before), store)
        sources = [RowsSource(Path(folder) / name).write(files) for name, files in (("1", first), ("2", second))]
        codes = run_together(sources, store, order)
        staying = {name: rows for name, rows in before.items() if rows == first.get(name) == second.get(name)}
        assert expected(staying) <= found(store)
        assert -1 not in codes
        if store.describe():
            verify([sources[1]], store=store, options=Options(), invalidate=True)
        run(sources[1], store)
        assert found(store) == expected(second)
