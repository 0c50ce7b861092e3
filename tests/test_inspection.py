"""What the store alone can tell of its points."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ingest.chunking import open_chunker
from ingest.chunks import make_chunks
from ingest.contract import find_breach, find_difference
from ingest.errors import StoreError
from ingest.inspection import KINDS, UNIT_TOLERANCE, examine, inspect
from ingest.model import Chunk, Document, Json, Payload, Point
from ingest.stores import open_store
from ingest.sync import sync
from tests.fakes import DIMENSION, CountingEmbedder, RowsSource, vector_of
from tests.stores.memory import MemoryStore
from tests.test_sync import ANYTHING

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
columns = st.dictionaries(texts, scalars, max_size=4)
documents = st.builds(
    Document, st.just("f"), texts, texts | st.just(""), texts | st.just(""), metadata=columns, sheet=st.just("Bảng 1"),
    row=st.none() | st.integers(2, 9),
)  # fmt: skip


def chunks_of(*documents: Document) -> list[Chunk]:
    made = make_chunks("laws", documents, open_chunker(None, size=None, overlap=None))
    return [item for item in made if isinstance(item, Chunk)]


def point_of(text: str = "Điều 113. Nghỉ hằng năm", **changes: Any) -> Point:
    chunk = chunks_of(Document("luật.txt", text))[0]
    return replace(Point(chunk.id, vector_of(chunk.embed_text), chunk.payload), **changes)


def kinds_of(*points: Point, datasets: tuple[str, ...] = ("laws",)) -> list[str]:
    return [finding.kind for _, findings in examine(points, DIMENSION, datasets) for finding in findings]


@given(documents)
def test_what_this_tool_writes_keeps_the_contract(document: Document) -> None:
    for chunk in chunks_of(document):
        assert find_breach(chunk.payload) is None
        assert find_difference({**chunk.payload, "ingest": {**own(chunk), "state": "x"}}, chunk.payload) is None


@given(columns)
def test_what_a_store_gives_back_keeps_the_contract_to_the_last_float(values: Mapping[str, Json]) -> None:
    chunk = chunks_of(Document("f", "một câu", metadata=values))[0]
    nudged = nudge(chunk.payload)
    assert find_breach(nudged) is None
    assert find_difference(nudged, chunk.payload) is None


def nudge(value: Any) -> Any:
    """What the engine's JSON reader may make of a payload: a float may be its neighbour."""
    if isinstance(value, Mapping):
        return {name: nudge(inner) for name, inner in value.items()}
    return float(np.nextafter(value, 0)) if isinstance(value, float) and abs(value) > 1e-300 else value


def own(chunk: Chunk) -> dict[str, Json]:
    return dict(chunk.payload["ingest"])  # type: ignore[arg-type]


@given(documents, st.data())
def test_no_field_changes_unseen(document: Document, data: st.DataObject) -> None:
    payload = chunks_of(document)[0].payload
    name = data.draw(st.sampled_from(sorted(payload.keys() - {"ingest"})))
    changed: Payload = {**payload, name: "something else entirely"}
    assert find_difference(changed, payload) in (name, *(f"{name}.{inner}" for inner in payload["metadata"]))  # type: ignore[union-attr]
    floats = any(isinstance(value, float) for value in document.metadata.values())
    assert floats or find_breach(changed) is not None


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [(2**53, 2**53 + 1), (True, 1), (1, True), ("1", 1), (None, ""), (1.5, 1.6), ([1], [2]), ([1], [1, 2]), (0, False)],
)
def test_values_that_a_filter_tells_apart_differ(stored: Json, wanted: Json) -> None:
    assert find_difference({"ingest": {}, "a": stored}, {"ingest": {}, "a": wanted}) == "a"


def test_an_integer_too_large_for_the_engine_equals_the_float_that_it_makes_of_it() -> None:
    assert find_difference({"ingest": {}, "a": float(2**70)}, {"ingest": {}, "a": 2**70}) is None


def test_a_sound_point_has_no_finding() -> None:
    assert kinds_of(point_of(), point_of("연차 유급휴가는 15일이다")) == []


@pytest.mark.parametrize(
    ("vector", "expected"),
    [
        (np.full(DIMENSION, np.nan), "infinite"),
        (np.full(DIMENSION, -np.inf), "infinite"),
        (np.zeros(DIMENSION), "length"),
        (vector_of("a") * (1 + 2 * UNIT_TOLERANCE), "length"),
        (vector_of("a") * (1 - 2 * UNIT_TOLERANCE), "length"),
        (vector_of("a")[:-1], "dimension"),
        (np.ones((1, DIMENSION)), "dimension"),
        (np.full(DIMENSION, 3e38), "length"),
    ],
)
def test_a_bad_vector_is_one_finding(vector: NDArray[np.float64], expected: str) -> None:
    assert kinds_of(point_of(vector=vector.astype(np.float32))) == [expected]


@given(st.floats(1 - UNIT_TOLERANCE / 2, 1 + UNIT_TOLERANCE / 2))
def test_what_rounding_makes_of_a_unit_vector_is_of_unit_length(factor: float) -> None:
    assert kinds_of(point_of(vector=(vector_of("a") * factor).astype(np.float32))) == []


@pytest.mark.parametrize(
    "point",
    [
        point_of(payload={"page_content": "of another program"}),
        point_of(payload={}),
        point_of(payload={"ingest": "text"}),
        point_of(id="12"),
        point_of(id="f47ac10b-58cc-4372-a567-0e02b2c3d479"),
    ],
    ids=["no bookkeeping", "nothing", "a text as bookkeeping", "a number as id", "a random id"],
)
def test_what_this_tool_did_not_write_is_a_stranger(point: Point) -> None:
    assert kinds_of(point) == ["stranger"]


def test_a_dataset_that_is_not_recorded_is_a_stranger() -> None:
    assert kinds_of(point_of(), datasets=()) == ["stranger"]


def test_a_payload_and_a_vector_can_both_be_wrong() -> None:
    bad = point_of(vector=np.zeros(DIMENSION, np.float32))
    assert kinds_of(replace(bad, payload={**bad.payload, "question": None})) == ["length", "payload"]


@pytest.mark.parametrize("real", [False, True], ids=["memory", "embedded"])
def test_a_collection_is_inspected_without_its_sources(tmp_path: Path, *, real: bool) -> None:
    store = open_store(path=str(tmp_path / "store")) if real else MemoryStore()
    source = RowsSource(tmp_path / "rows").write({"câu hỏi.json": [("Nghỉ phép?", "12 ngày", ""), ("q", "a", "")]})
    sync([source], embedder=CountingEmbedder(), store=store, options=ANYTHING)
    assert list(inspect(store)) == []
    point = next(iter(store.scroll()))
    store.overwrite({point.id: {**point.payload, "page_content": "14 ngày"}})
    (finding,) = inspect(store)
    assert (finding.kind, finding.dataset, finding.origin, finding.id) == ("payload", "rows", "câu hỏi.json", point.id)
    assert str(finding).startswith("payload: rows, câu hỏi.json, row ")
    store.close()


def test_points_are_judged_as_they_come() -> None:
    """No more than one point is held at a time."""
    drawn: list[str] = []

    def points() -> Iterator[Point]:
        for text in ("a", "b", "c"):
            drawn.append(text)
            yield point_of(text)

    examined = examine(points(), DIMENSION, ("laws",))
    next(examined)
    assert drawn == ["a"]


def test_an_absent_collection_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="fill it first"):
        list(inspect(MemoryStore()))


def test_every_kind_is_explained() -> None:
    assert all(words and words[0].islower() for words in KINDS.values())
