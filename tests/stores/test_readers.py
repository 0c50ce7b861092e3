"""What others read of a collection that this tool filled, and what a real server does: QDRANT_TEST_URL names one.

The same is asked of the loopback double, so that none of it is written blind; that a server does it is only seen with
one. The conformance suite and the rebuild under a searching reader take the same variable.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from qdrant_client import QdrantClient

from ingest.embedders import open_embedder
from ingest.model import Collection, Point, name_point
from ingest.stores import open_store
from ingest.stores.form import ANY, Form
from ingest.version import read_version
from tests.stores.rest import serve_qdrant
from tests.stores.samples import make_payload

pytestmark = pytest.mark.filterwarnings("ignore")  # what the libraries of others warn of is theirs
LIVE = os.environ.get("QDRANT_TEST_URL")
KEY = os.environ.get("QDRANT_API_KEY")
TEXTS = {
    "phat.txt": "Phạt tiền người điều khiển xe vượt đèn đỏ.",
    "thue.txt": "Thuế thu nhập cá nhân được tính theo biểu lũy tiến.",
    "nghi.txt": "근로자는 연차 유급휴가를 받는다.",
}
QUERY = "vượt đèn đỏ"
EMBEDDER = open_embedder("hashing")


@dataclass(frozen=True, slots=True)
class Place:
    """A server, and the name of a collection that may be made there."""

    url: str
    name: str

    def fill(self, form: Form = ANY) -> None:
        """Make the collection as a run would, and write one point for each text."""
        vectors = EMBEDDER.encode_batch(list(TEXTS.values()))
        canaries = EMBEDDER.probe(["one", "two"])
        with closing(open_store(url=self.url, collection=self.name, api_key=KEY, form=form)) as store:
            store.create(Collection(EMBEDDER.identity, EMBEDDER.name, read_version(), vectors.shape[1], canaries))
            store.upsert(
                [
                    Point(name_point("laws", origin, text, 0), vector, make_payload("laws", origin, text))
                    for (origin, text), vector in zip(TEXTS.items(), vectors, strict=True)
                ]
            )
            store.flush()

    def connect(self) -> QdrantClient:
        return QdrantClient(url=self.url, headers={"api-key": KEY} if KEY else None, check_compatibility=False)


@pytest.fixture(params=["double", "live"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    name = f"test-{uuid.uuid4()}"
    if request.param == "double":
        with serve_qdrant() as server:
            yield Place(server.url, name)
        return
    if not LIVE:
        pytest.skip("QDRANT_TEST_URL names no server")
    made = Place(LIVE, name)
    yield made
    with closing(made.connect()) as client:
        client.delete_collection(name)


@pytest.mark.parametrize(
    "form",
    [
        Form(shard_number=2),
        Form(replication_factor=1, write_consistency_factor=1),
        Form(on_disk=True),
        Form(on_disk=False),
        Form(quantization="scalar"),
        Form(quantization="binary"),
        Form(quantization="none"),
    ],
)
def test_a_collection_is_kept_as_it_was_asked_for(place: Place, form: Form) -> None:
    place.fill(form)
    with closing(open_store(url=place.url, collection=place.name, api_key=KEY, exclusive=False)) as store:
        described = store.describe()
        assert described
        assert form.list_differences(described.form) == []
        assert store.search(EMBEDDER.encode_query(QUERY), 1)[0].payload["source"] == "phat.txt"


def test_langchain_reads_what_was_filled(place: Place) -> None:
    langchain = pytest.importorskip("langchain_qdrant", reason="langchain-qdrant is not installed")
    place.fill()
    with closing(place.connect()) as client:
        store = langchain.QdrantVectorStore(
            client=client, collection_name=place.name, embedding=EMBEDDER.as_langchain()
        )
        found = store.similarity_search(QUERY, k=2)
        assert found[0].page_content == TEXTS["phat.txt"]
        assert found[0].metadata["source"] == "phat.txt"
        assert found[0].metadata["열"] == "값"


def test_llama_index_reads_what_was_filled(place: Place) -> None:
    readers = pytest.importorskip(
        "llama_index.vector_stores.qdrant", reason="llama-index-vector-stores-qdrant is not installed"
    )
    queries: Any = pytest.importorskip("llama_index.core.vector_stores")
    place.fill()
    with closing(place.connect()) as client:
        store = readers.QdrantVectorStore(client=client, collection_name=place.name, text_key="page_content")
        query = queries.VectorStoreQuery(query_embedding=EMBEDDER.encode_query(QUERY).tolist(), similarity_top_k=2)
        found = store.query(query).nodes
        assert found[0].get_content() == TEXTS["phat.txt"]
