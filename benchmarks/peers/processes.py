# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""What a command costs, with the processes that it starts."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL = 0.05  # seconds between two looks at the memory
LONGEST = 3600.0  # seconds that a command may take
TAIL = 2_000  # characters of what it said


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds, seconds of CPU, MB of memory at most; the exit code, and the end of what was said.

    peak: the most that one of the processes held, or that all of them held at a time, pages that they share counted
    once.
    """

    wall: float
    cpu: float
    peak: float
    exit_code: int
    output: str

    @property
    def last_line(self) -> str:
        """The last thing that was said."""
        return ["", *filter(str.strip, self.output.splitlines())][-1]


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command in a folder to its end, with this environment alone, and PATH and HOME.

    One that takes longer than LONGEST is killed, with its children.
    """
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    log = folder / "output.txt"
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**kept, "HOME": str(folder), "PYTHONUTF8": "1", **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended, peaks = threading.Event(), [0.0]
        watch = threading.Thread(target=_watch, args=(process.pid, started + LONGEST, ended, peaks))
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watch.join()
    said = log.read_text(encoding="utf-8", errors="replace")
    peak = peaks[0] or usage.ru_maxrss / 1e6  # which begins with what this process holds, so it is the last resort
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak, process.returncode, said[-TAIL:])


def _watch(pid: int, deadline: float, ended: threading.Event, peaks: list[float]) -> None:
    """Keep the highest memory in `peaks` until the process has ended; end it at the deadline."""
    before: set[int] = set()
    while not ended.wait(POLL):
        family = {*_list_family(pid)}
        # One that is new may be a fork, before it becomes a program of its own: all of its parent, counted again.
        stayed = family & before
        highs = (read_kilobytes(each, "status", "VmHWM") for each in stayed)
        together = sum(read_kilobytes(each, "smaps_rollup", "Pss") for each in stayed)
        peaks[0] = max(peaks[0], together * 1024 / 1e6, *(high * 1024 / 1e6 for high in highs))
        before = family
        if time.perf_counter() > deadline:
            os.killpg(pid, signal.SIGKILL)
            return


def _list_family(pid: int) -> Iterator[int]:
    """List a process and those under it; only itself where there is no /proc."""
    yield pid
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text(encoding="ascii").split()
        except OSError:
            continue
        for child in children:
            yield from _list_family(int(child))


def read_kilobytes(pid: int, file: str, field: str) -> int:
    """Read a field of a process's file in /proc; 0 for a process that is gone, and where there is no /proc."""
    try:
        content = Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(rf"^{field}: +(\d+) kB", content.replace("\t", " "), re.MULTILINE)
    return int(found[1]) if found else 0
