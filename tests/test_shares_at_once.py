"""Processes that fill one collection of a server at once, each its share, end with that of one process."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.identity import CANARIES
from ingest.model import digest_text
from ingest.stores import open_store
from tests.commandline import Command, Outcome
from tests.fakes import contents, vector_of
from tests.loopback import Answer, Request, Server, route, serve
from tests.stores.rest import serve_qdrant

pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning")
ROOT = Path(__file__).parent.parent
FILES, ROWS = 24, 8
LATENCY = 0.08  # seconds of a request to the service
KILLED = -signal.SIGKILL if hasattr(signal, "SIGKILL") else 1


@dataclass
class Bench:
    """A folder of sources, a service that takes its time, and a server of collections."""

    root: Path
    service: Server
    qdrant: Server
    command: Command
    asked: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)  # while it isn't set, the service answers no text

    def write(self, version: int) -> None:
        """Write a version. Between two, files and rows come, go and change."""
        folder = self.root / "faq"
        folder.mkdir(exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        for number in range(version * 3, FILES + version * 3):
            lines = [f"Hỏi {number}.{row} (bản {version * (row % 4 == 0)})?\t답변 {row}" for row in range(ROWS)]
            (folder / f"faq{number:03}.tsv").write_text("question\tanswer\n" + "\n".join(lines), encoding="utf-8")

    def tell(self, collection: str, *words: str) -> list[str]:
        given = ["--excel", str(self.root / "faq"), "--embedder", self.service.url, "--model", "org/model"]
        where = ["--qdrant-url", self.qdrant.url, "--collection", collection, "--no-cache", "--batch-size", "8"]
        return [*given, *where, *words]

    def run(self, collection: str, *words: str) -> Outcome:
        """Run it here, to its end."""
        return self.command(*self.tell(collection, *words))

    def start(self, collection: str, *words: str) -> "subprocess.Popen[str]":
        """Start it in a process of its own."""
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "ingest", *self.tell(collection, *words)]
        return subprocess.Popen(command, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self, *processes: "subprocess.Popen[str]") -> None:
        for process in processes:
            out, _ = process.communicate(timeout=120)
            assert process.returncode == 0, out

    def read(self, collection: str) -> tuple[dict[str, tuple[Any, ...]], dict[str, Any]]:
        """Give every point, and what is recorded of the dataset by whatever ran."""
        store = open_store(url=self.qdrant.url, collection=collection, exclusive=False)
        described = store.describe()
        assert described
        entry = described.datasets["faq"]
        found = contents(store), {name: entry.get(name) for name in ("path", "chunking", "reading", "columns")}
        store.close()
        return found


@pytest.fixture
def bench(tmp_path: Path, command: Command) -> Iterator[Bench]:
    asked: list[str] = []
    held = threading.Event()
    held.set()

    def embed(request: Request) -> Answer:
        time.sleep(LATENCY)
        texts = request.json["inputs"]
        if texts[0] not in CANARIES:
            asked.extend(texts)
            held.wait()
        return Answer(body=np.stack([vector_of(text) for text in texts]).tolist())

    with serve(route({"/embed": embed})) as service, serve_qdrant() as qdrant:
        yield Bench(tmp_path, service, qdrant, command, asked, held)
        held.set()


def merge(columns: object) -> dict[str, object]:
    """Give the columns of each file, however the records group the files."""
    assert isinstance(columns, Sequence)
    return {origin: group["sheets"] for group in columns for origin in group["origins"]}


def hold_equal(bench: Bench) -> None:
    (points, entry), (expected, recorded) = bench.read("divided"), bench.read("whole")
    assert points == expected
    assert merge(entry.pop("columns")) == merge(recorded.pop("columns"))
    assert entry == recorded


def test_two_at_once_end_with_what_one_ends_with(bench: Bench) -> None:
    for version in (0, 1):
        bench.write(version)
        assert bench.run("whole", "--concurrency", "4").code == 0
        whole = len(bench.asked)
        bench.asked.clear()
        shares = [bench.start("divided", "--share", f"{number}/2", "--concurrency", "2") for number in (1, 2)]
        bench.finish(*shares)
        hold_equal(bench)
        assert len(bench.asked) == whole, "a text was embedded by both"
        assert len(set(bench.asked)) == whole
        bench.asked.clear()
    assert len(bench.read("divided")[0]) == 2 * FILES * ROWS
    where = ("--qdrant-url", bench.qdrant.url, "--collection", "divided")
    assert bench.command("info", "--max-age", "1h", *where).code == 0
    assert bench.run("divided").code == 0
    assert not bench.asked, "a run of the whole finds nothing to do"
    hold_equal(bench)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
@pytest.mark.parametrize("version", [0, 1], ids=["while it fills", "while it changes"])
def test_one_that_is_killed_is_healed_by_running_it_again(bench: Bench, version: int) -> None:
    for earlier in range(version):
        bench.write(earlier)
        assert [bench.run("divided", "--share", f"{number}/2").code for number in (1, 2)] == [0, 0]
    bench.write(version)
    bench.asked.clear()
    dying, living = (bench.start("divided", "--share", f"{number}/2", "--concurrency", "1") for number in (1, 2))
    _wait_until(lambda: len(bench.asked) >= 24)
    dying.kill()
    dying.communicate()
    assert dying.returncode == KILLED, "it was done already: nothing was tried"
    bench.finish(living)
    stored = {json.loads(payload)["ingest"]["text"] for payload, *_ in bench.read("divided")[0].values()}
    bench.write(version)
    bench.asked.clear()
    assert bench.run("divided", "--share", "1/2").code == 0
    assert bench.asked, "it was killed in the middle"
    assert not stored & set(map(digest_text, bench.asked)), "what was written stayed, and is embedded once"
    assert bench.run("whole").code == 0
    hold_equal(bench)


def test_shares_keep_out_what_overlaps(bench: Bench) -> None:
    bench.write(0)
    bench.held.clear()
    running = bench.start("divided", "--share", "1/2", "--concurrency", "1")
    _wait_until(lambda: len(bench.asked) > 0)
    for words in ([], ["--share", "1/2"], ["--share", "2/3"]):
        kept_out = bench.run("divided", *words)
        assert kept_out.code == 75
        assert "--share 1/2" in kept_out.err, "it names who holds the collection"
    assert running.poll() is None
    bench.held.set()
    bench.finish(running)


def _wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(6_000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError
