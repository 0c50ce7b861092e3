"""After a run there is nothing to find; each damage is found as what it is, and the next run mends it."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from qdrant_client import QdrantClient

from ingest.errors import SourceError, StoreError, UsageError, VerificationError
from ingest.model import Hit, Payload, Point, Vector, name_point
from ingest.protocols import Source, Store
from ingest.render import render_verification
from ingest.sources import open_source
from ingest.stores import open_store
from ingest.stores.server import ServerStore
from ingest.sync import Options, sync
from ingest.verification import LISTED, Verification, verify
from tests.fakes import POISON, CountingEmbedder, Files, RowsSource, contents, vector_of
from tests.stores.memory import WRITES, MemoryStore
from tests.test_sync import ANYTHING, histories

FILES: Files = {
    "câu hỏi.json": [("", "12 ngày", "Điều 113"), ("", "60 ngày", ""), ("", "tháng", "")],
    "질문.json": [("", "15일", "제60조"), ("", "매월", ""), ("", "매월", "")],
}
POINTS = 6
ORIGIN = "câu hỏi.json"


def fill(source: RowsSource, store: Store) -> CountingEmbedder:
    embedder = CountingEmbedder()
    assert sync([source], embedder=embedder, store=store, options=ANYTHING).exit_code == 0
    return embedder


@pytest.fixture
def source(tmp_path: Path) -> RowsSource:
    return RowsSource(tmp_path / "rows").write(FILES)


MAKERS: Mapping[str, Callable[[str], Store]] = {
    "memory": lambda _: MemoryStore(),
    "embedded": lambda folder: open_store(path=folder),
    "server": lambda _: ServerStore(QdrantClient(":memory:"), "legal_rag", name="memory"),
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        made = MAKERS[request.param](str(tmp_path / "store"))
        yield made
        made.close()


@pytest.fixture
def filled(source: RowsSource, store: Store) -> Store:
    fill(source, store)
    return store


def look(sources: Sequence[Source], *, store: Store, options: Options = ANYTHING, **more: Any) -> Verification:
    return verify(sources, store=store, options=options, **more)


def counts_of(store: Store, *sources: Source, **more: Any) -> dict[str, int]:
    return dict(look(sources, store=store, **more).counts)


def points_of(store: Store, origin: str = ORIGIN) -> list[Point]:
    points: list[tuple[Mapping[str, Any], Point]] = [(point.payload, point) for point in store.scroll()]
    mine = [(payload["metadata"]["row"], point) for payload, point in points if payload["ingest"]["origin"] == origin]
    return [point for _, point in sorted(mine, key=lambda item: item[0])]


def edit(point: Point, path: str, value: Any) -> Payload:
    """The payload with one field changed; None takes it out."""
    payload: dict[str, Any] = {**point.payload}
    *rooms, name = path.split(".")
    inner = payload
    for room in rooms:
        inner[room] = dict(inner[room])
        inner = inner[room]
    if value is None:
        del inner[name]
    else:
        inner[name] = value
    return payload


def change(path: str, value: Any) -> Callable[[Store], None]:
    def damage(store: Store) -> None:
        point = points_of(store)[0]
        store.overwrite({point.id: edit(point, path, value)})

    return damage


def delete_one(store: Store) -> None:
    store.delete([points_of(store)[1].id])


def delete_an_origin(store: Store) -> None:
    store.delete([point.id for point in points_of(store)])


def copy_to(origin: str, text: str) -> Callable[[Store], None]:
    """Write a point that keeps the contract and that no source wants."""

    def damage(store: Store) -> None:
        point = points_of(store)[0]
        own = {**point.payload["ingest"], "origin": origin, "text": text or point.payload["ingest"]["text"]}  # type: ignore[dict-item,index,call-overload]
        store.upsert(
            [replace(point, id=name_point("rows", origin, text, 99), payload={**point.payload, "ingest": own})]
        )

    return damage


def swap_payloads(store: Store) -> None:
    one, other, _ = points_of(store)
    store.overwrite({one.id: other.payload, other.id: one.payload})


def replace_by_a_copy(store: Store) -> None:
    """One less and one more: the origin's count and state stay what they were."""
    delete_one(store)
    copy_to(ORIGIN, "")(store)


DAMAGES: Mapping[str, tuple[Callable[[Store], None], dict[str, int]]] = {
    "deleted": (delete_one, {"missing": 1}),
    "an origin deleted": (delete_an_origin, {"missing": 3}),
    "added": (copy_to(ORIGIN, "0" * 32), {"stale": 1}),
    "added to an origin that is gone": (copy_to("gone.json", "0" * 32), {"stale": 1}),
    "twice": (copy_to(ORIGIN, ""), {"duplicate": 1}),
    "replaced by a copy": (replace_by_a_copy, {"missing": 1, "duplicate": 1}),
    "swapped": (swap_payloads, {"drifted": 2}),
    "item": (change("ingest.item", "!99"), {"drifted": 1}),
    "text": (change("ingest.text", "0" * 32), {"drifted": 1}),
    "other dataset": (change("ingest.dataset", "other"), {"stranger": 1}),
    "no bookkeeping": (change("ingest", None), {"stranger": 1}),
    "no dataset": (change("ingest.dataset", None), {"payload": 1}),
    "no origin": (change("ingest.origin", None), {"payload": 1}),
    "fingerprint": (change("ingest.fingerprint", "0" * 32), {"payload": 1}),
    "no answer": (change("page_content", None), {"payload": 1}),
    "empty answer": (change("page_content", " "), {"payload": 1}),
    "another answer": (change("page_content", "14 ngày"), {"payload": 1}),
    "a number as source": (change("source", 113), {"payload": 1}),
    "metadata": (change("metadata", "row 2"), {"payload": 1}),
    "one more field": (change("extra", "밖"), {"payload": 1}),
    "one more column": (change("metadata.price", 1.5), {"drifted": 1}),
}


@pytest.mark.parametrize("make", [MAKERS["memory"], MAKERS["embedded"]], ids=["memory", "embedded"])
@given(histories)
@settings(max_examples=15)
def test_after_a_run_there_is_nothing_to_find(make: Callable[[str], Store], history: list[Files]) -> None:
    with TemporaryDirectory() as folder:
        source, store = RowsSource(Path(folder) / "rows"), make(f"{folder}/store")
        for files in history:
            fill(source.write(files), store)
            if not store.describe():
                continue  # there was nothing to index yet
            before = contents(store)
            verification = look([source], store=store, invalidate=True)
            assert (verification.exit_code, verification.counts, verification.findings) == (0, {}, [])
            assert verification.points == verification.datasets[0].unchanged == store.count()
            assert contents(store) == before
        store.close()


@pytest.mark.parametrize(("damage", "expected"), DAMAGES.values(), ids=DAMAGES)
def test_a_damage_is_found_as_what_it_is_and_the_next_run_mends_it(
    source: RowsSource, filled: Store, damage: Callable[[Store], None], expected: dict[str, int]
) -> None:
    before = contents(filled)
    damage(filled)
    damaged = contents(filled)
    assert counts_of(filled, source) == expected
    assert contents(filled) == damaged, "to look is not to write"
    found = look([source], store=filled, invalidate=True)
    assert found.counts == expected
    assert len(found.findings) == sum(expected.values())
    assert isinstance(found.failure, VerificationError)
    assert found.exit_code == 8
    embedded = fill(source, filled).asked
    assert len(embedded) <= expected.get("missing", 0) + expected.get("payload", 0) + expected.get("stranger", 0)
    assert counts_of(filled, source) == {}
    assert contents(filled) == before


def test_a_point_that_was_filed_under_another_origin_is_seen_from_both(source: RowsSource, filled: Store) -> None:
    change("ingest.origin", "질문.json")(filled)
    assert counts_of(filled, source) == {"drifted": 1, "stale": 1}


@pytest.mark.parametrize(
    ("vector", "kind"),
    [
        (np.full(8, np.nan, np.float32), "infinite"),
        (np.array([np.inf, *[0] * 7], np.float32), "infinite"),
        (vector_of("x") * np.float32(1.01), "length"),
        (np.zeros(8, np.float32), "length"),
        (np.ones(4, np.float32) / 2, "dimension"),
    ],
    ids=["nan", "inf", "long", "zero", "short"],
)
def test_a_bad_vector_is_found_and_made_anew(source: RowsSource, vector: Vector, kind: str) -> None:
    store = MemoryStore()
    fill(source, store)
    before, point = contents(store), points_of(store)[0]
    store._points[point.id] = replace(point, vector=vector)
    assert counts_of(store, source, sample=0) == {kind: 1}
    assert counts_of(store, source, sample=0, invalidate=True) == {kind: 1}
    assert len(fill(source, store).asked) == 1
    assert counts_of(store, source) == {}
    assert contents(store) == before


def test_a_vector_of_half_precision_is_of_unit_length(source: RowsSource) -> None:
    store = MemoryStore()
    fill(source, store)
    for id_, point in store._points.items():
        store._points[id_] = replace(point, vector=point.vector.astype(np.float16).astype(np.float32))
    assert counts_of(store, source) == {}


def test_points_of_other_datasets_are_judged_and_never_written(tmp_path: Path, source: RowsSource) -> None:
    store, other = MemoryStore(), RowsSource(tmp_path / "other", "other").write({"a.json": [("", "a", "")]})
    fill(source, store)
    fill(other, store)
    point = points_of(store, "a.json")[0]
    store.overwrite({point.id: edit(point, "page_content", "b")})
    store._points[point.id] = replace(store._points[point.id], vector=np.zeros(8, np.float32))
    before = contents(store)
    found = look([source], store=store, invalidate=True)
    assert found.counts == {"payload": 1, "length": 1}
    assert found.not_compared == ["other"]
    assert contents(store) == before


def test_every_finding_names_its_point(source: RowsSource, filled: Store) -> None:
    point = points_of(filled)[0]
    filled.overwrite({point.id: edit(point, "ingest.item", "?")})
    filled.delete([points_of(filled)[1].id])
    drifted, missing = sorted(look([source], store=filled).findings, key=lambda finding: finding.kind)
    assert (drifted.dataset, drifted.origin, drifted.where, drifted.id) == ("rows", ORIGIN, "row 2", point.id)
    assert str(drifted) == (
        f"drifted: rows, {ORIGIN}, row 2: its ingest.item is not what the sources say (point {point.id})"
    )
    assert (missing.kind, missing.where) == ("missing", "row 3")


def test_counts_are_exact_where_the_list_of_findings_is_cut(tmp_path: Path) -> None:
    store, source = MemoryStore(), RowsSource(tmp_path / "many")
    fill(source.write({"many.json": [("", f"a{i}", "") for i in range(LISTED + 5)]}), store)
    store._points.clear()
    found = look([source], store=store)
    assert (found.counts, len(found.findings)) == ({"missing": LISTED + 5}, LISTED)


def test_what_a_skipped_item_protects_is_not_stale(source: RowsSource, filled: Store) -> None:
    (source.root / ORIGIN).write_text("{", encoding="utf-8")
    found = look([source], store=filled, invalidate=True)
    assert (found.counts, found.exit_code) == ({}, 3)
    assert [item.origin for item in found.datasets[0].skipped] == [ORIGIN]
    assert found.datasets[0].kept == 3


def test_an_origin_without_a_state_is_no_difference(source: RowsSource, filled: Store) -> None:
    filled.mark("rows", ORIGIN, "")
    assert counts_of(filled, source) == {}


def test_what_the_service_refused_is_missing(tmp_path: Path, store: Store) -> None:
    source = RowsSource(tmp_path / "rows").write({"a.json": [("q", POISON, ""), ("q", "a", "")]})
    assert sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING).exit_code == 3
    assert counts_of(store, source) == {"missing": 1}


def test_a_changed_source_differs(source: RowsSource, filled: Store) -> None:
    rows = FILES[ORIGIN]
    source.write({ORIGIN: [rows[0], ("", "30 ngày", ""), ("", "tháng", "Điều 97")]})
    assert counts_of(filled, source) == {"missing": 1, "stale": 4, "drifted": 1}


def test_the_recorded_chunking_is_used_and_another_one_differs(tmp_path: Path, store: Store) -> None:
    source = RowsSource(tmp_path / "rows").write({"a.json": [("q", "Một câu dài hơn. " * 40, "")]})
    cut = replace(ANYTHING, chunk_size=200, chunk_overlap=0)
    sync([source], embedder=CountingEmbedder(), store=store, options=cut)
    assert counts_of(store, source) == {}
    assert counts_of(store, source, options=Options(rechunk=True))["missing"] > 0


def test_a_source_that_cannot_be_read_leaves_the_others_compared(
    tmp_path: Path, source: RowsSource, filled: Store
) -> None:
    empty = RowsSource(tmp_path / "empty", "empty")
    empty.root.mkdir()
    delete_one(filled)
    found = look([empty, source], store=filled)
    assert found.counts == {"missing": 1}
    assert isinstance(found.failure, SourceError)
    assert found.exit_code == 4


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="only a plain user is refused")
def test_a_file_that_may_not_be_read_keeps_its_points(source: RowsSource, filled: Store) -> None:
    (source.root / ORIGIN).chmod(0)
    found = look([source], store=filled)
    assert (found.counts, found.datasets[0].kept) == ({}, 3)


def test_a_file_that_is_gone_by_the_time_it_is_read_keeps_its_points(source: RowsSource, filled: Store) -> None:
    class Vanishing(RowsSource):
        def files(self) -> Any:
            found = super().files()
            (self.root / ORIGIN).unlink()
            return found

    found = look([Vanishing(source.root)], store=filled)
    assert (found.counts, found.datasets[0].kept) == ({}, 3)
    assert "cannot be read" in found.datasets[0].skipped[0].reason


def test_a_collection_that_is_not_there_is_a_store_error(source: RowsSource, store: Store) -> None:
    with pytest.raises(StoreError, match="there is no collection"):
        look([source], store=store)


def test_two_sources_of_one_name_are_refused(source: RowsSource, filled: Store) -> None:
    with pytest.raises(UsageError, match="two sources"):
        look([source, source], store=filled)


class Blind(MemoryStore):
    """A store whose search forgets some points, though it counts and reads them."""

    hidden: str = ""

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        return [hit for hit in super().search(vector, limit, dataset) if hit.id != self.hidden]


def test_a_point_that_no_search_finds_is_found_by_the_sample(source: RowsSource) -> None:
    store = Blind()
    fill(source, store)
    store.hidden = points_of(store)[0].id
    assert counts_of(store, source) == {"unsearchable": 1}
    assert counts_of(store, source, sample=0) == {}


def test_a_point_that_is_not_read_back_as_it_is_listed_is_found(source: RowsSource) -> None:
    class Torn(MemoryStore):
        def scroll(self, dataset: str | None = None) -> Iterator[Point]:
            for point in super().scroll(dataset):
                yield replace(point, payload={**point.payload, "ingest": {**point.payload["ingest"], "item": "x"}})  # type: ignore[dict-item]

    store = Torn()
    fill(source, store)
    assert counts_of(store, source) == {"unsearchable": POINTS}


def test_many_equals_do_not_hide_a_point(tmp_path: Path, store: Store) -> None:
    source = RowsSource(tmp_path / "rows").write({"a.json": [("같은 질문", "같은 답", "")] * 150})
    fill(source, store)
    assert counts_of(store, source, sample=20) == {}


def test_the_sample_is_the_same_each_time_and_no_larger_than_asked(tmp_path: Path) -> None:
    asked: list[list[str]] = []

    class Noting(MemoryStore):
        def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
            hits = super().search(vector, limit, dataset)
            asked[-1].append(hits[0].id)
            return hits

    store, source = Noting(), RowsSource(tmp_path / "rows")
    fill(source.write({"a.json": [(f"q{i}", f"a{i}", "") for i in range(50)]}), store)
    for size in (10, 10, 20):
        asked.append([])
        assert look([source], store=store, sample=size).sampled == size
    one, again, more = asked
    assert one == again
    assert len(set(one)) == 10
    assert set(one) < set(more)


def test_a_sound_collection_is_settled_first_and_not_written(source: RowsSource) -> None:
    store = MemoryStore()
    fill(source, store)
    store.calls.clear()
    look([source], store=store, invalidate=True)
    assert store.calls["settle"] == 1
    assert not store.calls.keys() & WRITES
    assert list(store.calls)[:2] == ["describe", "settle"]


def test_calls_grow_with_origins_by_the_batch(tmp_path: Path) -> None:
    store, source, numbers = MemoryStore(), RowsSource(tmp_path / "rows"), count()
    fill(source.write({f"{i:03}.json": [(f"q{next(numbers)}", "a", "")] for i in range(130)}), store)
    store.calls.clear()
    look([source], store=store)
    assert store.calls["list_points"] == 3
    assert store.calls["scroll"] == 1


def test_the_report_as_json_says_all(source: RowsSource, filled: Store) -> None:
    delete_one(filled)
    found: Verification = look([source], store=filled)
    said: Mapping[str, Any] = found.as_json()
    assert said["exit_code"] == 8
    assert said["counts"] == {"missing": 1}
    assert said["findings"][0]["kind"] == "missing"
    assert said["datasets"][0]["unchanged"] == POINTS - 1
    assert str(found.failure) == "the collection and the sources differ: 1 missing"


def test_a_workbook_that_lost_a_column_is_an_error_and_keeps_its_points(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "faq.csv"
    path.write_text("Câu hỏi,Trả lời\nNghỉ phép?,12 ngày\n", encoding="utf-8")
    workbook = open_source("excel", path)
    assert sync([workbook], embedder=CountingEmbedder(), store=store, options=ANYTHING).exit_code == 0
    assert look([workbook], store=store).exit_code == 0
    path.write_text("Chủ đề,Trả lời\nNghỉ phép?,12 ngày\n", encoding="utf-8")
    found = look([workbook], store=store)
    assert (found.counts, found.exit_code, found.datasets[0].kept) == ({}, 4, 2)
    assert "Câu hỏi" in str(found.failure)


def test_a_person_reads_counts_findings_and_the_way_out(source: RowsSource, filled: Store) -> None:
    assert list(render_verification(look([source], store=filled))) == [
        "rows: 6 points as the source says",
        "6 points, 6 of them read back and searched for; 0 findings",
    ]
    gone = points_of(filled)[1].id
    filled.delete([gone])
    assert list(render_verification(look([source], store=filled, invalidate=True))) == [
        "rows: 5 points as the source says",
        "5 points, 5 of them read back and searched for; 1 findings",
        "1 missing: the sources say it, and it is not stored",
        f"  missing: rows, {ORIGIN}, row 3: the sources say it, and it is not stored (point {gone})",
        "an ordinary run mends this: create-vector-db with the same sources",
    ]


def test_a_person_reads_the_first_findings_and_how_many_more(source: RowsSource) -> None:
    store = MemoryStore()
    fill(source.write({"many.json": [("", f"a{i}", "") for i in range(25)]}), store)
    store._points.clear()
    lines = list(render_verification(look([source], store=store)))
    assert sum(line.startswith("  missing") for line in lines) == 20
    assert "  5 more (--json lists the first 25)" in lines


def test_strangers_and_a_broken_search_have_ways_out_of_their_own(source: RowsSource) -> None:
    store = Blind()
    fill(source, store)
    one, other, _ = points_of(store)
    store.hidden = one.id
    store.overwrite({other.id: {"page_content": "of another program"}})
    said = "\n".join(render_verification(look([source], store=store)))
    assert "--adopt" in said
    assert "--rebuild" in said
