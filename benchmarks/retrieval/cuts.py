# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Ways to cut a document into pieces, each with the text that is embedded and the slice that it stands for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest.chunking import open_chunker
from ingest.model import Document

SIZE = 400  # characters of an embedded text, at most
_SEPARATORS = ("\n\n", "\n", " ", "")  # of LangChain's RecursiveCharacterTextSplitter


@dataclass(frozen=True, slots=True)
class Piece:
    """An embedded text, and the slice `text[start:end]` of its document that it was made of."""

    text: str
    start: int
    end: int


Cut = Callable[[Document], Iterator[Piece]]


def cut_windows(document: Document) -> Iterator[Piece]:
    """Cut every `SIZE` characters."""
    text = document.text
    for start in range(0, len(text), SIZE):
        yield from _make_piece(text, start, min(start + SIZE, len(text)))


def cut_recursively(document: Document) -> Iterator[Piece]:
    """Cut at empty lines, what is too long at line ends, then at spaces; neighbours are joined while they fit."""
    text = document.text
    begin = end = 0
    for start, stop in _split(text, 0, len(text), 0):
        if stop - begin > SIZE:
            yield from _make_piece(text, begin, end)
            begin = start
        end = stop
    yield from _make_piece(text, begin, end)


def cut_without_path(document: Document) -> Iterator[Piece]:
    """Cut as the project does, with the same room, but leave out what goes before a part."""
    for part in open_chunker(size=SIZE).split(document):
        yield from _make_piece(document.text, part.start, part.end)


def cut_with_path(document: Document) -> Iterator[Piece]:
    """Cut as the project does: the path stands before each part, and a question alone for all of its answer."""
    for part in open_chunker(size=SIZE).split(document):
        if part.start == part.end:
            yield Piece(part.prefix, 0, len(document.text))
            continue
        words = document.text[part.body : part.end]
        yield Piece(f"{part.prefix}\n{words}" if part.prefix else words, part.start, part.end)


CUTS: dict[str, Cut] = {
    "fixed windows": cut_windows,
    "recursive": cut_recursively,
    "ours, no path": cut_without_path,
    "ours": cut_with_path,
}


def _make_piece(text: str, start: int, end: int) -> Iterator[Piece]:
    if words := text[start:end].strip():
        yield Piece(words, start, end)


def _split(text: str, start: int, end: int, depth: int) -> Iterator[tuple[int, int]]:
    """Yield slices of at most `SIZE` characters, in order, that end behind the first separator that helps."""
    if end - start <= SIZE:
        yield start, end
        return
    separator = _SEPARATORS[depth]
    while start < end:
        found = text.find(separator, start, end) if separator else start + SIZE
        stop = min(found + len(separator), end) if found >= 0 else end
        yield from _split(text, start, stop, min(depth + 1, len(_SEPARATORS) - 1))
        start = stop
