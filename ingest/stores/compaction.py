"""Optimising a shard in a child process, which a signal can end while the engine is at work."""

import logging
import subprocess
from pathlib import Path

from ingest.errors import StoreError
from ingest.interpreter import spell_command
from ingest.stores import optimise
from ingest.stores.disk import ROOM_TO_WRITE, measure, require_room

log = logging.getLogger("ingest")


def compact_shard(shard: Path) -> bool:
    """Optimise a closed shard; say whether that went well. A failure is logged: it costs room or speed, no data.

    Whatever ends the wait, a signal's exception too, ends the child.
    """
    try:
        # A segment is written anew beside the old one.
        require_room(shard, ROOM_TO_WRITE + measure(shard), "bringing the collection into order")
    except StoreError as error:
        log.warning("the collection was not brought into order: %s", error)
        return False
    try:
        code, words = _run_child(shard)
    except OSError as error:  # no interpreter, no memory, no process left
        code, words = -1, str(error)
    if code:
        last = (words.strip().splitlines() or ["no word"])[-1]
        log.warning("%s was not brought into order (exit %d: %s)", shard.parent, code, last)
    return code == 0


def _run_child(shard: Path) -> tuple[int, str]:
    """Wait for the child; give its exit code and what it said."""
    with subprocess.Popen(  # noqa: S603 - this interpreter, and a file of this package
        spell_command(optimise.__file__, str(shard.absolute())),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as child:
        try:
            _, words = child.communicate()
        except BaseException:
            child.kill()
            raise
    return child.returncode, words
