"""Python processes that this one starts: with the same packages, and no life after it.

As a program, `python -I interpreter.py PARENT_PID PATH SCRIPT [WORD ...]` runs a script; PATH is a list, as JSON.
"""

import json
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from threading import Thread

LOOK = 0.5  # seconds between two looks for the parent


def spell_command(script: str, *words: str) -> list[str]:
    """Spell the command that runs a file of this package in a process of its own.

    It imports from where this process does, but for the working directory where that has no name, and heeds no PYTHON
    variable. It ends with this process, within a second; a Ctrl-C is for this process alone.
    Raises OSError in a program that has no interpreter to start, as a frozen one.
    """
    if not sys.executable or getattr(sys, "frozen", False):
        raise OSError("this program has no Python interpreter to start")
    path = [entry for entry in sys.path if entry and isinstance(entry, str)]
    around = str(Path(__file__).absolute().parents[1])  # where this package lies, however it was found
    return [
        *(sys.executable, "-I", "-W", "ignore", __file__),
        *(str(os.getpid()), json.dumps([*path, around]), script, *words),
    ]


def end_with_parent(parent: int) -> None:
    """Leave Ctrl-C to the parent, and end this process when that is gone. On Windows it outlives it.

    Looked for, since Linux would tell of the end of the thread that started this process, which may come before
    (PR_SET_PDEATHSIG, prctl(2)).
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGKILL"):
        Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _, parent, path, *sys.argv = sys.argv
    end_with_parent(int(parent))
    sys.path[:] = json.loads(path)
    runpy.run_path(sys.argv[0], run_name="__main__")
