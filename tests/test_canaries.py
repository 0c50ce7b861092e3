"""Whole runs with a cache and a fallback: what is paid for once is never paid again, and two models never mix."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np
import pytest

from ingest import open_source, sync
from ingest.embedders.cache_file import NAME, FileCache
from ingest.embedders.cached import CachedEmbedder
from ingest.embedders.endpoint import Endpoint
from ingest.embedders.fallback import FallbackEmbedder
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import CreditsError, IdentityError
from ingest.identity import CANARIES
from ingest.protocols import Embedder, Store
from ingest.report import Report
from ingest.sync import Options
from tests.embedders.fakes import FakeClock, make_unit, make_vector
from tests.fakes import WRITES, CountingEmbedder, contents
from tests.loopback import Answer, Handler, Request, Server, serve
from tests.stores.memory import MemoryStore

ROWS = 200
WINDOW = 1000  # characters: longer than the first canary and any row, shorter than the second canary


def embed_as(change: Callable[[str], str] = str) -> Handler:
    """Answer like a service whose model reads `change(text)`."""

    def answer(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(404)
        return Answer(body=[make_vector(change(text)) for text in request.json["inputs"]])

    return answer


usual = embed_as()
another_model = embed_as(lambda text: f"another {text}")
another_window = embed_as(lambda text: text[:WINDOW])
impostors = pytest.mark.parametrize("impostor", [another_model, another_window], ids=["model", "window"])


class Watched:
    """A store that remembers which writes were made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.writes: list[str] = []

    def __getattr__(self, name: str) -> object:
        if name in WRITES:
            self.writes.append(name)
        return getattr(self._store, name)


def write_rows(path: Path, rows: int = ROWS) -> Path:
    path.write_text("answer\n" + "\n".join(f"answer {n}" for n in range(rows)), encoding="utf-8")
    return path


def steady(url: str) -> Embedder:
    return SteadyEmbedder(Endpoint(url, model="org/model"), clock=FakeClock(), random=lambda: 0.5)


def run(source: Path, store: object, folder: Path, handler: Handler) -> tuple[Report, Server]:
    """Run with a cache in `folder`, opened anew as another process would."""
    cache = FileCache(str(folder))
    with serve(handler) as server:
        embedder = CachedEmbedder(steady(server.url), cache)
        report = sync([open_source("excel", source)], embedder=embedder, store=store)  # type: ignore[arg-type] # a wrapped one
    cache.close()
    return report, server


def list_sent(server: Server) -> list[list[str]]:
    return [request.json["inputs"] for request in server.requests if request.method == "POST"]


def check(store: Store, rows: int, change: Callable[[str], str] = str) -> None:
    """Every row is there once, each with the vector of its own text."""
    points = list(store.scroll())
    assert len({point.payload["page_content"] for point in points}) == len(points) == rows
    for point in points:
        text = str(point.payload["page_content"])
        np.testing.assert_allclose(point.vector, make_unit(change(text)), atol=1e-6)


def test_a_second_collection_asks_the_canaries_alone(tmp_path: Path) -> None:
    source, first, second = write_rows(tmp_path / "faq.csv"), MemoryStore(), MemoryStore()
    run(source, first, tmp_path, usual)
    report, server = run(source, second, tmp_path, usual)
    assert list_sent(server) == [list(CANARIES)]
    assert (report.exit_code, report.requests, report.total("added")) == (0, 1, ROWS)
    assert contents(second) == contents(first)
    check(second, ROWS)


def test_a_run_with_nothing_to_embed_asks_nothing_and_opens_no_cache(tmp_path: Path) -> None:
    source, store = write_rows(tmp_path / "faq.csv"), MemoryStore()
    run(source, store, tmp_path / "cache", usual)
    report, server = run(source, store, tmp_path / "other", usual)
    assert (report.exit_code, server.requests) == (0, [])
    assert not (tmp_path / "other").exists()


def test_after_a_service_gave_up_nothing_is_paid_for_twice(tmp_path: Path) -> None:
    source = write_rows(tmp_path / "faq.csv")
    options = Options(concurrency=1)
    failing, healed = CountingEmbedder(fail_after=100), CountingEmbedder()
    for embedder, exit_code in ((failing, 5), (healed, 0)):
        cache = FileCache(str(tmp_path))
        cached = CachedEmbedder(embedder, cache)
        report = sync([open_source("excel", source)], embedder=cached, store=MemoryStore(), options=options)
        cache.close()
        assert report.exit_code == exit_code
    assert failing.asked
    assert len(failing.asked) + len(healed.asked) == len({*failing.asked, *healed.asked}) == ROWS


@impostors
def test_another_model_under_the_same_name_is_refused_before_any_write(tmp_path: Path, impostor: Handler) -> None:
    source, store = write_rows(tmp_path / "faq.csv"), MemoryStore()
    run(source, store, tmp_path, usual)
    run(write_rows(source, ROWS + 10), MemoryStore(), tmp_path, usual)  # the new rows are in the cache, too
    before, watched = contents(store), Watched(store)
    report, server = run(source, watched, tmp_path, impostor)
    assert type(report.failure) is IdentityError
    assert "cosine" in str(report.failure)
    assert list_sent(server) == [list(CANARIES)]
    assert watched.writes == []
    assert contents(store) == before


@impostors
def test_another_model_under_the_same_name_is_not_answered_from_the_cache(tmp_path: Path, impostor: Handler) -> None:
    source, store, again = write_rows(tmp_path / "faq.csv"), MemoryStore(), MemoryStore()
    run(source, MemoryStore(), tmp_path, usual)
    report, server = run(source, store, tmp_path, impostor)
    assert report.exit_code == 0
    assert sum(len(texts) for texts in list_sent(server)) == ROWS + len(CANARIES)
    report, server = run(source, again, tmp_path, usual)
    assert list_sent(server) == [list(CANARIES)], "what the usual one was paid for is lost"
    check(again, ROWS)
    if impostor is another_model:
        check(store, ROWS, lambda text: f"another {text}")


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + bytes(5000), None])
def test_a_cache_that_cannot_be_used_costs_no_run(tmp_path: Path, content: bytes | None) -> None:
    source, store = write_rows(tmp_path / "faq.csv"), MemoryStore()
    if content:
        (tmp_path / NAME).write_bytes(content)
    else:
        (tmp_path / NAME).mkdir()
    report, _ = run(source, store, tmp_path, usual)
    assert report.exit_code == 0
    check(store, ROWS)


def until_credits_end(posts: int) -> Handler:
    """Answer so many requests, and then say that it costs."""
    count, lock = 0, Lock()

    def answer(request: Request) -> Answer:
        nonlocal count
        with lock:
            count += request.method == "POST"
            ended = count > posts
        return Answer(402, {"error": "no credits"}) if ended else usual(request)

    return answer


@pytest.mark.parametrize("posts", [0, 1, 4])
def test_a_fallback_finishes_what_the_first_began(tmp_path: Path, posts: int) -> None:
    source, store = write_rows(tmp_path / "faq.csv"), MemoryStore()
    with serve(until_credits_end(posts)) as first, serve(usual) as second:
        embedder = FallbackEmbedder(steady(first.url), steady(second.url))
        report = sync([open_source("excel", source)], embedder=embedder, store=store)
    assert report.exit_code == 0, str(report.failure)
    assert list_sent(second).count(list(CANARIES)) == 1
    check(store, ROWS)


@impostors
def test_a_fallback_of_another_model_adds_nothing(tmp_path: Path, impostor: Handler) -> None:
    source, store = write_rows(tmp_path / "faq.csv"), MemoryStore()
    with serve(until_credits_end(3)) as first, serve(impostor) as second:
        embedder = FallbackEmbedder(steady(first.url), steady(second.url))
        report = sync([open_source("excel", source)], embedder=embedder, store=store)
    assert type(report.failure) is CreditsError
    assert "makes other vectors" in str(report.failure)
    assert list_sent(second) == [list(CANARIES)]
    check(store, 2 * 32)
