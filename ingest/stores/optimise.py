"""The child process that optimises one shard: `optimise.py SHARD`, by `interpreter`.

The engine holds the interpreter's lock for as long as it works, so that nothing here could heed a signal: the system
ends this process at once instead. That costs no data: the engine replaces a segment only when the new one is whole.
"""

import signal
import sys


def optimise(shard: str) -> None:
    """Rebuild the segments of a shard that need it: more than 20 % deleted, or large and without an index."""
    from qdrant_edge import EdgeShard  # noqa: PLC0415 - after the signals are set

    opened = EdgeShard.load(shard)
    opened.optimize()
    opened.flush()
    opened.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    optimise(sys.argv[1])
