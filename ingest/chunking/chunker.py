"""A document cut into parts: a text along its structure, a row's answer behind its question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.chunking.headings import find_headings
from ingest.chunking.packing import Room, pack
from ingest.chunking.prefixes import SEPARATOR, shorten, shorten_path
from ingest.chunking.structure import Unit, find_units
from ingest.model import Document, Json, Part


@dataclass(frozen=True, slots=True)
class TextChunker:
    """Cuts by characters.

    size: most characters of prefix, newline and part together.
    overlap: most characters that a part repeats of the one before, within one unit.
    settings: what makes the same chunker again.
    """

    size: int
    overlap: int
    settings: Mapping[str, Json]

    def split(self, document: Document) -> Sequence[Part]:
        """Cut a document; nothing but white space makes no parts.

        In order the parts cover every character but white space between them; each begins and ends with one that is
        not white space. The time is linear in the length of the text.
        """
        if document.row is not None or document.question:
            return list(self._split_answer(document))
        return list(self._split_text(document.text))

    def _split_text(self, text: str) -> Iterator[Part]:
        for unit in find_units(text, find_headings(text), tiny=self.size // 4):
            yield from self._split_unit(text, unit)

    def _split_unit(self, text: str, unit: Unit) -> Iterator[Part]:
        heading = SEPARATOR.join(unit.path)
        # The unit's first part begins with its own headings; they are not said twice.
        first, rest = self._shorten_path(unit.path[: unit.outer]), self._shorten_path(unit.path)
        room = Room(self._measure(first), self._measure(rest), self.overlap)
        prefix = first
        for start, end in pack(text, unit.start, unit.end, room, body=unit.body):
            yield Part(start, end, heading, prefix)
            prefix = rest

    def _split_answer(self, document: Document) -> Iterator[Part]:
        text = document.text
        prefix = shorten(" ".join(document.question.split()), self.size // 2)
        measure = self._measure(prefix)
        # An article that an answer quotes is a good place to cut; it is no wall, since the answer is one thing.
        walls = [heading.start for heading in find_headings(text)] if len(text) > measure else []
        for start, end in pack(text, 0, len(text), Room(measure, measure, self.overlap), walls=walls):
            yield Part(start, end, "", prefix)

    def _shorten_path(self, path: Sequence[str]) -> str:
        return shorten_path(path, self.size // 2)

    def _measure(self, prefix: str) -> int:
        return self.size - len(prefix) - 1 if prefix else self.size
