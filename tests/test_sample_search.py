"""The sample data, indexed as the README does, answers the questions that it should."""

from collections.abc import Iterator

import pytest

from ingest import open_embedder, open_source, open_store, sync
from ingest.model import Hit
from ingest.protocols import Store
from ingest.search import find_hits
from tests.test_sample_data import LAWS, SEARCHES, WORKBOOK, Search


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = open_store(path=str(tmp_path_factory.mktemp("store")))
    sources = [open_source("excel", WORKBOOK), open_source("text", LAWS)]
    report = sync(sources, embedder=open_embedder("hashing"), store=opened)
    assert report.exit_code == 0
    yield opened
    opened.close()


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.query)
def test_the_right_answer_comes_first(store: Store, search: Search) -> None:
    embedder = open_embedder("hashing")
    best, *_ = find_hits(search.query, embedder=embedder, store=store, limit=5, dataset=search.dataset)
    assert says(best, search), best.payload


def says(hit: Hit, search: Search) -> bool:
    ingest, metadata = hit.payload["ingest"], hit.payload["metadata"]
    assert isinstance(ingest, dict)
    assert isinstance(metadata, dict)
    if ingest["origin"] != search.origin:
        return False
    if search.origin == WORKBOOK.name:
        return hit.payload["question"] == search.marker
    return search.marker in f"{metadata['heading']}\n{hit.payload['page_content']}"
