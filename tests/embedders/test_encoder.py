"""An embedder in a Python program."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.encoder import Encoder
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import EmbeddingError, UsageError
from tests.embedders.fakes import DIMENSION, FakeClock, FakeService, make_unit, refuse

if TYPE_CHECKING:
    from ingest.model import Vectors


class Hands(SteadyEmbedder):
    """What `open_embedder` gives."""


def take(service: FakeService) -> Encoder:
    return Hands(service, query_prefix="q: ", document_prefix="d: ", clock=FakeClock(), random=lambda: 1.0)


def stack(texts: Sequence[str]) -> "Vectors":
    return np.stack([make_unit(f"d: {text}") for text in texts])


def test_one_text_is_a_document_and_a_query_is_not() -> None:
    service = FakeService()
    encoder = take(service)
    document, query = encoder.encode("Điều 1"), encoder.encode_query("Điều 1")
    for vector in (document, query):
        assert vector.shape == (DIMENSION,)
        assert vector.dtype == np.float32
    assert np.array_equal(document, make_unit("d: Điều 1"))
    assert np.array_equal(query, make_unit("q: Điều 1"))
    assert service.asked == [["d: Điều 1"], ["q: Điều 1"]]


@given(st.lists(st.text(max_size=5), min_size=1, max_size=40), st.integers(1, 50))
def test_many_texts_keep_their_order_and_go_in_as_few_requests_as_the_size_allows(texts: list[str], size: int) -> None:
    service = FakeService()
    vectors = take(service).encode_batch(texts, batch_size=size)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, stack(texts))
    assert len(service.asked) == -(-len(texts) // size)
    assert max(map(len, service.asked)) <= size


def test_documents_are_a_batch_and_any_sequence_will_do() -> None:
    encoder = take(FakeService())
    assert np.array_equal(encoder.encode_document(("a", "b", "c")), encoder.encode_batch(["a", "b", "c"], batch_size=1))


def test_no_texts_are_no_vectors_and_no_request() -> None:
    service = FakeService()
    assert take(service).encode_batch([]).shape == (0, 0)
    assert service.asked == []


def test_a_text_that_is_refused_is_an_error_that_tells_which() -> None:
    service = FakeService(refuse("d: poison"))
    with pytest.raises(EmbeddingError, match=r"text 5 of 7 \(from 0\) is refused: cannot read d: poison"):
        take(service).encode_batch(["a", "b", "c", "d", "e", "poison", "g"], batch_size=2)
    with pytest.raises(EmbeddingError, match="cannot read"):
        take(service).encode("poison")


def test_what_is_mistaken_for_another_is_refused_before_any_request() -> None:
    service = FakeService()
    encoder = take(service)
    with pytest.raises(UsageError, match="use encode_batch"):
        encoder.encode(["a", "b"])  # type: ignore[arg-type]  # the mistake
    for method in (encoder.encode_batch, encoder.encode_document):
        with pytest.raises(UsageError, match="use encode"):
            method("abc")
    with pytest.raises(UsageError, match="batch_size=0"):
        encoder.encode_batch(["a"], batch_size=0)
    assert service.asked == []


def test_langchain_gets_documents_and_queries_as_lists_of_numbers() -> None:
    core = pytest.importorskip("langchain_core.embeddings")
    embeddings = take(FakeService()).as_langchain()
    assert isinstance(embeddings, core.Embeddings)
    documents, query = embeddings.embed_documents(["a", "b"]), embeddings.embed_query("a")
    assert np.array_equal(np.array(documents, np.float32), stack(["a", "b"]))
    assert np.array_equal(np.array(query, np.float32), make_unit("q: a"))
    assert all(type(number) is float for number in query)
    assert asyncio.run(embeddings.aembed_documents(["a", "b"])) == documents
    assert asyncio.run(embeddings.aembed_query("a")) == query


def test_without_langchain_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain_core.embeddings", None)
    with pytest.raises(UsageError, match="pip install langchain-core"):
        take(FakeService()).as_langchain()
