"""Whatever came before, after a run the collection equals the sources, and a second run does nothing."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import (
    EmbeddingError,
    GuardError,
    IdentityError,
    ItemsSkipped,
    SourceError,
    TerminationSignal,
    UsageError,
)
from ingest.guard import Guard
from ingest.model import digest_text
from ingest.protocols import Store
from ingest.render import render_report
from ingest.report import Report
from ingest.sources import open_source
from ingest.sync import Options, sync
from tests.fakes import POISON, WRITES, CountingEmbedder, Crash, Crashing, Files, RowsSource, contents, vector_of
from tests.stores.memory import MemoryStore

ANYTHING = Options(guard=Guard("100%"), batch_size=3, concurrency=2)

words = st.sampled_from(["a", "b", "c", "d e", "Điều", "질문"])
rows = st.tuples(words, words | st.just(""), words)
versions = st.dictionaries(st.sampled_from(["x.json", "y.json", "z.json"]), st.lists(rows, max_size=6), min_size=1)
histories = st.lists(versions, min_size=1, max_size=4)


def run(
    source: RowsSource, store: Any, options: Options = ANYTHING, **embedder: Any
) -> tuple[Report, CountingEmbedder]:
    asked = CountingEmbedder(**embedder)
    return sync([source], embedder=asked, store=store, options=options), asked


def expected(files: Files) -> Counter[tuple[Any, ...]]:
    return Counter(
        (origin, question, answer, source or origin, number, alone)
        for origin, rows in files.items()
        for number, (question, answer, source) in enumerate(rows, start=2)
        for alone in ((True, False) if question else (False,))  # the question has a point for itself
        if answer
    )


def found(store: Store) -> Counter[tuple[Any, ...]]:
    """What the store holds, each point's vector checked against its text."""
    counter: Counter[tuple[Any, ...]] = Counter()
    for point in store.scroll():
        payload: Mapping[str, Any] = point.payload
        question, answer = payload["question"], payload["page_content"]
        place = payload["metadata"]
        alone = place["start"] == place["end"]
        text = question if alone else f"{question}\n{answer}" if question else answer
        np.testing.assert_allclose(point.vector, vector_of(text), atol=1e-5)
        counter[payload["ingest"]["origin"], question, answer, payload["source"], place["row"], alone] += 1
    return counter


@given(histories)
def test_after_a_run_the_store_equals_the_sources_and_a_second_run_does_nothing(history: list[Files]) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore()
        for files in history:
            report, asked = run(source.write(files), store)
            assert report.exit_code == 0
            assert found(store) == expected(files)
            assert len(set(asked.asked)) == len(asked.asked), "a text was embedded twice in one run"
        before = contents(store)
        crashing = Crashing(store, at=1)  # one write is allowed: the record of the run itself
        report, asked = run(source, crashing)
        assert (report.exit_code, asked.requests) == (0, 0)
        assert contents(store) == before


@given(histories, st.integers(0, 40), st.booleans())
def test_after_a_crash_at_any_write_the_next_run_heals(history: list[Files], at: int, after: bool) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore()
        for files in history[:-1]:
            run(source.write(files), store)
        source.write(history[-1])
        with suppress(Crash):
            run(source, Crashing(store, at, after=after))
        stored = {point.payload["ingest"]["text"] for point in store.scroll()}  # type: ignore[index,call-overload]
        report, asked = run(source, store)
        assert report.exit_code == 0
        assert found(store) == expected(history[-1])
        embedded = {digest_text(text) for text in asked.asked}
        assert not embedded & stored, "a text that was stored was embedded again"
        undisturbed = MemoryStore()
        run(source, undisturbed)
        assert contents(undisturbed) == contents(store)


@given(histories, st.integers(0, 40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_crash_and_a_way_back_leave_no_trace(history: list[Files], at: int) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore()
        run(source.write(history[0]), store)
        for files in history[1:]:
            source.write(files)
            with suppress(Crash):
                run(source, Crashing(store, at))
        run(source.write(history[0]), store)
        assert found(store) == expected(history[0])


@given(versions, versions, st.integers(0, 12))
def test_what_failed_keeps_its_old_points(old: Files, new: Files, fail_after: int) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore()
        run(source.write(old), store)
        before = found(store)
        report, _ = run(source.write(new), store, fail_after=fail_after)
        after = found(store)
        unfinished = {item for item in expected(new) if item not in after}
        origins = {item[0] for item in unfinished}
        assert bool(origins) == (report.exit_code == EmbeddingError.exit_code)
        lost = {item for item in before if item not in after and item[0] in origins}
        rewritten = {item[:3] for item in after}
        assert all(item[:3] in rewritten for item in lost), "an origin that is not done lost a text"
        gone = {item for item in after if item[0] not in new}
        assert not gone, "an origin that left the source stayed, though nothing of it was left to embed"
        run(source, store)
        assert found(store) == expected(new)


@given(st.permutations(["a", "b", "c", "d", POISON]), st.sets(st.sampled_from("abcd")))
def test_a_poison_row_costs_one_row(answers: list[str], withdrawn: set[str]) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder)), MemoryStore()
        rows = [(f"q{answer[0]}", answer, "s") for answer in answers]
        old = [row if row[1] != POISON else (row[0], "fine once", "s") for row in rows]
        run(source.write({"x.json": old}), store)
        new = [row for row in rows if row[1] not in withdrawn]
        report, _ = run(source.write({"x.json": new}), store)
        texts = {item[2] for item in found(store)}
        assert report.exit_code == ItemsSkipped.exit_code
        assert "fine once" in texts, "the old answer of the poison row was lost"
        assert {row[1] for row in new} - {POISON} <= texts
        row_of_poison = new.index(("qp", POISON, "s"))
        assert texts - {row[1] for row in new} - {"fine once"} <= {old[row_of_poison][1]}
        assert [(item.origin, item.where) for item in report.datasets[0].skipped] == [
            ("x.json", f"row {row_of_poison + 2}")
        ]


@pytest.fixture
def source(tmp_path: Path) -> RowsSource:
    return RowsSource(tmp_path / "rows").write({"x.json": [("q1", "one", "s"), ("q2", "two", "s")]})


def test_an_unchanged_file_is_not_parsed(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    source.parsed.clear()
    report, _ = run(source, store)
    assert source.parsed == []
    assert report.total("unchanged") == 4


def test_a_new_file_is_written_with_its_state_and_needs_no_mark(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    assert store.calls["mark"] == 0
    [state] = store.count_states(source.dataset)
    source.write({"x.json": [("q1", "one", "s"), ("q2", "new", "s")]})
    run(source, store)
    assert store.calls["mark"] == 1, "of the points that stay, too"
    [other] = store.count_states(source.dataset)
    assert other != state


def test_what_a_killed_run_finished_is_not_read_again(source: RowsSource) -> None:
    files: Files = {f"{name}.json": [("", f"{name}{n}", "s") for n in range(3)] for name in "abcdef"}
    store = MemoryStore()
    source.write(files)
    with suppress(Crash):
        run(source, Crashing(store, at=5))  # the collection, its record, and half of the points
    counts = store.count_origins(source.dataset)
    done = [name for name in files if counts.get(name) == len(files[name])]
    assert 0 < len(done) < len(files)
    source.parsed.clear()
    run(source, store)
    assert len(source.parsed) == len(files) - len(done)
    assert found(store) == expected(files)


def test_a_file_of_which_a_text_is_refused_is_read_again(source: RowsSource) -> None:
    store = MemoryStore()
    source.write({"x.json": [("q1", "one", "s"), ("q2", POISON, "s")]})
    run(source, store)
    source.parsed.clear()
    run(source, store)
    assert source.parsed


def test_a_moved_row_a_copied_file_and_a_renamed_folder_embed_nothing(source: RowsSource, tmp_path: Path) -> None:
    store = MemoryStore()
    run(source, store)
    moved = [("q2", "two", "s"), ("q1", "one", "s")]
    report, asked = run(source.write({"x.json": moved, "copy.json": moved}), store)
    assert (asked.requests, report.total("refreshed"), report.total("reused")) == (0, 4, 4)
    renamed = RowsSource(source.root, dataset="renamed")
    report, asked = run(renamed, store)
    assert (asked.requests, report.total("added")) == (0, 8)
    assert "rows" in report.notes[0]


def test_equal_texts_of_one_run_are_embedded_once(source: RowsSource) -> None:
    many = {f"{name}.json": [("q", "same", str(number)) for number in range(50)] for name in "abc"}
    _, asked = run(source.write(many), MemoryStore())
    assert asked.asked == ["q", "q\nsame"]


def test_a_changed_source_cell_is_refreshed_without_embedding(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    report, asked = run(source.write({"x.json": [("q1", "one", "new"), ("q2", "two", "s")]}), store)
    assert (asked.requests, report.total("refreshed"), report.total("unchanged")) == (0, 2, 2)


def test_a_damaged_file_keeps_its_points_and_the_rest_goes_on(source: RowsSource) -> None:
    store = MemoryStore()
    run(source.write({"x.json": [("q", "one", "s")], "y.json": [("q", "two", "s")]}), store)
    source.write({"x.json": [("q", "one", "s")], "y.json": [("q", "three", "s")]})
    (source.root / "x.json").write_text("damaged")
    report, _ = run(source, store)
    assert report.exit_code == ItemsSkipped.exit_code
    assert {item[2] for item in found(store)} == {"one", "three"}


def test_a_source_of_which_nothing_can_be_read_is_an_error_and_loses_nothing(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store)
    (source.root / "x.json").write_text("damaged")
    report, _ = run(source, store)
    assert report.exit_code == SourceError.exit_code
    assert "x.json" in str(report.failure)
    assert len(contents(store)) == 4


def test_sources_of_one_run_are_independent(source: RowsSource, tmp_path: Path) -> None:
    store = MemoryStore()
    empty = RowsSource(tmp_path / "empty", dataset="empty").write({})
    report = sync([empty, source], embedder=CountingEmbedder(), store=store)
    assert report.exit_code == SourceError.exit_code
    assert len(contents(store)) == 4


def test_two_sources_of_one_name_are_refused(source: RowsSource) -> None:
    with pytest.raises(UsageError, match="'rows'"):
        sync([source, source], embedder=CountingEmbedder(), store=MemoryStore())


def big(names: str, rows: int = 10) -> Files:
    return {f"{name}.json": [("", f"{name}{number}", "") for number in range(rows)] for name in names}


@pytest.mark.parametrize(
    ("max_delete", "old", "new", "refused"),
    [
        ("50%", big("abcd"), big("cd"), False),
        ("50%", big("abcd"), big("d"), True),
        ("50%", big("a"), big("a", 4), True),
        ("50%", big("a"), {"a.json": big("b")["b.json"]}, False),  # edits are no losses
        ("30", big("abcd"), big("d"), False),
        ("29", big("abcd"), big("d"), True),
        ("100", big("abc"), big("xyz"), True),  # another folder of the same name
        ("100", big("ab"), big("xy"), False),  # ... but not of more than 20 chunks
        ("100", big("a", 1), {"a.json": []}, True),  # would become empty
        ("100%", big("a", 1), {"a.json": []}, False),
        ("100%", big("abc"), big("xyz"), False),
    ],
)
def test_the_guard_bounds_what_a_dataset_may_lose(
    source: RowsSource, max_delete: str, old: Files, new: Files, refused: bool
) -> None:
    store = MemoryStore()
    run(source.write(old), store)
    before = set(contents(store))
    report, _ = run(source.write(new), store, Options(guard=Guard(max_delete, command="the command")))
    if refused:
        assert report.exit_code == GuardError.exit_code
        assert "the command --max-delete" in str(report.failure)
        assert before <= set(contents(store))
    else:
        assert report.exit_code == 0
        assert found(store) == expected(new)


def test_a_guard_that_knows_from_the_listing_refuses_before_anything_is_embedded(source: RowsSource) -> None:
    store = MemoryStore()
    run(source.write(big("abcd")), store)
    report, asked = run(source.write(big("dxyz")), store, Options())
    assert report.exit_code == GuardError.exit_code
    assert asked.requests == 0


def test_canaries_are_asked_once_and_only_by_a_run_that_embeds(source: RowsSource) -> None:
    store = MemoryStore()
    assert run(source, store)[1].probed == 1
    assert run(source, store)[1].probed == 0


def test_a_trial_is_replaced_by_the_first_real_embedder_and_never_the_other_way(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store, model="hashing-1")
    report, asked = run(source, store)
    assert (report.exit_code, len(asked.asked)) == (0, 4)
    assert "trial" in report.notes[0]
    with pytest.raises(IdentityError):
        run(source, store, model="hashing-1")


def test_a_trial_stays_while_the_real_service_fails(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store, model="hashing-1")
    before = contents(store)
    with pytest.raises(EmbeddingError):
        run(source, store, fail_after=0)
    assert contents(store) == before


def test_a_limit_embeds_so_many_texts_and_deletes_nothing(source: RowsSource) -> None:
    store = MemoryStore()
    run(source.write(big("ab")), store)
    report, asked = run(source.write(big("bc")), store, Options(limit=4))
    assert (len(asked.asked), report.total("deleted"), report.total("kept")) == (4, 0, 10)
    report, asked = run(source, store, Options())
    assert len(asked.asked) == 6
    assert found(store) == expected(big("bc"))


def test_an_interrupt_ends_with_a_report(source: RowsSource) -> None:
    store = MemoryStore()

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    report = sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING, watch=interrupt)
    assert report.exit_code == 130
    run(source, store)
    assert len(found(store)) == 4


def test_nothing_to_index_creates_nothing(source: RowsSource) -> None:
    store = MemoryStore()
    report, asked = run(source.write({"x.json": [("unanswered", "", "")]}), store)
    assert (report.exit_code, asked.requests, store.describe()) == (0, 0, None)
    assert [item.where for item in report.datasets[0].ignored] == ["row 2"]


def test_what_was_done_to_read_a_file_is_in_the_report_and_no_failure(tmp_path: Path) -> None:
    text = "Điều 1. Người lao động có quyền nghỉ phép năm theo quy định của pháp luật.\n"
    (tmp_path / "a.txt").write_bytes(text.encode("utf-16-le"))
    (tmp_path / "b.txt").write_bytes(text.encode() + b"\xff")
    store = MemoryStore()

    def look() -> Report:
        return sync([open_source("text", tmp_path)], embedder=CountingEmbedder(), store=store, options=ANYTHING)

    first, second = look(), look()
    assert (first.exit_code, first.total("added")) == (0, 2)
    assert [(item.origin, item.where) for item in first.datasets[0].noted] == [("a.txt", ""), ("b.txt", "line 2")]
    datasets: Any = first.as_json()["datasets"]
    assert datasets[0]["noted"][1] == {
        "origin": "b.txt",
        "where": "line 2",
        "what": f"left out: bad byte 0xFF at offset {len(text.encode())}",
    }
    assert "  noted: b.txt, line 2: left out: bad byte 0xFF" in "\n".join(render_report(first))
    assert second.datasets[0].noted == []  # of what is unchanged, nothing is read


def test_every_write_of_a_store_is_known_to_the_crash_tests() -> None:
    reads = {"describe", "count_origins", "count_states", "list_points", "fetch_payloads", "find_vectors", "search"}
    reads |= {"count_datasets", "count_strangers", "find_written", "scroll", "count", "settle"}
    # A build is a store of its own; what `clear` removes no sync has written.
    other = {"build", "clear", "close", "flush", "compact", "name", "collection", "private"}
    assert set(WRITES) | reads | other == {
        name for kind in Store.__mro__ for name in vars(kind) if not name.startswith("_")
    }


def test_points_that_were_all_reused_are_recorded_although_the_service_fails(
    source: RowsSource, tmp_path: Path
) -> None:
    store = MemoryStore()
    run(source, store)
    rows = [("q1", "one", "s"), ("q2", "two", "s"), ("q3", "new", "s")]
    report, _ = run(RowsSource(tmp_path / "copy", dataset="copy").write({"x.json": rows}), store, fail_after=0)
    assert (report.exit_code, report.total("added")) == (EmbeddingError.exit_code, 4)
    described = store.describe()
    assert described
    assert set(described.datasets) == {"rows", "copy"}


def test_a_refused_run_leaves_the_recorded_chunking_as_it_was(source: RowsSource) -> None:
    store = MemoryStore()
    rows = [("q", "word " * 200, "s")]
    run(source.write({"x.json": rows, "y.json": rows}), store, Options(chunk_size=100))
    source.write({"x.json": [], "y.json": rows[:0], "z.json": rows})
    refused, _ = run(source, store, Options(chunk_size=1000, rechunk=True))
    source.write({"x.json": rows, "y.json": rows})
    assert refused.exit_code == GuardError.exit_code
    again, asked = run(source, store, Options())
    assert (again.exit_code, asked.requests) == (0, 0), "the command of before was not undisturbed"


@pytest.mark.parametrize("options", [Options(limit=0), Options(prune=False)])
def test_a_run_that_deletes_nothing_replaces_no_trial(source: RowsSource, options: Options) -> None:
    store = MemoryStore()
    run(source, store, model="hashing-1")
    before = contents(store)
    with pytest.raises(UsageError, match="trial"):
        run(source, store, options)
    assert contents(store) == before


def test_a_termination_ends_with_a_report_and_its_own_code(source: RowsSource) -> None:
    def terminate(_: Any) -> None:
        raise TerminationSignal

    report = sync([source], embedder=CountingEmbedder(), store=MemoryStore(), options=ANYTHING, watch=terminate)
    assert report.exit_code == 143


def test_payload_indexes_are_made_with_the_collection_and_with_one_that_is_there(source: RowsSource) -> None:
    store = MemoryStore()
    run(source, store, options=Options(indexes=(("metadata.rating", "float"),)))
    assert store.indexes == {"metadata.rating": "float"}
    before = contents(store)
    run(source, store, options=Options(indexes=(("question", "text"),)))
    assert store.indexes == {"metadata.rating": "float", "question": "text"}
    assert contents(store) == before
