"""An answer comes to its own question or not at all, and no child outlives who asks it."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import child as module
from ingest.child import Child, count_cores

SCRIPT = """
import os, sys, time
from ingest.child import answer

def work(setup):
    def reply(question):
        if question == "sleep": time.sleep(30)
        if question == "print": print("no answer", flush=True); os.write(1, b"neither")
        if question == "raise": raise ValueError("far away")
        if question == "die": os._exit(3)
        return setup, question
    return reply

answer(work)
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("scripts") / "script.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return str(path)


@pytest.fixture
def child(script: str) -> Iterator[Child]:
    child = Child(script, pickle.dumps("setup"))
    yield child
    child.close()


def test_it_answers_whatever_it_prints(child: Child) -> None:
    for question in ("a", "print", ["print"], "print", b"\0" * 200_000):
        assert child.ask(question, 30) == ("setup", question)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.binary() | st.integers() | st.text(), max_size=20))
def test_each_question_has_its_own_answer(script: str, questions: list[object]) -> None:
    child = Child(script, pickle.dumps(None))
    assert [child.ask(question, 30) for question in questions] == [(None, question) for question in questions]
    child.close()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no such timer here")
def test_after_an_interrupt_no_old_answer_comes(child: Child) -> None:
    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    child.ask("a", 30)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            child.ask("sleep", 30)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert child._process.returncode is not None
    with pytest.raises((OSError, ValueError)):
        child.ask("b", 30)


def test_an_answer_to_another_question_ends_it(child: Child) -> None:
    child._asked = 1
    child._receive, receive = lambda: setattr(child, "_asked", 5) or receive(), child._receive  # type: ignore[method-assign, func-returns-value]
    with pytest.raises(RuntimeError, match="answer 2 came to question 5"):
        child.ask("a", 30)
    assert child._process.returncode is not None


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        ("raise", RuntimeError, "far away"),
        ("die", EOFError, "Ran out of input"),
        ("sleep", EOFError, "Ran out of input"),
    ],
    ids=["raises", "dies", "is late"],
)
def test_what_goes_wrong_ends_it(child: Child, question: str, error: type[Exception], words: str) -> None:
    child.ask("a", 30)
    with pytest.raises(error, match=words):
        child.ask(question, 0.05 if question == "sleep" else 30)
    assert child._process.returncode is not None
    child.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_of_this_process_neither_asks_nor_ends_it(child: Child) -> None:
    child.ask("a", 30)
    if not (pid := os.fork()):
        try:
            child.ask("b", 30)
        except OSError:
            child.close()
            os._exit(0)
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert child.ask("c", 30) == ("setup", "c")


def test_a_setup_that_it_can_not_read_is_told(script: str) -> None:
    child = Child(script, b"no pickle")
    with pytest.raises(RuntimeError, match="UnpicklingError"):
        child.ask("a", 30)


def test_it_outlives_the_thread_that_started_it(script: str) -> None:
    children: list[Child] = []

    def start() -> None:
        child = Child(script, pickle.dumps(None))
        child.ask("a", 30)
        children.append(child)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    while Path(f"/proc/self/task/{thread.native_id}").exists():
        time.sleep(0.001)  # joined, and not yet gone
    [child] = children
    for question in ("b", "c"):
        assert child.ask(question, 30) == (None, question)
    child.close()


def test_it_ends_with_its_object_and_with_the_program(script: str) -> None:
    child = Child(script, pickle.dumps(None))
    process = child._process
    del child
    assert process.returncode is not None
    code = "import sys; from ingest.child import *; c = Child(sys.argv[1], b'N.'); c.ask(1, 30); print(c._process.pid)"
    root = Path(module.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code, script], capture_output=True, check=True, text=True, cwd=root)
    assert not is_running(int(done.stdout))


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", 8), ("150000 100000", 1), ("50000 100000", 1), ("x", 8)])
def test_cores_are_those_that_it_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(module, "_QUOTA", tmp_path / "cpu.max")
    assert count_cores() == 8
    (tmp_path / "cpu.max").write_text(quota, encoding="ascii")
    assert count_cores() == cores


def is_running(pid: int) -> bool:
    """Say whether a process is there and not a zombie."""
    try:
        os.kill(pid, 0)
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False


def await_end(pid: int) -> None:
    """Wait until a process has ended; fails after half a minute."""
    deadline = time.monotonic() + 30
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(pid)
