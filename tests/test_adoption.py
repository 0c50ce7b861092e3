"""A collection of another program is taken over: its points go last, and until then that is said."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models

from ingest.adoption import adopt
from ingest.errors import UsageError
from ingest.guard import Guard
from ingest.protocols import Store
from ingest.report import Report
from ingest.stores.readonly import ReadOnlyStore
from ingest.stores.server import ServerStore
from ingest.strangers import note_strangers, tell_left
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, RowsSource
from tests.stores.memory import MemoryStore
from tests.stores.samples import make_collection

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
STRANGERS = 40


@pytest.fixture
def source(tmp_path: Path) -> RowsSource:
    return RowsSource(tmp_path / "rows").write({"a": [("Hỏi?", "Đáp.", ""), ("질문", "답변", "")]})


@pytest.fixture
def client() -> QdrantClient:
    """A server with a collection of another program."""
    client = QdrantClient(":memory:")
    client.create_collection("laws", models.VectorParams(size=8, distance=models.Distance.COSINE))
    points = [models.PointStruct(id=number, vector=[1.0] * 8, payload={"text": "cũ"}) for number in range(STRANGERS)]
    client.upsert("laws", points)
    return client


def open_server(client: QdrantClient) -> ServerStore:
    return ServerStore(client, "laws", name="local")


def take_over(source: RowsSource, store: Store, limit: str = "100%", *, delete: bool = True) -> Report:
    options = Options(guard=Guard(limit))
    return adopt([source], embedder=CountingEmbedder(), store=store, options=options, delete=delete)


def tell(store: Store) -> list[str]:
    return list(note_strangers(store, store.describe()))


def test_an_adoption_that_was_refused_stays_open_until_one_ends_well(source: RowsSource, client: QdrantClient) -> None:
    refused = take_over(source, open_server(client), "50%")
    assert refused.exit_code == 7
    assert refused.notes == [tell_left(STRANGERS)]
    store = open_server(client)
    assert tell(store) == [tell_left(STRANGERS)]
    done = take_over(source, store)
    assert (done.exit_code, done.notes) == (0, [f"{STRANGERS} points that another program made were deleted"])
    assert tell(store) == tell(open_server(client)) == []
    assert store.count() == 4


def test_where_no_adoption_is_open_nothing_is_counted() -> None:
    store = MemoryStore(private=False)
    store.create(make_collection())
    assert tell(store) == []
    assert "count_strangers" not in store.calls
    store.adopt(make_collection())
    assert tell(store) == []
    assert store.calls["count_strangers"] == 1


def test_points_that_went_otherwise_end_the_adoption_too(source: RowsSource, client: QdrantClient) -> None:
    take_over(source, open_server(client), "50%")
    client.delete("laws", models.PointIdsList(points=list(range(STRANGERS))))
    store = open_server(client)
    assert (store.describe() or pytest.fail("gone")).adopting
    assert take_over(source, store).notes == []
    assert not (store.describe() or pytest.fail("gone")).adopting


@pytest.mark.parametrize("begun", [False, True])
def test_a_dry_run_says_what_would_be_deleted(source: RowsSource, client: QdrantClient, begun: bool) -> None:
    if begun:
        take_over(source, open_server(client), "50%")
    count = client.count("laws").count
    dry = take_over(source, ReadOnlyStore(open_server(client)), delete=False)
    assert dry.notes == [f"{STRANGERS} points that another program made would be deleted"]
    refused = take_over(source, ReadOnlyStore(open_server(client)), "50%", delete=False)
    assert refused.exit_code == 7
    assert refused.notes == [tell_left(STRANGERS)]
    assert client.count("laws").count == count


@pytest.mark.parametrize("delete", [True, False])
def test_a_run_that_deletes_nothing_says_what_is_left(source: RowsSource, client: QdrantClient, delete: bool) -> None:
    report = adopt(
        [source],
        embedder=CountingEmbedder(),
        store=open_server(client) if delete else ReadOnlyStore(open_server(client)),
        options=Options(prune=False),
        delete=delete,
    )
    assert report.notes == [tell_left(STRANGERS)]


def test_where_there_is_no_collection_there_is_nothing_to_adopt(source: RowsSource) -> None:
    with pytest.raises(UsageError, match="leave out --adopt"):
        take_over(source, open_server(QdrantClient(":memory:")))


def test_what_another_program_puts_into_a_collection_of_ours_is_not_deleted(tmp_path: Path) -> None:
    source = RowsSource(tmp_path / "rows").write({"a": [(f"Hỏi {n}", f"Đáp {n}", "") for n in range(9)]})
    store = MemoryStore(private=False)
    sync([source], embedder=CountingEmbedder(), store=store, options=Options())
    stranger = replace(next(store.scroll()), id=str(uuid.uuid4()), payload={"page_content": "của người khác"})
    store.upsert([stranger])
    report = adopt([source], embedder=CountingEmbedder(), store=store, options=Options())
    assert (report.exit_code, store.count()) == (0, 2 * 9 + 1)
