"""Python processes that this one starts: with the same packages, and no life after it.

As a program, `python -I interpreter.py PARENT_PID PATH SCRIPT [WORD ...]` runs a script; PATH is a list, as JSON.
"""

import json
import os
import runpy
import signal
import sys
from pathlib import Path


def spell_command(script: str, *words: str) -> list[str]:
    """Spell the command that runs a file of this package in a process of its own.

    It imports from where this process does, but for the working directory where that has no name, and heeds no PYTHON
    variable. It ends with this process, on Linux at once; a Ctrl-C is for this process alone.
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
    """Leave Ctrl-C to the parent, and ask Linux to end this process when that dies. Elsewhere it outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - only here

    death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None, use_errno=True).prctl(death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it was asked
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    _, parent, path, *sys.argv = sys.argv
    end_with_parent(int(parent))
    sys.path[:] = json.loads(path)
    runpy.run_path(sys.argv[0], run_name="__main__")
