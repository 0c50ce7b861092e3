"""Runs of one collection of a server keep out what overlaps with them, and nothing else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import LockedError
from ingest.share import WHOLE, Share
from ingest.stores.server_lock import ServerLock, lock_server
from tests.test_share import shares

URL = "http://127.0.0.1:6333"


@pytest.fixture(autouse=True)
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    yield tmp_path
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [], "something of a lock stays on the disk"


def take(share: Share, collection: str = "test") -> ServerLock:
    lock = lock_server(URL, collection, share)
    lock.acquire(0.0)
    return lock


def overlap(one: Share, other: Share) -> bool:
    return one.is_whole or other.is_whole or one.of != other.of or one == other


@pytest.mark.parametrize("held", [WHOLE, Share(1, 2), Share(2, 2), Share(1, 3)], ids=str)
@pytest.mark.parametrize("wanted", [WHOLE, Share(1, 2), Share(2, 2), Share(1, 3)], ids=str)
def test_what_overlaps_is_kept_out(held: Share, wanted: Share) -> None:
    lock = take(held)
    if overlap(held, wanted):
        with pytest.raises(LockedError, match=r"collection 'test' at http://127\.0\.0\.1:6333 is in use by process"):
            take(wanted)
    else:
        take(wanted).release()
    take(wanted, "another").release()
    lock.release()
    take(wanted).release()


@given(st.lists(shares, max_size=6))
def test_no_two_that_overlap_are_ever_held(wanted: list[Share]) -> None:
    held: dict[Share, ServerLock] = {}
    for share in wanted:
        free = not any(overlap(share, other) for other in held)
        try:
            held[share] = take(share)
        except LockedError:
            assert not free
        else:
            assert free
    for lock in held.values():
        lock.release()


def test_a_whole_run_waits_for_shares() -> None:
    held, slept = [take(Share(1, 3)), take(Share(3, 3))], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if held and len(slept) % 2 == 0:
            held.pop().release()

    waiting = lock_server(URL, "test", WHOLE)
    waiting.acquire(10.0, sleep)
    assert len(slept) == 4
    waiting.release()


@dataclass
class Clock:
    """A time that goes on while one sleeps, and a little at each look."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def tell(self) -> float:
        self.now += 0.001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_a_wait_comes_to_an_end() -> None:
    held, clock = take(Share(1, 3)), Clock()
    with pytest.raises(LockedError):
        lock_server(URL, "test", WHOLE).acquire(1.1, clock.sleep, clock.tell)
    assert 1.0 < sum(clock.slept) <= 1.1
    held.release()


@pytest.mark.parametrize(("wait", "most"), [(0.0, 1.0), (0.5, 1.0), (3.0, 3.0)])
def test_who_stops_at_the_gate_holds_nobody_longer_than_the_wait(wait: float, most: float) -> None:
    """A process that is stopped in the middle of taking its lock, say."""
    clock = Clock()
    gate = lock_server(URL, "test", Share(1, 2))._open(".gate")
    gate.acquire(0.0)
    with pytest.raises(LockedError):
        lock_server(URL, "test", Share(2, 2)).acquire(wait, clock.sleep, clock.tell)
    assert clock.now <= most + 0.1
    assert clock.slept
    gate.release(trace=False)


def test_many_that_begin_at_once_do_not_keep_each_other_out(room: Path) -> None:
    """Each in a process of its own, held until the last one has it."""
    code = (
        "import sys; from ingest.share import Share; from ingest.stores.server_lock import lock_server\n"
        f"lock = lock_server({URL!r}, 'test', Share(int(sys.argv[1]), 4)); lock.acquire(0.0)\n"
        "print('held', flush=True); sys.stdin.read(); lock.release()"
    )
    environ = {**os.environ, "TMPDIR": str(room), "TEMP": str(room)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], env=environ, text=True, **pipes)  # type: ignore[call-overload]
        for number in range(1, 5)
    ]
    try:
        assert [process.stdout.readline() for process in processes] == ["held\n"] * 4
        with pytest.raises(LockedError):
            take(WHOLE)
    finally:
        for process in processes:
            process.communicate(timeout=60)


def test_a_process_that_was_killed_holds_nothing(room: Path) -> None:
    code = (
        "import sys; from ingest.share import Share; from ingest.stores.server_lock import lock_server\n"
        f"lock = lock_server({URL!r}, 'test', Share(1, 2)); lock.acquire(0.0)\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    environ = {**os.environ, "TMPDIR": str(room), "TEMP": str(room)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        process.kill()
    for share in (Share(1, 2), Share(1, 3), WHOLE):
        take(share).release()
