"""The double of Qdrant's REST answers as qdrant-client's local mode does, through the same client."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from points import Points
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse
from store import open_store, read_requests

NAMES = ("a", "b", "c")
VECTORS = models.VectorParams(size=3, distance=models.Distance.COSINE)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with open_store(0.0) as url:
        yield url


def match(*names: str) -> models.FieldCondition:
    return models.FieldCondition(key="ingest.name", match=models.MatchAny(any=[*names]))


FILTERS: list[models.Filter | None] = [
    None,
    models.Filter(must=[match("a", "b")]),
    models.Filter(must=[match("a")], must_not=[match("b")]),
    models.Filter(should=[match("a"), models.FieldCondition(key="flat", match=models.MatchValue(value="x"))]),
    models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="flat"))]),
    models.Filter(must=[match("a"), models.HasIdCondition(has_id=[1, 2, 3])]),
]
payloads = st.fixed_dictionaries(
    {"ingest": st.fixed_dictionaries({"name": st.sampled_from(NAMES)})}, optional={"flat": st.sampled_from(["x", "y"])}
)
steps = st.one_of(
    st.tuples(st.just("upsert"), st.integers(0, 9), payloads),
    st.tuples(st.just("overwrite"), st.integers(0, 9), payloads),
    st.tuples(st.just("delete"), st.integers(0, 9), st.none()),
    st.tuples(st.just("merge"), st.sampled_from(NAMES), st.none()),
)


def act(client: QdrantClient, there: set[int], step: tuple[str, Any, Any]) -> None:
    kind, what, payload = step
    if kind == "upsert":
        client.upsert("test", [models.PointStruct(id=what, vector=[1.0, what, 2.0], payload=payload)])
    elif kind == "overwrite" and what in there:
        operation = models.OverwritePayloadOperation(
            overwrite_payload=models.SetPayload(payload=payload, points=[what])
        )
        client.batch_update_points("test", [operation])
    elif kind == "delete":
        client.delete("test", models.PointIdsList(points=[what]))
    elif kind == "merge":
        client.set_payload("test", {"state": "new"}, models.Filter(must=[match(what)]), key="ingest")


def look(client: QdrantClient) -> list[Any]:
    seen: list[Any] = []
    for where in FILTERS:
        records, _ = client.scroll("test", where, 100, with_payload=True, with_vectors=True)
        seen.append([(each.id, each.payload, np.round(np.asarray(each.vector), 4).tolist()) for each in records])
        seen.append(client.count("test", where).count)
    return seen


@settings(max_examples=25, deadline=None)
@given(st.lists(steps, max_size=12), st.booleans())
def test_it_answers_as_the_vendor_s_own_double_does(url: str, done: list[tuple[str, Any, Any]], indexed: bool) -> None:
    ours, theirs = QdrantClient(url=url, check_compatibility=False), QdrantClient(":memory:")
    if ours.collection_exists("test"):
        ours.delete_collection("test")
    for client in (ours, theirs):
        client.create_collection("test", VECTORS)
    if indexed:
        ours.create_payload_index("test", "ingest.name", models.PayloadSchemaType.KEYWORD)
    for step in done:
        there = {int(record.id) for record in theirs.scroll("test", limit=100)[0]}
        for client in (ours, theirs):
            act(client, there, step)
        assert look(ours) == look(theirs)
    hits = ours.facet("test", "ingest.name", limit=10, exact=True).hits
    assert {hit.value: hit.count for hit in hits} == {
        hit.value: hit.count for hit in theirs.facet("test", "ingest.name", limit=10, exact=True).hits
    }


def test_pages_hold_every_point_once(url: str) -> None:
    client = QdrantClient(url=url, check_compatibility=False)
    client.create_collection("paged", VECTORS)
    client.upsert("paged", [models.PointStruct(id=number, vector=[1.0, 2.0, 3.0]) for number in range(25)])
    seen, offset = [], None
    while True:
        records, offset = client.scroll("paged", limit=10, offset=offset)
        seen += [record.id for record in records]
        if offset is None:
            break
    assert seen == [*range(25)]


def test_requests_are_counted_by_what_they_ask(url: str) -> None:
    client = QdrantClient(url=url, check_compatibility=False)
    before = read_requests(url)
    client.create_collection("counted", VECTORS)
    client.upsert("counted", [models.PointStruct(id=1, vector=[1.0, 2.0, 3.0])])
    client.count("counted")
    assert read_requests(url) - before == {"PUT collections": 1, "PUT points": 1, "POST points/count": 1}


def test_what_it_does_not_know_is_refused_and_never_guessed(url: str) -> None:
    client = QdrantClient(url=url, check_compatibility=False)
    with pytest.raises(UnexpectedResponse, match="Not found: Collection `nowhere`"):
        client.get_collection("nowhere")
    client.create_collection("strict", VECTORS)
    client.upsert("strict", [models.PointStruct(id=1, vector=[1.0, 2.0, 3.0])])
    ranged = models.Filter(must=[models.FieldCondition(key="age", range=models.Range(gt=1))])
    with pytest.raises(UnexpectedResponse, match="not known here"):
        client.scroll("strict", ranged)


@pytest.mark.parametrize("id_", ["rows 1", -1, ""])
def test_an_id_that_a_server_would_refuse_is_refused(id_: Any) -> None:
    with pytest.raises(ValueError, match=r"UUID|badly formed|-1"):
        Points().write([{"id": id_, "vector": [1.0]}])
