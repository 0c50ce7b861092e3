"""A dry run says what the run that follows does, and asks and writes nothing."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.embedders.cache_file import DAY, NAME, FileCache
from ingest.embedders.cached import CachedEmbedder
from ingest.embedders.unasked import NOT_KNOWN, Unasked, stand_in
from ingest.errors import IngestError
from ingest.guard import Guard
from ingest.identity import CANARIES
from ingest.model import Identity, digest_text
from ingest.protocols import Embedder, Limits, Store
from ingest.report import Report
from ingest.stores.readonly import ReadOnlyStore
from ingest.sync import Options, sync
from tests.embedders.fakes import FakeService, make_embedder
from tests.fakes import Files, Row, RowsSource, contents
from tests.stores.memory import MemoryStore

DAMAGED: Sequence[Row] = [("damaged", "", "")]  # stands for a file that is no JSON

words = st.sampled_from(["a", "b", "Điều khoản", "제1조 근로자"])
rows = st.tuples(st.sampled_from(["", "질문"]), words | st.just(""), st.sampled_from(["s", "t"]))
contents_of_files = st.one_of(*[st.lists(rows, max_size=5)] * 6, st.just(DAMAGED))
files = st.dictionaries(st.sampled_from(["x.json", "y.json", "z.json"]), contents_of_files, min_size=1)
corpora = st.dictionaries(st.sampled_from(["laws", "세금"]), files, min_size=1)
options = st.builds(
    Options,
    guard=st.sampled_from([Guard("100%"), Guard("100%"), Guard("50%"), Guard("1")]),
    prune=st.sampled_from([True, True, False]),
    limit=st.sampled_from([None, None, None, 0, 1, 4]),
    batch_size=st.integers(1, 5),
    concurrency=st.integers(1, 3),
)
limits = st.builds(Limits, st.none() | st.integers(1, 3), st.none() | st.integers(1_020, 1_060))


class Machine:
    """A folder of sources, a cache, a store, and a service that counts what it is asked."""

    def __init__(self, folder: Path, limits: Limits = NOT_KNOWN) -> None:
        self.folder = folder
        self.store = MemoryStore()
        self.limits = limits
        self.service = self.open_service()
        self.sources: list[RowsSource] = []

    def open_service(self) -> FakeService:
        service = FakeService()
        service.limits = self.limits
        return service

    def write(self, corpus: Mapping[str, Files]) -> None:
        self.sources = []
        for dataset, files in corpus.items():
            source = RowsSource(self.folder / dataset, dataset=dataset).write(files)
            for name, rows in files.items():
                if rows == DAMAGED:
                    (source.root / name).write_text("damaged", encoding="utf-8")
            self.sources.append(source)

    def warm(self, texts: Sequence[str]) -> None:
        """Let the cache hold these, as of long ago."""
        with closing(FileCache(str(self.folder / "cache"), now=lambda: 0)) as cache:
            embedder = CachedEmbedder(make_embedder(self.open_service()), cache)
            embedder.probe(CANARIES)
            embedder.embed_each(texts)

    def run(self, options: Options) -> Report:
        with closing(FileCache(str(self.folder / "cache"), now=lambda: 10 * DAY)) as cache:
            return self.sync(CachedEmbedder(make_embedder(self.service), cache), self.store, options)

    def dry_run(self, options: Options) -> Report:
        with closing(FileCache(str(self.folder / "cache"), now=lambda: 10 * DAY, read_only=True)) as cache:
            embedder = stand_in(make_embedder(self.service), self.store.describe(), cache)
            return self.sync(embedder, ReadOnlyStore(self.store), options)

    def sync(self, embedder: Embedder, store: Store, options: Options) -> Report:
        return sync(self.sources, embedder=embedder, store=store, options=options)

    def dump(self) -> Any:
        """Everything that a dry run may not change."""
        path = self.folder / "cache" / NAME
        kept: list[Any] = []
        if path.exists():
            with closing(sqlite3.connect(path)) as connection:
                tables = ("canaries", "kept")
                kept = [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]
        return contents(self.store), self.store.describe(), self.store.writes, self.service.asked, kept


def numbers(report: Report) -> Any:
    """Everything that is counted, and how each dataset ended."""
    counted = dict(report.as_json())
    del counted["seconds"]
    return json.loads(json.dumps(counted, ensure_ascii=False))


def texts_of(corpus: Mapping[str, Files]) -> list[str]:
    every = [row for files in corpus.values() for rows in files.values() for row in rows if row[1]]
    alone = {question for question, *_ in every if question}
    return sorted(alone | {f"{question}\n{answer}" if question else answer for question, answer, _ in every})


@given(st.one_of(*[corpora] * 4, st.just({})), corpora, options, limits, st.sampled_from(["0", "8", "g"]))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_a_dry_run_gives_the_numbers_of_the_run_that_follows(
    before: Mapping[str, Files], after: Mapping[str, Files], options: Options, limits: Limits, warm: str
) -> None:
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder), limits)
        if texts := [text for text in texts_of(after) if digest_text(text) < warm]:
            machine.warm(texts)
        if before:
            machine.write(before)
            machine.sync(make_embedder(machine.open_service()), machine.store, Options(guard=Guard("100%")))
        machine.write(after)
        there, listed = machine.dump(), sorted(Path(folder).rglob("*"))
        dry = machine.dry_run(options)
        assert (machine.dump(), sorted(Path(folder).rglob("*"))) == (there, listed)
        wet = machine.run(options)
        assert numbers(dry) == numbers(wet)
        assert dry.requests == len(machine.service.asked)
        sent = [text for texts in machine.service.asked for text in texts if text not in CANARIES]
        assert dry.total("embedded") == len(sent)
        assert dry.total("characters") == sum(map(len, sent))
        assert dry.total("added") == sum(dry.total(name) for name in ("embedded", "cached", "reused"))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def answers(count: int, start: int = 0) -> list[Row]:
    return [("", f"câu {number}", "s") for number in range(start, start + count)]


def test_the_numbers_of_a_run_with_everything_in_it(machine: Machine) -> None:
    machine.warm([f"câu {number}" for number in range(30, 40)])
    machine.write({"laws": {"x.json": answers(10), "y.json": answers(10, 10), "z.json": answers(2, 20)}})
    machine.sync(make_embedder(machine.open_service()), machine.store, Options())
    changed = [("", f"câu {number}", "t" if number == 3 else "s") for number in range(8)]
    machine.write({"laws": {"x.json": changed, "y.json": answers(10, 10), "new.json": answers(30, 19)}})
    report = machine.dry_run(Options(batch_size=8))
    assert {name: count for name, count in numbers(report).items() if isinstance(count, int) and count} == {
        "added": 30,
        "refreshed": 1,
        "unchanged": 10 + 7,
        "deleted": 2 + 2,
        "embedded": 17,
        "cached": 10,
        "reused": 3,
        "characters": 17 * len("câu 22"),
        "requests": 1 + 3,
    }
    assert numbers(machine.run(Options(batch_size=8))) == numbers(report)


def test_a_half_warm_cache_costs_no_request_more_than_its_misses_fill(machine: Machine) -> None:
    machine.warm([f"câu {number}" for number in range(0, 600, 2)])
    machine.write({"laws": {"x.json": answers(600)}})
    report = machine.run(Options(batch_size=32))
    assert (report.cached, report.total("embedded"), report.requests) == (300, 300, 1 + -(-300 // 32))


def test_a_text_that_another_dataset_is_about_to_lose_is_embedded(machine: Machine) -> None:
    machine.write({"a": {"x.json": answers(4)}, "b": {"x.json": answers(1, 9)}})
    machine.sync(make_embedder(machine.open_service()), machine.store, Options())
    machine.write({"a": {"x.json": answers(3)}, "b": {"x.json": [*answers(1, 9), *answers(2, 2)]}})
    dry, wet = machine.dry_run(Options()), machine.run(Options())
    assert (wet.total("embedded"), wet.total("reused")) == (1, 1)
    assert numbers(dry) == numbers(wet)


def test_without_a_collection_the_first_canaries_of_the_cache_count(machine: Machine) -> None:
    machine.warm(["câu 0"])
    machine.write({"laws": {"x.json": answers(3)}})
    assert (machine.dry_run(Options()).cached, machine.store.describe()) == (1, None)


def test_a_cache_of_other_canaries_than_the_collection_recorded_gives_nothing(machine: Machine) -> None:
    def flip(texts: Sequence[str]) -> Any:
        vectors = FakeService().embed(texts)
        vectors[:, 0] *= -50
        return vectors

    machine.write({"laws": {"x.json": answers(1)}})
    machine.sync(make_embedder(FakeService(flip)), machine.store, Options())
    machine.warm(["câu 0", "câu 1"])
    machine.write({"laws": {"x.json": answers(2)}})
    assert machine.dry_run(Options()).cached == 0


def test_a_dry_run_makes_no_cache(machine: Machine) -> None:
    machine.write({"laws": {"x.json": answers(3)}})
    assert machine.dry_run(Options()).total("embedded") == 3
    assert not (machine.folder / "cache").exists()


def test_a_cache_that_fails_costs_one_line(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    (machine.folder / "cache").mkdir()
    damaged = machine.folder / "cache" / NAME
    damaged.write_bytes(b"no database" * 500)
    machine.write({"laws": {"x.json": answers(3)}})
    assert (machine.dry_run(Options()).cached, len(caplog.messages)) == (0, 1)
    assert damaged.read_bytes() == b"no database" * 500, "it was set aside"


def test_the_model_of_an_endpoint_is_that_of_the_collection(machine: Machine) -> None:
    machine.write({"laws": {"x.json": answers(1)}})
    machine.run(Options())
    machine.warm(["câu 1"])
    machine.write({"laws": {"x.json": answers(2)}})
    machine.service.identity = Identity("")
    with closing(FileCache(str(machine.folder / "cache"), read_only=True)) as cache:
        embedder = stand_in(make_embedder(machine.service), machine.store.describe(), cache)
    assert (embedder.identity.model, list(embedder.recall(["câu 1", "câu 2"]))) == ("fake-1", ["câu 1"])


def test_the_cap_on_bytes_and_the_prefix_count(machine: Machine) -> None:
    embedder = Unasked(Identity("m", document_prefix="passage: "), "tei", limits=Limits(texts=2, bytes=1_040))
    embedder.embed_each(["a" * 10] * 3)
    assert embedder.requests == 3
    embedder = Unasked(Identity("m"), "tei", limits=Limits(texts=2, bytes=1_040))
    embedder.embed_each(["a" * 10] * 3)
    assert embedder.requests == 2


def test_a_refused_dataset_says_the_same(machine: Machine) -> None:
    machine.write({"laws": {"x.json": answers(40)}})
    machine.run(Options())
    machine.write({"laws": {"y.json": answers(2)}})
    dry, wet = machine.dry_run(Options()), machine.run(Options())
    assert isinstance(dry.failure, IngestError)
    assert numbers(dry) == numbers(wet)
