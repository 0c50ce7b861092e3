"""A child process that works for this one: what it is asked and what it answers are Python's own values, pickled.

It ends with its parent, whatever ends that: the pipe that it reads from is closed then.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from importlib import import_module; import_module(sys.argv[2]).serve()"
)


class Child:
    """A process that runs `serve()` of one module of this package. Not safe to ask from two threads at once.

    setup: what `answer` gives to the module before all else.
    Raises OSError where there can be no process, and what pickle raises for what can't be sent.
    """

    def __init__(self, module: str, setup: object) -> None:
        packed = pickle.dumps(setup)
        self._owner = os.getpid()
        # With -P, so that nothing in the working directory is imported but this package, wherever it lies.
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and this package
            [sys.executable, "-P", "-c", _CODE, str(Path(__file__).parents[1]), module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._requests, self._answers = self._process.stdin, self._process.stdout
        assert self._requests is not None  # noqa: S101 - it has pipes
        try:
            self._requests.write(packed)
        except BaseException:
            self.close()
            raise

    def ask(self, question: object) -> Any:  # noqa: ANN401 - whatever the module answers
        """Wait for an answer; None where that failed. Raises OSError or EOFError where the process has ended.

        A process that was forked from the one that started it is refused: both would read the same pipe.
        """
        assert self._requests is not None  # noqa: S101 - it has pipes
        assert self._answers is not None  # noqa: S101 - as above
        if self._owner != os.getpid():
            raise OSError("the process is another one's")
        pickle.dump(question, self._requests, pickle.HIGHEST_PROTOCOL)
        self._requests.flush()
        return pickle.load(self._answers)  # noqa: S301 - of this program

    def close(self) -> None:
        """End it; closing twice is no error."""
        if self._owner != os.getpid():
            return
        self._process.kill()
        with suppress(OSError, ValueError), self._process:  # closes the pipes, half a request in one, and waits
            pass


def answer(prepare: Callable[[Any], Callable[[Any], object]]) -> None:
    """Answer questions, as the child, until there are no more. prepare: makes of the setup what answers one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    work = prepare(pickle.load(questions))  # noqa: S301 - of the parent, which is this program
    while True:
        try:
            question = pickle.load(questions)  # noqa: S301 - as above
        except EOFError:
            return
        try:
            reply = work(question)
        except Exception:  # noqa: BLE001 - the parent meets it again, where it can be told
            reply = None
        pickle.dump(reply, answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()


def count_cores() -> int:
    """Count the cores that this process may use: on one, a child only takes turns with it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
