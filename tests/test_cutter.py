"""What is cut in another process is what is cut here, and no process outlives its run."""

import logging
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import cutter
from ingest.child import Child
from ingest.chunking import open_chunker
from ingest.chunks import make_chunks
from ingest.comparison import Progress
from ingest.cutter import Cutter
from ingest.errors import StoreError
from ingest.model import Document, File, Ignored, Noted, Point, Skipped
from ingest.protocols import Source
from ingest.report import Report
from ingest.sources import open_source
from ingest.sources.text import TextFolder
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, contents
from tests.stores.memory import MemoryStore
from tests.test_child import await_end

FILES = 200  # more than three batches
CHUNKER = open_chunker(None)
HERE = os.getpid()


@dataclass(frozen=True, slots=True)
class Homesick(TextFolder):
    """A folder that only the process of the tests can read."""

    home: int = HERE
    portable: ClassVar[bool] = True

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored | Noted]:
        if os.getpid() != self.home:
            raise RuntimeError("far from home")
        return TextFolder.parse(self, file, content)


class Inherited(TextFolder):
    """A folder that says nothing of itself."""

    __slots__ = ()


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutter, "PATIENCE", 0)
    monkeypatch.setattr(cutter, "REQUEST", 2_000)
    monkeypatch.setattr(cutter, "LARGEST", 150_000)
    monkeypatch.setattr(cutter, "count_cores", lambda: 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    laws = tmp_path / "laws"
    laws.mkdir()
    for number in range(FILES):
        (laws / f"{number:03}.md").write_text(f"# Luật {number}\n\nĐiều 1. Một\n{number} ngày.\n", encoding="utf-8")
    (laws / "000.md").write_bytes(b"\xff\xfe\xff")  # skipped by name
    (laws / "150.md").write_bytes(b"")  # ignored
    (laws / "151.md").write_text("---\nyear: 2019\n---\nĐiều 1. Một\n" * 2, encoding="utf-8")
    (laws / "152.md").write_text("Điều 1. Một.\n" * 12_000, encoding="utf-8")  # larger than what is sent
    (laws / "153.md").write_text("".join(f"Điều {a}. Một {a}\n" for a in range(5_000)), encoding="utf-8")  # back
    (laws / "154.md").write_text("".join(f"Điều {a}. Hai {a}\n" for a in range(500)), encoding="utf-8")  # alone in one
    return laws


def run(source: Source, store: MemoryStore | None = None) -> tuple[dict[str, Any], Report]:
    store = store or MemoryStore()
    return contents(store), sync([source], embedder=CountingEmbedder(), store=store, options=Options())


def make_batches(files: int = 3) -> Iterator[list[tuple[Progress, bytes]]]:
    for number in range(files):
        file = File(f"{number}.md", f"/nowhere/{number}.md")
        yield [(Progress(file, "", "", 0), f"Điều {number}. Một".encode())]


def cut_all(source: Source, chunker: Any = CHUNKER, files: int = 3) -> list[Sequence[Any] | None]:
    return [items for _, cut in Cutter(source, chunker).cut_ahead(make_batches(files)) for items in cut]


def open_laws(folder: Path) -> TextFolder:
    source = open_source("text", folder)
    assert isinstance(source, TextFolder)
    return source


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """The processes that were started."""
    started: list[subprocess.Popen[bytes]] = []

    class Watched(Child):
        def __init__(self, script: str, setup: bytes) -> None:
            super().__init__(script, setup)
            started.append(self._process)

    monkeypatch.setattr(cutter, "Child", Watched)
    return started


def describe(report: Report) -> object:
    [tally] = report.datasets
    return tally.skipped, tally.ignored, tally.noted, tally.list_counts(), report.exit_code


def test_another_process_cuts_what_this_one_would(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, report = run(open_laws(folder))
    assert len(children) in (1, 2)
    assert all(process.returncode is not None for process in children), "it outlived the run"
    monkeypatch.setattr(TextFolder, "portable", False)
    children.clear()
    here, report_here = run(open_laws(folder))
    assert not children
    assert there == here
    assert describe(report) == describe(report_here)


def test_it_really_cuts(folder: Path) -> None:
    laws = open_laws(folder)
    for [(progress, content)], items in zip(make_batches(), cut_all(laws), strict=True):
        assert items
        assert items == list(make_chunks(laws.dataset, laws.parse(progress.file, content), CHUNKER))


@given(st.lists(st.lists(st.integers(0, 3_000), min_size=1, max_size=5), max_size=20))
def test_files_come_in_their_order_and_each_in_its_batch(sizes: list[list[int]]) -> None:
    batches = [
        [(Progress(File(f"{number}.{place}", ""), "", "", 0), bytes(size)) for place, size in enumerate(batch)]
        for number, batch in enumerate(sizes)
    ]
    steps = Cutter(TextFolder("laws", "", None), CHUNKER)  # type: ignore[arg-type] # it lists nothing
    steps._cut = lambda request: [pickle.dumps([progress.file.origin]) for progress, _ in request]  # type: ignore[method-assign]
    steps._start = lambda: None  # type: ignore[method-assign]
    got = [(batch, list(cut)) for batch, cut in steps.cut_ahead(batches)]
    assert [batch for batch, _ in got] == batches
    cuts: list[Any] = [cut for _, cut in got]
    assert cuts == [[[progress.file.origin] for progress, _ in batch] for batch in batches]


@given(st.lists(st.integers(0, 5_000), min_size=1))
def test_a_request_is_one_file_or_small(sizes: list[int]) -> None:
    batch: Any = [(number, bytes(size)) for number, size in enumerate(sizes)]
    requests = list(cutter._divide(batch))
    assert [each for request in requests for each in request] == batch
    assert all(len(request) == 1 or cutter._measure(request) <= cutter.REQUEST for request in requests)
    assert len(requests) <= 1 + 2 * sum(sizes) / cutter.REQUEST


def test_what_fails_there_is_cut_here_and_told_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    laws = open_laws(folder)
    with caplog.at_level(logging.DEBUG, "ingest"):
        there, _ = run(Homesick(laws.dataset, laws.path, laws.selection))
    assert there == run(laws)[0]
    [told] = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert told.startswith("laws: what could not be cut in a process beside this one is cut in this one")
    assert "RuntimeError: far from home" in caplog.text


def test_a_subclass_is_not_portable_by_inheritance(folder: Path, children: list["subprocess.Popen[bytes]"]) -> None:
    laws = open_laws(folder)
    assert cut_all(Inherited(laws.dataset, laws.path, laws.selection)) == [None] * 3
    assert not children


def test_processes_that_die_are_done_without(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, _ = run(open_laws(folder))
    ask = Child.ask

    def ask_and_kill(self: Child, question: object, seconds: float) -> Any:
        answer = ask(self, question, seconds)
        self._process.kill()
        return answer

    children.clear()
    monkeypatch.setattr(Child, "ask", ask_and_kill)
    found, _ = run(open_laws(folder))
    assert found == expected
    assert len(children) in (1, 2), "it was started again"


def test_one_that_hangs_is_ended(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutter, "SECONDS", 0.0)  # no process starts in that time
    assert cut_all(open_laws(folder)) == [None] * 3
    assert children
    assert all(process.returncode is not None for process in children)


@pytest.mark.parametrize("missing", ["a chunker that can't be sent", "an interpreter"])
def test_without_a_process_it_is_cut_here(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    class Local:
        settings = CHUNKER.settings
        split = staticmethod(CHUNKER.split)

    if missing == "an interpreter":
        monkeypatch.setattr(sys, "executable", None)
    chunker = CHUNKER if missing == "an interpreter" else Local()
    assert cut_all(open_laws(folder), chunker) == [None] * 3
    assert not children


@pytest.mark.parametrize("files", [0, 1, 20])
def test_a_little_is_cut_here(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    monkeypatch.setattr(cutter, "PATIENCE", 2_000)
    assert cut_all(open_laws(folder), files=files) == [None] * files
    assert not children


@pytest.mark.parametrize("failure", [StoreError("the disk is full"), KeyboardInterrupt()])
def test_a_store_that_fails_leaves_no_process(
    folder: Path, children: list["subprocess.Popen[bytes]"], failure: BaseException
) -> None:
    class Full(MemoryStore):
        def upsert(self, points: Sequence[Point]) -> int:
            if children:
                raise failure
            return super().upsert(points)

    _, report = run(open_laws(folder), Full())
    assert report.datasets[0].error
    assert children
    assert all(process.returncode is not None for process in children)


def test_a_caller_that_leaves_ends_the_processes(folder: Path, children: list["subprocess.Popen[bytes]"]) -> None:
    with closing(Cutter(open_laws(folder), CHUNKER).cut_ahead(make_batches(100))) as steps:
        assert list(next(steps)[1])
        assert children
        assert children[0].returncode is None
    assert all(process.returncode is not None for process in children)


@pytest.mark.skipif(sys.platform != "linux", reason="asked of the system on Linux only")
def test_a_run_that_is_killed_takes_the_process_with_it(folder: Path) -> None:
    code = (
        "import sys, time; from ingest import cutter; from tests.test_cutter import *\n"
        "cutter.PATIENCE, cutter.count_cores = 0, lambda: 2\n"
        "cutting = Cutter(open_laws(Path(sys.argv[1])), CHUNKER)\n"
        "steps = cutting.cut_ahead(make_batches(100)); next(steps)\n"
        "print(cutting._children[0]._process.pid, flush=True); time.sleep(60)\n"
    )
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    await_end(pid)
