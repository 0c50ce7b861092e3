"""No text is paid for twice, and no vector of another model ever comes out of a cache."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.concurrency import map_ordered
from ingest.embedders.cache_failure import CacheError
from ingest.embedders.cached import CachedEmbedder
from ingest.errors import EmbeddingError
from ingest.identity import CANARIES
from ingest.model import Identity, Refused, Vector, Vectors
from ingest.protocols import Embedder
from tests.embedders import test_embedder
from tests.embedders.fakes import FakeService, make_embedder
from tests.embedders.memory import MemoryCache
from tests.fakes import POISON, CountingEmbedder, vector_of

TEXTS = ["Điều 1", "제1조", "Article 1"]


class Named(CountingEmbedder):
    """A counting embedder of any identity."""

    given = Identity("fake")

    @property
    def identity(self) -> Identity:
        return self.given


def name(**identity: str) -> CountingEmbedder:
    embedder = Named()
    embedder.given = Identity(**{"model": "fake", **identity})
    return embedder


def embed(embedder: CountingEmbedder, cache: Any, texts: Sequence[str] = TEXTS) -> list[Any]:
    """Embed texts as another run would."""
    return ask(CachedEmbedder(embedder, cache), texts)


def ask(cached: CachedEmbedder, texts: Sequence[str]) -> list[Any]:
    """Embed texts as a run does: each is recalled, and asked for where it is not at hand."""
    outcomes: dict[str, Any] = dict(cached.recall(texts))
    missing = [text for text in dict.fromkeys(texts) if text not in outcomes]
    if missing:
        outcomes |= dict(zip(missing, cached.embed_each(missing), strict=True))
    return [outcomes[text] for text in texts]


def same(found: Sequence[Any], expected: Sequence[Any]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


class TestAsAnEmbedder(test_embedder.TestEveryEmbedder):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return CachedEmbedder(make_embedder(FakeService()), MemoryCache())

    def test_counts_its_requests(self, embedder: Embedder) -> None:
        embedder.embed_each(TEXTS)
        embedder.recall([*TEXTS, "more"])
        embedder.probe(TEXTS)
        assert (embedder.requests, embedder.cached) == (3, len(TEXTS)), "the canaries, the texts, and what is probed"


class TestHits:
    def test_a_second_run_asks_the_canaries_alone(self) -> None:
        cache, second = MemoryCache(), CountingEmbedder()
        first = embed(CountingEmbedder(), cache)
        cached = CachedEmbedder(second, cache)
        assert same(ask(cached, TEXTS), first)
        assert (second.asked, second.probed, second.requests) == ([], 1, 1)
        assert (cached.cached, cached.requests) == (3, 1)

    def test_only_what_is_missing_is_asked_each_text_once(self) -> None:
        cache, asked = MemoryCache(), CountingEmbedder()
        embed(CountingEmbedder(), cache, ["b", "d"])
        outcomes = embed(asked, cache, ["a", "b", "a", "c", "d", "c"])
        assert asked.asked == ["a", "c"]
        assert same(outcomes, [vector_of(text) for text in "abacdc"])

    @given(st.lists(st.lists(st.text(st.characters(), max_size=3), max_size=5), max_size=6))
    def test_through_any_history_each_text_is_asked_once_and_answered_right(self, batches: list[list[str]]) -> None:
        cache, asked = MemoryCache(), Wide()
        for batch in batches:
            assert same(embed(asked, cache, batch), [asked._vector(text) for text in batch])
        assert sorted(asked.asked) == sorted({text for batch in batches for text in batch})

    def test_vectors_come_back_to_the_bit_and_may_be_written_to(self) -> None:
        cache = MemoryCache()
        [first] = embed(CountingEmbedder(), cache, ["a"])
        [second] = embed(CountingEmbedder(), cache, ["a"])
        assert (second.dtype, second.tobytes()) == (np.float32, first.tobytes())
        assert second.flags.writeable

    def test_canaries_and_queries_are_always_asked(self) -> None:
        cache, asked = MemoryCache(), CountingEmbedder()
        embed(CountingEmbedder(), cache, [*CANARIES, "query"])
        cached = CachedEmbedder(asked, cache)
        cached.probe(CANARIES)
        cached.probe(CANARIES)
        assert np.array_equal(cached.encode_query("query"), vector_of("query"))
        assert (asked.probed, cached.cached) == (2, 0)

    def test_canaries_that_the_run_asked_are_not_asked_again(self) -> None:
        asked = CountingEmbedder()
        cached = CachedEmbedder(asked, MemoryCache())
        cached.probe(CANARIES)
        ask(cached, TEXTS)
        ask(cached, ["more"])
        assert asked.probed == 1

    def test_many_threads_ask_the_canaries_once(self) -> None:
        asked = CountingEmbedder()
        cached = CachedEmbedder(asked, MemoryCache())
        texts = [f"text {number}" for number in range(64)]
        found = list(map_ordered(lambda text: ask(cached, [text])[0], texts, workers=8))
        assert same(found, [vector_of(text) for text in texts])
        assert asked.probed == 1

    def test_no_text_asks_nothing(self) -> None:
        asked = CountingEmbedder()
        assert embed(asked, MemoryCache(), []) == []
        assert asked.probed == 0

    def test_a_refusal_is_not_kept(self) -> None:
        cache, asked = MemoryCache(), CountingEmbedder()
        for _ in range(2):
            outcomes = embed(asked, cache, ["a", POISON])
            assert same(outcomes[:1], [vector_of("a")])
            assert isinstance(outcomes[1], Refused)
        assert asked.asked == ["a", POISON, POISON]

    def test_what_was_paid_for_is_kept_before_the_next_batch_fails(self) -> None:
        cache, failing = MemoryCache(), CountingEmbedder(fail_after=3)
        cached = CachedEmbedder(failing, cache)
        ask(cached, TEXTS)
        with pytest.raises(EmbeddingError):
            ask(cached, ["more"])
        healed = CountingEmbedder()
        embed(healed, cache, [*TEXTS, "more"])
        assert healed.asked == ["more"]


class TestWrongHits:
    @pytest.mark.parametrize(
        "other",
        [
            lambda: CountingEmbedder(shift=1),  # another model behind the same name
            lambda: CountingEmbedder(model="other"),
            lambda: name(document_prefix="passage: "),
            lambda: name(pooling="cls"),
            lambda: name(quantisation="int8"),
            lambda: Wide(shift=0),
        ],
        ids=["vectors", "model", "prefix", "pooling", "quantisation", "dimension"],
    )
    def test_another_vector_space_gets_nothing_and_spoils_nothing(self, other: Any) -> None:
        cache, stranger, again = MemoryCache(), other(), CountingEmbedder()
        embed(CountingEmbedder(), cache)
        assert same(embed(stranger, cache), [stranger._vector(text) for text in TEXTS])
        assert stranger.asked == TEXTS
        assert same(embed(again, cache), [vector_of(text) for text in TEXTS])
        assert again.asked == []
        back = other()
        embed(back, cache)
        assert back.asked == [], "both are kept, side by side"

    def test_another_window_gets_nothing(self) -> None:
        cache, short = MemoryCache(), Windowed()
        embed(CountingEmbedder(), cache)
        embed(short, cache)
        assert short.asked == TEXTS

    def test_the_noise_of_a_service_is_no_other_model(self) -> None:
        cache, noisy = MemoryCache(), Noisy()
        first = embed(CountingEmbedder(), cache)
        assert same(embed(noisy, cache), first)
        assert (noisy.asked, len(cache.canaries)) == ([], 1)

    def test_how_queries_are_embedded_does_not_matter(self) -> None:
        cache, asked = MemoryCache(), name(query_prefix="query: ")
        embed(CountingEmbedder(), cache)
        embed(asked, cache)
        assert asked.asked == []

    def test_a_service_that_changes_under_way_changes_the_space(self) -> None:
        cache, changing = MemoryCache(), CountingEmbedder()
        cached = CachedEmbedder(changing, cache)
        ask(cached, TEXTS)
        changing.shift = 1
        cached.probe(CANARIES)
        assert same(ask(cached, TEXTS), [changing._vector(text) for text in TEXTS])

    @pytest.mark.parametrize("damage", ["flip", "cut", "empty", "swap", "foreign"])
    def test_a_damaged_value_is_a_miss_and_is_mended(self, damage: str) -> None:
        cache, asked, healed = MemoryCache(), CountingEmbedder(), CountingEmbedder()
        embed(CountingEmbedder(), cache)
        one, two, _ = cache.values
        value = cache.values[one]
        other = cache.values[two]
        cache.values[one] = {
            "flip": value[:-1] + bytes([value[-1] ^ 0x80]),  # a sign: the length stays 1
            "cut": value[:-4],
            "empty": b"",
            "swap": other,
            "foreign": b"somebody's",
        }[damage]
        assert same(embed(asked, cache), [vector_of(text) for text in TEXTS])
        assert len(asked.asked) == 1
        embed(healed, cache)
        assert healed.asked == []

    def test_damaged_canaries_are_none(self) -> None:
        cache, asked = MemoryCache(), CountingEmbedder()
        embed(CountingEmbedder(), cache)
        [who] = cache.canaries
        cache.canaries[who] = [b"", b"somebody's canaries"]
        assert same(embed(asked, cache), [vector_of(text) for text in TEXTS])
        assert len(cache.canaries[who]) == 3


class TestACacheThatFails:
    @pytest.mark.parametrize("method", ["list_canaries", "add_canaries", "fetch", "keep"])
    def test_costs_one_line_and_no_vector(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, method: str
    ) -> None:
        cache, calls, asked = MemoryCache(), [], CountingEmbedder()

        def fail(*_: object) -> None:
            calls.append(method)
            raise CacheError("the cache is gone")

        monkeypatch.setattr(cache, method, fail)
        cached = CachedEmbedder(asked, cache)
        for texts in (TEXTS, ["more"], TEXTS):
            assert same(ask(cached, texts), [vector_of(text) for text in texts])
        assert calls == [method], "it was asked again"
        [record] = caplog.records
        assert (record.levelno, record.name) == (logging.WARNING, "ingest")
        assert record.getMessage() == "the cache is gone; going on without it"
        assert asked.asked == [*TEXTS, "more", *TEXTS]

    def test_is_told_of_once_by_many_threads(self, caplog: pytest.LogCaptureFixture) -> None:
        barrier = threading.Barrier(8, timeout=30)

        class Failing(MemoryCache):
            def fetch(self, keys: Sequence[str]) -> dict[str, bytes]:
                barrier.wait()
                raise CacheError("the cache is gone")

        cached = CachedEmbedder(CountingEmbedder(), Failing())
        list(map_ordered(lambda number: ask(cached, [str(number)]), range(8), workers=8))
        assert len(caplog.records) == 1


class Wide(CountingEmbedder):
    """A model of twice the dimension, for any text."""

    def _vector(self, text: str) -> Vector:
        vector = vector_of(text.encode("utf-8", "backslashreplace").decode())
        return np.concatenate([vector, vector]) * np.float32(0.5**0.5)


class Windowed(CountingEmbedder):
    """A service that reads the beginning of a text alone."""

    def _vector(self, text: str) -> Vector:
        return vector_of(text[:200])


class Noisy(CountingEmbedder):
    """The same model on another kind of processor."""

    def probe(self, texts: Sequence[str]) -> Vectors:
        vectors = super().probe(texts) + np.float32(1e-3)
        noisy: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return noisy
