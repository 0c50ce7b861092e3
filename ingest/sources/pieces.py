"""A text as pieces of whole lines, so that a large file in UTF-8 is never held as characters all at once."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.sources.decoding import Note, examine, is_plain
from ingest.sources.normalisation import normalise

_SIZE = 1 << 20  # bytes of a piece, if a line ends within them


@dataclass(frozen=True, slots=True)
class Pieces:
    """A text that may be read more than once, from the top.

    read: its pieces, each of whole lines; together they are the text, normalised. notes: as in `decoding.Decoded`.
    """

    read: Callable[[], Iterator[str]]
    notes: tuple[Note, ...] = ()


def open_pieces(content: bytes, encoding: str = "") -> Pieces:
    """Open bytes as pieces of text; see `decoding.examine`. Only what is no sound UTF-8 is decoded as a whole.

    Raises UnreadableError, UsageError.
    """
    if not encoding and len(content) > _SIZE and all(is_plain(piece) for piece in _cut(content)):
        return Pieces(lambda: (normalise(piece.decode()) for piece in _cut(content)))
    found = examine(content, encoding)
    return Pieces(lambda: iter((found.text,)), found.notes)


def _cut(content: bytes) -> Iterator[bytes]:
    """Cut bytes behind the ends of lines; a line that is longer than a piece makes a longer one."""
    start = len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0
    while start < len(content):
        end = start + _SIZE
        if end < len(content):
            # Where there is no "\n", lines end in "\r" alone; one that is the last byte may have its "\n" behind it.
            found = content.rfind(b"\n", start, end) + 1 or content.rfind(b"\r", start, end - 1) + 1
            end = found or content.find(b"\n", end) + 1 or len(content)
        yield content[start:end]
        start = end
