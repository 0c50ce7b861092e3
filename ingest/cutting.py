"""What the child of `cutter` does: read files and cut them."""

from collections.abc import Sequence
from functools import partial

from ingest.child import answer
from ingest.chunks import make_chunks
from ingest.model import Chunk, File, Ignored, Noted, Skipped
from ingest.protocols import Chunker, Source

Item = Chunk | Skipped | Ignored | Noted


def serve() -> None:
    """Answer lists of files with their bytes."""
    answer(lambda pair: partial(cut, pair))


def cut(pair: tuple[Source, Chunker], jobs: Sequence[tuple[File, bytes]]) -> list[list[Item]]:
    """Give for each file what it holds, cut."""
    source, chunker = pair
    return [list(make_chunks(source.dataset, source.parse(file, content), chunker)) for file, content in jobs]
