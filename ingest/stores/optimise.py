"""The child process that optimises one shard: `python optimise.py SHARD PARENT_PID`.

The engine holds the interpreter's lock for as long as it works, so that nothing here could heed a signal: the system
ends this process at once instead. That costs no data: the engine replaces a segment only when the new one is whole.
"""

import os
import signal
import sys


def optimise(shard: str) -> None:
    """Rebuild the segments of a shard that need it: more than 20 % deleted, or large and without an index."""
    from qdrant_edge import EdgeShard  # noqa: PLC0415 - after the signals are set

    opened = EdgeShard.load(shard)
    opened.optimize()
    opened.flush()
    opened.close()


def end_with_parent(parent: int) -> None:
    """Ask Linux to end this process when its parent dies. Elsewhere it outlives it, and finishes."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - only here

    death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    ctypes.CDLL(None, use_errno=True).prctl(death_signal, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it was asked
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[2]))
    optimise(sys.argv[1])
