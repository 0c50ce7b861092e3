"""A process that is killed at any moment loses nothing: the next run ends with the undisturbed collection.

Each moment: the sources change, a run is killed on its way, and one more run mends what it left. CRASH_MOMENTS says how
many there are; the whole of it is 200.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from ingest.identity import CANARIES
from ingest.model import Vector, digest_text
from ingest.protocols import Store
from ingest.stores import open_store
from tests.fakes import contents, vector_of
from tests.loopback import Answer, Request, Server, route, serve

MOMENTS = int(os.environ.get("CRASH_MOMENTS", "10"))
FILES, ROWS = 60, 100  # 6,000 chunks
DATASET, COLLECTION = "faq", "legal_rag"
REBUILD = "--rebuild"
KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 1
RUNS: dict[str, list[str]] = {  # the words, besides sources and services, of a run that is killed
    "an ordinary run": [],
    "a rebuild": [REBUILD],
}


@dataclass(frozen=True, slots=True)
class Held:
    """What a copy of a collection holds, read after a run.

    points: everything of each point by its id. origins: the ids of each origin. texts: the hashes of embedded texts.
    found: origins that a search finds by one of their own texts. recorded: what it says of its dataset, but when.
    """

    points: dict[str, tuple[object, ...]] = field(default_factory=dict)
    origins: dict[str, set[str]] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)
    recorded: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Bench:
    """A folder of sources, a service that remembers each text, and stores that are filled from the one by the other."""

    root: Path
    service: Server
    asked: list[str]

    @property
    def corpus(self) -> Path:
        return self.root / DATASET

    def write(self, version: int) -> None:
        """Write a version. Between two, files and rows come, go, move and change; a third of the files stay."""
        self.corpus.mkdir(exist_ok=True)
        for path in self.corpus.iterdir():
            path.unlink()
        for file in range(version, FILES + version):
            moves = 0 if file % 3 == 0 else version
            lines = ["question\tanswer"]
            for row in range(moves, ROWS + moves):
                edit = f" (bản {version})" if moves and (file + row) % 7 == 0 else ""
                lines.append(f"Tệp {file} nói gì ở dòng {row}?\t{row}번 답변, 파일 {file}{edit}.")
            name = f"faq{file:03}-{version}.tsv" if file % 10 == 0 else f"faq{file:03}.tsv"
            (self.corpus / name).write_text("\n".join(lines), encoding="utf-8")

    def start(self, store: Path, words: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        # Without the cache, which would give back each text that the store fails to.
        given = ["--excel", str(self.corpus), "--embedder", self.service.url, "--model", "org/model", "--no-cache"]
        command = [sys.executable, "-m", "ingest", *words, *given, "--batch-size", "8", "--qdrant-path", str(store)]
        self.asked.clear()
        with (self.root / "log").open("wb") as out:
            return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def finish(self, store: Path, words: Sequence[str] = ()) -> None:
        assert self.start(store, words).wait(300) == 0, (self.root / "log").read_text(encoding="utf-8")

    def kill(self, store: Path, moment: float, words: Sequence[str] = ()) -> bool:
        """Start a run and kill it after some seconds; say whether it was still at work."""
        process = self.start(store, words)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait() == KILLED

    def read(self, store: Path) -> Held:
        """Read a copy, so that the next run finds what the killed one left: opening a store already mends its files."""
        if not store.exists():
            return Held()
        copy = self.root / "copy"
        shutil.copytree(store, copy)
        try:
            opened = open_store(path=str(copy))
            try:
                return _read(opened)
            finally:
                opened.close()
        finally:
            shutil.rmtree(copy)


def _read(store: Store) -> Held:
    if not (described := store.describe()):
        return Held()
    own = ("path", "chunking", "reading")
    held = Held(contents(store), recorded={name: described.datasets.get(DATASET, {}).get(name) for name in own})
    sample: dict[str, Vector] = {}
    for point in store.scroll():
        own_part = point.payload["ingest"]
        assert isinstance(own_part, dict)
        origin = str(own_part["origin"])
        held.origins.setdefault(origin, set()).add(point.id)
        held.texts.add(str(own_part["text"]))
        sample[origin] = point.vector
    for origin, vector in sample.items():
        hits = [hit.payload["ingest"] for hit in store.search(vector, 3)]
        if any(isinstance(hit, dict) and hit["origin"] == origin for hit in hits):
            held.found.add(origin)
    return held


@contextmanager
def open_bench(root: Path) -> Iterator[Bench]:
    asked: list[str] = []

    def embed(request: Request) -> Answer:
        texts = request.json["inputs"]
        asked.extend(texts)
        return Answer(body=np.stack([vector_of(text) for text in texts]).tolist())

    with serve(route({"/embed": embed})) as server:
        yield Bench(root, server, asked)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS.keys())
def test_a_killed_run_is_healed_by_the_next(tmp_path: Path, words: Sequence[str]) -> None:
    moments = random.Random(0)  # the same moments each time, as far as a machine's pace allows
    killed = halfway = 0
    with open_bench(tmp_path) as bench:
        expected: dict[int, Held] = {}
        seconds: dict[int, float] = {}
        undisturbed, disturbed = tmp_path / "undisturbed", tmp_path / "disturbed"
        for version in (1, 2, 1):
            bench.write(version)
            started = time.monotonic()
            bench.finish(undisturbed, words)
            seconds[version] = time.monotonic() - started
            expected[version] = bench.read(undisturbed)
        assert len(expected[1].points) == 2 * FILES * ROWS
        before = Held()
        for attempt in range(MOMENTS):
            target = expected[attempt % 2 + 1]
            bench.write(attempt % 2 + 1)
            killed += bench.kill(disturbed, moments.uniform(0.1, 0.8) * seconds[2], words)
            asked = _list_hashes(bench.asked)
            assert not asked & before.texts, f"attempt {attempt}: the killed run embedded what was stored"
            left = bench.read(disturbed)
            halfway += bool(asked) and left.points != target.points
            _check_searchable(before, left, target, attempt)
            if REBUILD in words and before.points:
                assert left.points in (before.points, target.points), f"attempt {attempt}: neither the old nor the new"

            bench.finish(disturbed, words)
            embedded = _list_hashes(bench.asked)
            assert len(embedded) == sum(text not in CANARIES for text in bench.asked), "a text was asked for twice"
            assert not embedded & left.texts, f"attempt {attempt}: {len(embedded & left.texts)} texts embedded twice"
            before = bench.read(disturbed)
            assert before == target, f"attempt {attempt}"
            assert len(list((disturbed / COLLECTION).iterdir())) == 2, "more than a record and a shard was left"
    assert killed > MOMENTS // 4, "too many runs ended before they were killed: nothing was tried"
    assert halfway > MOMENTS // 20, "most runs were killed before they embedded, or when they were done"


def _list_hashes(texts: Sequence[str]) -> set[str]:
    """Give the hashes of the texts of sources among those that the service was asked for."""
    return {digest_text(text) for text in texts if text not in CANARIES}


def _check_searchable(before: Held, left: Held, target: Held, attempt: int) -> None:
    """Hold that an origin that was there and stays has all that it said, or all that it says now."""
    for origin in before.origins.keys() & target.origins.keys():
        ids = left.origins.get(origin, set())
        assert before.origins[origin] <= ids or target.origins[origin] <= ids, f"attempt {attempt}: {origin} lost text"
        assert origin in left.found, f"attempt {attempt}: a search does not find {origin}"
