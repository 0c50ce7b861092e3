"""A process that is waited for in ticks."""

import subprocess
import sys
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from ingest.sources import watchdog
from ingest.sources.watchdog import watch


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as started:
        yield started
        started.kill()


class Ticks(Event):
    """Passes so many ticks at once, and then stands still until it is set."""

    left: int

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout == 1.0
        Ticks.left -= 1
        return super().wait() if Ticks.left < 0 else False


@pytest.mark.parametrize(("ticks", "late"), [(0, False), (4, False), (5, True)])
def test_a_process_is_ended_after_so_many_ticks_and_no_sooner(
    process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch, ticks: int, late: bool
) -> None:
    Ticks.left = ticks
    monkeypatch.setattr(watchdog, "Event", Ticks)
    with watch(process, 4.5) as ended:
        if late:
            process.wait()
    assert ended.is_set() == late
    assert (process.poll() is not None) == late


def test_no_thread_is_left_behind(process: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[Thread] = []

    def make(**options: object) -> Thread:
        threads.append(Thread(**options))  # type: ignore[arg-type] # what it takes
        return threads[-1]

    monkeypatch.setattr(watchdog, "Thread", make)
    with pytest.raises(KeyboardInterrupt), watch(process, 1000):
        raise KeyboardInterrupt
    assert [thread.is_alive() for thread in threads] == [False]
