"""A search shows each item once, and a copy is equal."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.copying import copy_collection
from ingest.errors import IdentityError, StoreError
from ingest.model import Collection, Identity, Point
from ingest.search import find_hits
from tests.fakes import DIMENSION, CountingEmbedder, contents, vector_of
from tests.stores.memory import MemoryStore

CANARIES = np.stack([vector_of("one"), vector_of("two")])


def collection(model: str = "fake") -> Collection:
    return Collection(Identity(model), "fake service", "1", DIMENSION, CANARIES)


def point(number: int, row: int | None, dataset: str = "d") -> Point:
    metadata: Any = {} if row is None else {"row": row}
    ingest = {"dataset": dataset, "origin": "o", "item": f"!{row}", "fingerprint": "", "text": str(number)}
    payload: Any = {"source": "s", "question": "", "page_content": "", "metadata": metadata, "ingest": ingest}
    return Point(f"00000000-0000-5000-8000-{number:012d}", vector_of(str(number)), payload)


def filled(*points: Point, model: str = "fake") -> MemoryStore:
    store = MemoryStore()
    store.create(collection(model))
    for dataset in {str(point.payload["ingest"]["dataset"]) for point in points}:  # type: ignore[index,call-overload]
        store.record(dataset, {"path": "p"})
    store.upsert(points)
    return store


@given(st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 6))
def test_a_row_is_shown_once_and_as_many_items_as_there_are(rows: list[int | None], limit: int) -> None:
    store = filled(*(point(number, row) for number, row in enumerate(rows)))
    hits = find_hits("anything", embedder=CountingEmbedder(), store=store, limit=limit)
    items = len({row for row in rows if row is not None}) + rows.count(None)
    assert len(hits) == min(limit, items)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    best = store.search(vector_of("anything"), len(rows))[0]
    assert hits[0].score == best.score


def test_a_copy_equals_its_source_and_leaves_other_datasets() -> None:
    source = filled(point(1, 2), point(2, 3))
    target = filled(point(3, 9), point(4, 9, dataset="other"))
    assert list(copy_collection(source, target)) == [2]
    there, expected = contents(target), contents(source)
    assert {id_: there.pop(id_) for id_ in expected} == expected
    assert set(there) == {point(4, 9).id}


def test_a_copy_makes_the_collection_and_its_identity() -> None:
    source, target = filled(point(1, 2)), MemoryStore()
    list(copy_collection(source, target))
    described = target.describe()
    assert described
    assert described.identity == collection().identity
    assert set(described.datasets) == {"d"}
    assert contents(target) == contents(source)


def test_a_copy_into_vectors_of_another_model_is_refused() -> None:
    with pytest.raises(IdentityError, match="another"):
        list(copy_collection(filled(point(1, 2)), filled(point(1, 2), model="another")))


def test_a_copy_of_nothing_is_an_error() -> None:
    with pytest.raises(StoreError, match="nothing to copy"):
        list(copy_collection(MemoryStore(), MemoryStore()))


def test_a_copy_that_is_interrupted_claims_no_complete_run() -> None:
    source, target = filled(point(1, 2)), MemoryStore()
    target.upsert = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        list(copy_collection(source, target))
    described = target.describe()
    assert described
    assert described.datasets == {}
