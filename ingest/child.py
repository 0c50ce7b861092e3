"""A child process that works for this one: what it is asked and what it answers are Python's own values, pickled."""

import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any
from weakref import finalize

from ingest.interpreter import spell_command

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of a container: microseconds of CPU, and in how many


class Child:
    """A process that runs a script of this package, which calls `answer`. One thread asks it at a time.

    setup: what `answer` prepares with, pickled; it is sent with the first question.
    close: ends it; twice is no error. So does whatever goes wrong: an answer never comes to another question.
    Raises OSError where there can be no process.
    """

    def __init__(self, script: str, setup: bytes) -> None:
        self._unsent = setup
        self._asked = 0
        self._owner = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and a file of this package
            spell_command(script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.close = finalize(self, _end, self._process, self._owner)

    def ask(self, question: object, seconds: float) -> Any:  # noqa: ANN401 - whatever the script answers
        """Wait for an answer, at most so long.

        Raises RuntimeError with the traceback of what failed there, EOFError where the process has ended, OSError, and
        what pickle raises for what can't be sent or read. It has ended then. A process that was forked from the one
        that started it is refused: both would read the same pipe.
        """
        if self._owner != os.getpid():
            raise OSError("the process is another one's")
        timer = Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        self._asked += 1
        try:
            with suppress(BrokenPipeError):  # its last words may be there to be read
                self._send(question)
            return self._receive()
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()

    def _send(self, question: object) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it has pipes
        self._process.stdin.write(self._unsent)
        self._unsent = b""
        pickle.dump((self._asked, question), self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()

    def _receive(self) -> Any:  # noqa: ANN401 - as above
        assert self._process.stdout is not None  # noqa: S101 - it has pipes
        number, reply, failure = pickle.load(self._process.stdout)  # noqa: S301 - of this program
        if failure:
            raise RuntimeError(failure)
        if number != self._asked:
            raise RuntimeError(f"answer {number} came to question {self._asked}")
        return reply


def _end(process: "subprocess.Popen[bytes]", owner: int) -> None:
    if owner == os.getpid():  # else it was forked, and the process is not its own
        process.kill()
        with suppress(OSError, ValueError), process:  # closes the pipes, half a request in one, and waits
            pass


def answer(prepare: Callable[[Any], Callable[[Any], object]]) -> None:
    """Answer questions, as the child, until there are no more. prepare: makes of the setup what answers one."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    number = 0
    try:
        work = prepare(pickle.load(questions))  # noqa: S301 - of the parent, which is this program
        while True:
            try:
                number, question = pickle.load(questions)  # noqa: S301 - as above
            except EOFError:
                return
            _reply(answers, number, work(question), "")
    except Exception:  # noqa: BLE001 - the parent tells it
        _reply(answers, number, None, traceback.format_exc())


def _reply(answers: Any, *fields: object) -> None:  # noqa: ANN401 - a binary file
    pickle.dump(fields, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def count_cores() -> int:
    """Count the cores that this process may use: on one, a child only takes turns with it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # no such file, or "max"
        quota, period = map(int, _QUOTA.read_text("ascii").split())
        cores = min(cores, max(1, quota // period))
    return cores
