"""Ctrl-C and SIGTERM: what is under way is dropped, the report is printed, and the next run goes on from there.

Nothing here measures time. What a run waits for never comes, so that only the signal can have ended it.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingest.stores import open_store
from tests.embedders.fakes import answer_embed
from tests.loopback import Answer, Request, Server, serve
from tests.stores.rest import serve_qdrant

ROOT = Path(__file__).parent.parent
PATIENCE = 60  # seconds until a test gives up; what the runs wait for takes 120 s and more
OWN = ("CREATE_VECTOR_DB_", "QDRANT_", "HF_", "HUGGING", "EMBED", "MODEL_PROVIDER", "AWS_", "USE_HF", "COLLECTION_NAME")
ROWS = 60
ENDS: dict[int, int] = {signal.SIGINT: 130, signal.SIGTERM: 143}
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="no process gets a signal of another's there"),
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant:UserWarning"),
]


class Stalling:
    """A handler that from one request on never answers, and says when it got it."""

    def __init__(self, handler: Callable[[Request], Answer], is_it: Callable[[Request], bool]) -> None:
        self.reached = threading.Event()
        self._handler, self._is_it = handler, is_it

    def __call__(self, request: Request) -> Answer:
        if self.reached.is_set() or self._is_it(request):
            self.reached.set()
            return Answer(stall=True)
        return self._handler(request)

    def fault(self, request: Request) -> Answer | None:
        """Give the answer in place of a service's own, None where that one is due."""
        answer = self(request)
        return answer if answer.stall else None


@contextmanager
def start(folder: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a run over the folder's workbook; whatever happens, nothing of it is left behind."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    environ |= {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    lines = [f"Trả lời {row}?" for row in range(ROWS)]
    (folder / "faq.csv").write_text("Trả lời\n" + "\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "ingest", "--excel", "faq.csv", "--json", "--no-cache", *words]
    process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def end(process: "subprocess.Popen[bytes]", number: int) -> tuple[Any, str]:
    """Send a signal; give the report and what was said on stderr."""
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert b"Traceback" not in err, err.decode()
    return json.loads(out), err.decode()


def count(folder: Path) -> int:
    store = open_store(path=str(folder / "qdrant_data"))
    try:
        return store.count("faq.csv")
    finally:
        store.close()


@pytest.mark.parametrize("number", ENDS)
def test_a_service_that_never_answers_holds_up_no_signal(tmp_path: Path, number: int) -> None:
    """The canaries and one batch are embedded; the next requests hang."""
    stalling = Stalling(answer_embed, lambda request: request.method == "POST" and b" 40?" in request.body)
    with serve(stalling) as service:
        words = ("--embedder", service.url, "--batch-size", "10")
        with start(tmp_path, *words) as process:
            assert stalling.reached.wait(PATIENCE)
            report, err = end(process, number)
            assert process.returncode == report["exit_code"] == ENDS[number]
            assert "the next run goes on from there" in report["datasets"][0]["error"]
            assert err.count("error: ") == 1
    written = count(tmp_path)
    assert report["added"] <= written <= report["added"] + 10  # the signal may fall between a write and its counting
    with serve(answer_embed) as service, start(tmp_path, "--embedder", service.url) as process:
        out, err_ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err_.decode()
    assert count(tmp_path) == ROWS
    assert json.loads(out)["embedded"] == ROWS - written


@pytest.mark.parametrize("number", ENDS)
def test_a_service_that_is_waited_for_holds_up_no_signal(tmp_path: Path, number: int) -> None:
    asked = threading.Event()

    def throttle(request: Request) -> Answer:
        if request.method == "GET":
            return answer_embed(request)
        asked.set()
        return Answer(429, "too many", {"Retry-After": "300"})

    with serve(throttle) as service, start(tmp_path, "--embedder", service.url) as process:
        assert asked.wait(PATIENCE)
        report, _ = end(process, number)
        assert process.returncode == report["exit_code"] == ENDS[number]


@pytest.mark.parametrize("number", ENDS)
def test_a_server_that_never_answers_holds_up_no_signal(tmp_path: Path, number: int) -> None:
    own = Answer(204)  # stands for the server's own answer, whatever it is
    stalling = Stalling(lambda _: own, lambda request: request.method == "PUT" and "/points" in request.path)
    with serve_qdrant(stalling.fault) as qdrant:
        words = ("--embedder", "hashing", "--qdrant-url", qdrant.url)
        with start(tmp_path, *words) as process:
            assert stalling.reached.wait(PATIENCE)
            report, _ = end(process, number)
            assert process.returncode == report["exit_code"] == ENDS[number]


@pytest.mark.parametrize("number", ENDS)
def test_a_server_that_says_nothing_at_all_holds_up_no_signal(tmp_path: Path, number: int) -> None:
    """The run has no report yet: it says how it ended, and what it knew."""
    stalling = Stalling(lambda _: Answer(204), lambda _: True)
    with serve(stalling) as qdrant, start(tmp_path, "--embedder", "hashing", "--qdrant-url", qdrant.url) as process:
        assert stalling.reached.wait(PATIENCE)
        report, err = end(process, number)
        assert process.returncode == report["exit_code"] == ENDS[number]
        assert report["store"] == qdrant.url
        assert err.count("error: ") == 1


@contextmanager
def serve_monitor() -> Iterator[tuple[Server, threading.Event]]:
    """Serve a monitor that takes the start, and of whatever ends the run never says that it took it."""
    stalling = Stalling(lambda _: Answer(200, "OK"), lambda request: not request.path.endswith("/start"))
    with serve(stalling) as server:
        yield server, stalling.reached


@pytest.mark.parametrize("number", ENDS)
def test_a_second_signal_ends_the_run_at_once(tmp_path: Path, number: int) -> None:
    """The report is printed and the monitor is being told when it comes: of that, nothing more is heard."""
    stalling = Stalling(answer_embed, lambda request: request.method == "POST")
    with serve(stalling) as service, serve_monitor() as (monitor, told):
        words = ("--embedder", service.url, "--ping-url", f"{monitor.url}/SECRET")
        with start(tmp_path, *words) as process:
            assert stalling.reached.wait(PATIENCE)
            process.send_signal(number)
            assert told.wait(PATIENCE)
            report, err = end(process, number)
            assert process.returncode == ENDS[number]
    assert report["exit_code"] == ENDS[number]
    assert [request.path for request in monitor.requests] == ["/SECRET/start", f"/SECRET/{ENDS[number]}"]
    assert "could not be told" not in err
    assert "SECRET" not in err


def test_a_signal_while_the_monitor_is_told_ends_that_and_keeps_the_code(tmp_path: Path) -> None:
    with serve_monitor() as (monitor, told):
        words = ("--embedder", "hashing", "--ping-url", f"{monitor.url}/SECRET")
        with start(tmp_path, *words) as process:
            assert told.wait(PATIENCE)
            report, err = end(process, signal.SIGTERM)
            assert process.returncode == report["exit_code"] == 0
    assert "interrupted before /0 was told" in err
    assert count(tmp_path) == ROWS
