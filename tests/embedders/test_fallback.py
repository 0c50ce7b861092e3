"""A second service takes over when the first has failed for good, and only for the same model."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ingest.concurrency import map_ordered
from ingest.embedders.fallback import FallbackEmbedder
from ingest.errors import CredentialError, CreditsError, EmbeddingError, IngestError, UsageError
from ingest.identity import CANARIES
from ingest.model import Identity, Vectors
from ingest.protocols import Embedder
from tests.embedders import test_embedder
from tests.embedders.fakes import FakeService, make_embedder
from tests.fakes import CountingEmbedder, vector_of

TEXTS = ["Điều 1", "제1조", "Article 1"]
FAILURES = [
    EmbeddingError("down for good"),
    CreditsError("no credits"),
    CredentialError("bad token"),
    UsageError("gone"),
]
failures = pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)


class Failing(CountingEmbedder):
    """An embedder that fails from now on, once `failure` is set; `known` is what it tells of its model."""

    failure: IngestError | None = None
    known: str | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.model if self.known is None else self.known)

    def embed_each(self, texts: Sequence[str]) -> Any:
        self._fail()
        return super().embed_each(texts)

    def probe(self, texts: Sequence[str]) -> Vectors:
        self._fail()
        self.known = None  # it tells with its first answer
        return super().probe(texts)

    def encode_query(self, text: str) -> Any:
        self._fail()
        return super().encode_query(text)

    def _fail(self) -> None:
        if self.failure:
            self.requests += 1
            raise self.failure


def make(**second: Any) -> tuple[Failing, Failing, FallbackEmbedder]:
    first, other = Failing(name="first"), Failing(**{"name": "second", **second})
    return first, other, FallbackEmbedder(first, other)


def same(found: Sequence[Any]) -> bool:
    return all(np.array_equal(one, vector_of(text)) for one, text in zip(found, TEXTS, strict=True))


class TestAsAnEmbedder(test_embedder.TestEveryEmbedder):
    @pytest.fixture(params=["first", "second"])
    def embedder(self, request: pytest.FixtureRequest) -> Embedder:
        def fail(_: Sequence[str]) -> None:
            raise CreditsError("no credits")

        first = FakeService(fail if request.param == "second" else None)
        first.name, second = "first", FakeService()
        second.name = "second"
        return FallbackEmbedder(make_embedder(first), make_embedder(second))

    def test_counts_its_requests(self, embedder: Embedder) -> None:
        embedder.embed_each(TEXTS)
        embedder.probe(TEXTS)
        assert embedder.requests == 2 + (embedder.name == "second")


def test_the_second_is_not_asked_while_the_first_answers() -> None:
    first, second, embedder = make()
    embedder.probe(CANARIES)
    assert same(embedder.embed_each(TEXTS))
    assert np.array_equal(embedder.encode_query("q"), vector_of("q"))
    assert (embedder.name, embedder.identity, embedder.requests) == ("first", Identity("fake"), first.requests)
    assert second.requests == 0


@failures
def test_the_second_takes_over_once_the_first_has_failed_for_good(
    failure: IngestError, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, embedder = make()
    first.retries, second.retries = 2, 1
    embedder.probe(CANARIES)
    embedder.embed_each(TEXTS)
    first.failure = failure
    for _ in range(3):
        assert same(embedder.embed_each(TEXTS))
    assert embedder.probe(CANARIES).shape[0] == 2
    assert np.array_equal(embedder.encode_query("q"), vector_of("q"))
    assert (first.requests, second.requests) == (2 + 1, 1 + 3 + 1)
    assert (embedder.name, embedder.requests, embedder.retries) == ("second", 8, 3)
    assert [record.getMessage() for record in caplog.records] == [f"{failure}; going on with second"]


def test_a_first_that_never_answers_costs_the_second_no_canaries_of_its_own() -> None:
    first, second, embedder = make()
    first.failure = EmbeddingError("down")
    embedder.probe(CANARIES)
    assert same(embedder.embed_each(TEXTS))
    assert second.probed == 1


@failures
def test_a_second_that_makes_other_vectors_is_refused(failure: IngestError, caplog: pytest.LogCaptureFixture) -> None:
    first, second, embedder = make(shift=1)
    embedder.probe(CANARIES)
    first.failure = failure
    for _ in range(2):
        with pytest.raises(type(failure), match=rf"{failure}.*fallback second makes other vectors.*cosine") as caught:
            embedder.embed_each(TEXTS)
        assert caught.value.__cause__ is failure
    assert (second.asked, second.probed, caplog.records) == ([], 1, [])
    first.failure = None
    assert same(embedder.embed_each(TEXTS)), "the first is asked as long as it is the only one"


def test_a_second_that_disagrees_with_what_is_recorded_is_refused() -> None:
    recorded = CountingEmbedder().probe(CANARIES)
    first, second = Failing(), Failing(name="second", shift=1)
    embedder = FallbackEmbedder(first, second, canaries=recorded)
    first.failure = EmbeddingError("down")
    with pytest.raises(EmbeddingError, match="makes other vectors"):
        embedder.probe(CANARIES)
    agreeing = FallbackEmbedder(first, CountingEmbedder(name="second"), canaries=recorded)
    assert same(agreeing.embed_each(TEXTS))


def test_a_different_model_is_refused_where_it_is_known() -> None:
    with pytest.raises(UsageError, match=r"fallback second.*model 'fake' there, 'other' here.*--fallback"):
        make(model="other")


def test_a_different_model_is_refused_when_it_tells() -> None:
    first, second = Failing(), Failing(name="second", model="other")
    second.known = ""
    embedder = FallbackEmbedder(first, second)
    embedder.probe(CANARIES)
    first.failure = EmbeddingError("down")
    with pytest.raises(EmbeddingError, match="'other' here"):
        embedder.embed_each(TEXTS)
    assert second.asked == []


def test_the_identity_is_the_first_s_until_only_the_second_knows_it() -> None:
    first, second = Failing(), Failing(name="second")
    first.known = ""
    embedder = FallbackEmbedder(first, second)
    assert embedder.identity == Identity("")
    first.failure = EmbeddingError("down")
    embedder.probe(CANARIES)
    assert embedder.identity == Identity("fake")


def test_without_canaries_nothing_is_added_to_what_the_first_made() -> None:
    first, second, embedder = make()
    embedder.embed_each(TEXTS)
    first.failure = EmbeddingError("down")
    with pytest.raises(EmbeddingError, match=r"down.*can't be compared"):
        embedder.embed_each(TEXTS)
    assert second.requests == 0


def test_a_second_that_fails_too_tells_both() -> None:
    first, second, embedder = make()
    embedder.probe(CANARIES)
    first.failure, second.failure = CreditsError("no credits"), EmbeddingError("asleep")
    with pytest.raises(CreditsError, match=r"no credits.*The fallback failed, too: asleep"):
        embedder.embed_each(TEXTS)
    second.failure = None


def test_a_second_that_fails_later_fails_for_good() -> None:
    first, second, embedder = make()
    embedder.probe(CANARIES)
    first.failure = EmbeddingError("down")
    embedder.embed_each(TEXTS)
    second.failure = EmbeddingError("down, too")
    with pytest.raises(EmbeddingError, match="down, too"):
        embedder.embed_each(TEXTS)


def test_many_threads_switch_once(caplog: pytest.LogCaptureFixture) -> None:
    barrier = threading.Barrier(8, timeout=30)

    class Together(CountingEmbedder):
        def embed_each(self, texts: Sequence[str]) -> Any:
            barrier.wait()
            raise EmbeddingError("down")

    second = CountingEmbedder(name="second")
    embedder = FallbackEmbedder(Together(name="first"), second)
    embedder.probe(CANARIES)
    found = list(map_ordered(lambda number: embedder.embed_each([str(number)])[0], range(8), workers=8))
    expected = [vector_of(str(number)) for number in range(8)]
    assert np.array_equal(np.array(found), np.array(expected))
    assert (second.probed, sorted(second.asked), len(caplog.records)) == (1, [str(n) for n in range(8)], 1)
