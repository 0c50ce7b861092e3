"""A sync ends with the same collection in every store, real and fake."""

import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from qdrant_client import QdrantClient

from ingest.protocols import Store
from ingest.stores import open_store
from ingest.stores.server import ServerStore
from ingest.sync import sync
from tests.fakes import CountingEmbedder, Files, RowsSource, contents
from tests.stores.memory import MemoryStore
from tests.test_sync import ANYTHING, histories


def make_embedded(folder: Path) -> Store:
    return open_store(path=str(folder))


def make_server(_: Path) -> Store:
    return ServerStore(QdrantClient(":memory:"), "legal_rag", name="memory")


@pytest.mark.parametrize("make", [make_embedded, make_server])
@given(histories)
@settings(max_examples=15)
def test_every_store_ends_with_the_same_collection(make: Callable[[Path], Store], history: list[Files]) -> None:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Payload indexes have no effect")
        source, fake, real = RowsSource(Path(folder) / "rows"), MemoryStore(), make(Path(folder) / "store")
        for files in history:
            source.write(files)
            expected = sync([source], embedder=CountingEmbedder(), store=fake, options=ANYTHING)
            report = sync([source], embedder=CountingEmbedder(), store=real, options=ANYTHING)
            assert contents(real) == contents(fake)
            assert [tally.count() for tally in report.datasets] == [tally.count() for tally in expected.datasets]
        embedder = CountingEmbedder()
        sync([source], embedder=embedder, store=real, options=ANYTHING)
        assert embedder.requests == 0
        real.close()
