"""What is cut in another process is what is cut here, and no process outlives its run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingest import child, cutter
from ingest.chunking import open_chunker
from ingest.comparison import Comparison, Progress
from ingest.cutter import Cutter
from ingest.model import Document, File, Ignored, Noted, Skipped
from ingest.protocols import Source
from ingest.report import Tally
from ingest.sources import open_source
from ingest.sources.text import TextFolder
from ingest.sync import Options, sync
from tests.fakes import CountingEmbedder, contents
from tests.stores.memory import MemoryStore

FILES = 200  # more than three batches
CHUNKER = open_chunker(None)
HERE = os.getpid()


@dataclass(frozen=True, slots=True)
class Homesick(TextFolder):
    """A folder that only the process of the tests can read."""

    home: int = HERE
    apart: ClassVar[bool] = True

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored | Noted]:
        if os.getpid() != self.home:
            raise RuntimeError("far from home")
        return TextFolder.parse(self, file, content)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutter, "PATIENCE", 1)
    monkeypatch.setattr(cutter, "count_cores", lambda: 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    laws = tmp_path / "laws"
    laws.mkdir()
    for number in range(FILES):
        (laws / f"{number:03}.md").write_text(f"# Luật {number}\n\nĐiều 1. Một\n{number} ngày.\n", encoding="utf-8")
    (laws / "000.md").write_bytes(b"\xff\xfe\xff")  # skipped by name
    (laws / "150.md").write_bytes(b"")  # ignored
    (laws / "151.md").write_text("---\nyear: 2019\n---\nĐiều 1. Một\n" * 2, encoding="utf-8")
    (laws / "152.md").write_text("Điều 1. Một.\n" * 200_000, encoding="utf-8")  # larger than what is cut ahead
    return laws


def run(source: Source) -> tuple[dict[str, Any], Tally]:
    store = MemoryStore()
    report = sync([source], embedder=CountingEmbedder(), store=store, options=Options())
    [tally] = report.datasets
    return contents(store), tally


def batches(files: int = 3) -> Iterator[list[tuple[Progress, bytes]]]:
    for number in range(files):
        file = File(f"{number}.md", f"/nowhere/{number}.md")
        yield [(Progress(file, "", "", 0), f"Điều {number}. Một".encode())]


def open_laws(folder: Path) -> TextFolder:
    source = open_source("text", folder)
    assert isinstance(source, TextFolder)
    return source


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """The processes that were started."""
    started: list[subprocess.Popen[bytes]] = []
    start = child.Child.__init__

    def note(self: child.Child, module: str, setup: object) -> None:
        start(self, module, setup)
        started.append(self._process)

    monkeypatch.setattr(child.Child, "__init__", note)
    return started


def test_another_process_cuts_what_this_one_would(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    there, counted = run(open_laws(folder))
    [process] = children
    assert process.returncode is not None, "it outlived the run"
    monkeypatch.setattr(TextFolder, "apart", False)
    here, counted_here = run(open_laws(folder))
    assert len(children) == 1
    assert there == here
    assert (counted.skipped, counted.ignored, counted.noted) == (
        counted_here.skipped,
        counted_here.ignored,
        counted_here.noted,
    )
    assert counted.list_counts() == counted_here.list_counts()


def test_it_really_cuts(folder: Path) -> None:
    [_, second, third] = Cutter(open_laws(folder), CHUNKER).cut_ahead(batches())
    for batch, items in (second, third):
        assert items
        [[chunk]] = items
        assert chunk == next(Comparison(open_laws(folder), CHUNKER, MemoryStore(), Tally("laws"))._read(*batch[0]))


def test_what_fails_there_is_cut_here(folder: Path) -> None:
    laws = open_laws(folder)
    homesick = Homesick(laws.dataset, laws.path, laws.selection)
    assert run(homesick)[0] == run(laws)[0]


def test_a_process_that_dies_is_done_without(
    folder: Path, children: list["subprocess.Popen[bytes]"], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = child.Child.ask

    def ask_and_kill(self: child.Child, question: object) -> Any:
        answer = ask(self, question)
        self._process.kill()
        return answer

    expected, _ = run(open_laws(folder))
    monkeypatch.setattr(child.Child, "ask", ask_and_kill)
    found, _ = run(open_laws(folder))
    assert found == expected
    assert len(children) == 2, "it was started again"


def test_what_can_not_be_sent_is_cut_here(folder: Path, children: list["subprocess.Popen[bytes]"]) -> None:
    class Local:
        settings = CHUNKER.settings
        split = staticmethod(CHUNKER.split)

    outcomes = list(Cutter(open_laws(folder), Local()).cut_ahead(batches()))
    assert [items for _, items in outcomes] == [None] * 3
    assert not children


@pytest.mark.parametrize("files", [0, 1])
def test_a_little_is_cut_here(folder: Path, children: list["subprocess.Popen[bytes]"], files: int) -> None:
    assert [items for _, items in Cutter(open_laws(folder), CHUNKER).cut_ahead(batches(files))] == [None] * files
    assert not children


def test_a_caller_that_leaves_ends_the_process(folder: Path, children: list["subprocess.Popen[bytes]"]) -> None:
    steps = Cutter(open_laws(folder), CHUNKER).cut_ahead(batches(100))
    next(steps), next(steps)
    [process] = children
    assert process.returncode is None
    steps.close()  # type: ignore[attr-defined]
    assert process.returncode is not None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_that_is_killed_takes_the_process_with_it(folder: Path) -> None:
    code = (
        "import sys; from ingest import cutter; from tests.test_cutter import *\n"
        "cutter.PATIENCE, cutter.count_cores = 1, lambda: 2\n"
        "steps = Cutter(open_laws(Path(sys.argv[1])), CHUNKER)\n"
        "cut = steps.cut_ahead(batches(100)); next(cut), next(cut)\n"
        "print(steps._child._process.pid, flush=True); time.sleep(60)\n"
    )
    root = str(Path(__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    """Say whether a process is there and not a zombie."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
