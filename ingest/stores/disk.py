"""Room on the disk, asked for before it is needed.

The engine maps its files into memory: a write that the disk can't take kills the process (SIGBUS) instead of raising,
and so does loading from a disk that is full.
"""

import shutil
from pathlib import Path

from ingest.errors import StoreError
from ingest.model import Json

MIB = 2**20

# A batch takes about twice its bytes (measured: 256 points of 768 numbers 2 MiB, 2,000 points until the flush 24). The
# floor is what a new collection takes where files can't be sparse, 140 MiB, and a little for the other programs that
# write to the same disk between this look and the engine's writing.
ROOM_TO_WRITE = 192 * MIB
ROOM_TO_LOAD = 64 * MIB  # a new segment of the log, and what is replayed of the old one


def require_room(folder: Path, need: int, what: str) -> None:
    """Raise StoreError if the disk of `folder`, which need not exist yet, has less than `need` bytes free."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if free < need:
        raise StoreError(
            f"{folder}: {what} needs {-(-need // MIB)} MiB of room on its disk, and {free // MIB} MiB are free: "
            "nothing more was written; free some, or name a folder on another disk with --qdrant-path"
        )


def measure(folder: Path) -> int:
    """Sum the bytes that the files of a folder take on the disk; sparse files count what they hold."""
    total = 0
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except FileNotFoundError:  # the engine removes files of its own as it goes
            continue
        total += getattr(status, "st_blocks", -(-status.st_size // 512)) * 512
    return total


def estimate_bytes(payload: Json) -> int:
    """Estimate the bytes of a payload: characters of up to four bytes, and something for what stands between."""
    total, left = 0, [payload]
    while left:
        value = left.pop()
        if isinstance(value, str):
            total += 4 * len(value)
        elif isinstance(value, dict):
            total += 4 * sum(map(len, value))
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
        else:
            total += 16
    return total
