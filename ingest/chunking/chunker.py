"""A document cut into parts: a text along its structure, a row's answer behind its question."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.chunking.citations import cite
from ingest.chunking.front_matter import find_front_matter
from ingest.chunking.headings import find_headings
from ingest.chunking.items import find_items
from ingest.chunking.packing import Budget, Joints, pack, skip, skip_back
from ingest.chunking.prefixes import SEPARATOR, Prefixes
from ingest.chunking.sizers import Sizer
from ingest.chunking.structure import Unit, find_units
from ingest.chunking.tables import Table, find_header, find_tables
from ingest.chunking.verbatim import Verbatim
from ingest.model import Document, Json, Part


@dataclass(frozen=True, slots=True)
class TextChunker:
    """Cuts to the limit of a sizer: prefix, newline and part together are within it.

    overlap: most characters that a part repeats of the one before, within one unit.
    settings: what makes the same chunker again.
    """

    sizer: Sizer
    overlap: int
    settings: Mapping[str, Json]

    def split(self, document: Document) -> Sequence[Part]:
        """Cut a document; nothing but white space makes no parts.

        In order the parts cover every character behind the front matter but white space between them; each begins and
        ends with one that is not white space. The time is linear in the length of the text.
        """
        text = document.text
        reading = _Reading(text, Verbatim(text), Budget(self.sizer, self.overlap))
        if document.row is not None or document.question:
            return list(reading.split_answer(" ".join(f"{document.question} {document.context}".split())))
        start = find_front_matter(document).end
        units = find_units(text, find_headings(text, reading.verbatim, start), start)
        return [part for unit in units for part in reading.split_unit(unit)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, what of it is somebody else's, and the budget of its parts."""

    text: str
    verbatim: Verbatim
    budget: Budget

    def split_answer(self, question: str) -> Iterator[Part]:
        """Cut a row's answer, each part behind the question and its context."""
        # An article that an answer quotes is a good place to cut; it is no wall, since the answer is one thing.
        walls = [heading.start for heading in find_headings(self.text, self.verbatim)]
        titles = (question,) if question else ()
        unit = Unit(0, 0, 0, len(self.text), ())
        begin, end = skip(self.text, 0, len(self.text)), skip_back(self.text, 0, len(self.text))
        if question and begin < end:  # both whole, where there is room: a share is for what is said again
            size = self.budget.measure(question, self.text, begin, end)
            if size is not None:
                yield Part(begin, end, "", question, begin, {}, size)
                return
        yield from self._split(unit, Prefixes(self.budget.sizer, titles, titles), walls)

    def split_unit(self, unit: Unit) -> Iterator[Part]:
        """Cut a unit, each part behind its path."""
        titles = unit.titles
        outer = titles[:-1] if unit.path and unit.path[-1].title else titles  # its first part begins with its own
        return self._split(unit, Prefixes(self.budget.sizer, outer, titles))

    def _split(self, unit: Unit, prefixes: Prefixes, walls: Sequence[int] = ()) -> Iterator[Part]:
        text = self.text
        begin, end = skip(text, unit.start, unit.end), skip_back(text, unit.start, unit.end)
        if begin >= end:
            return
        own = skip(text, unit.own, end)
        heading = SEPARATOR.join(unit.titles)
        outline = find_items(text, unit, self.verbatim)
        size = self.budget.measure(prefixes.first, text, own, end)
        if size is not None:
            yield Part(begin, end, heading, prefixes.first, own, cite(outline, own, end, whole=True), size)
            return
        tables = find_tables(text, unit.own, unit.end)
        clauses, points, *deeper = outline.tiers
        joints = Joints((walls, clauses, points), deeper, self._find_solids(unit, tables), unit.body)

        def find_prefix(position: int) -> str:
            if position == own:
                return prefixes.first
            leads = outline.find_leads(position)
            return prefixes.follow(leads + find_header(tables, position) if tables else leads)

        for packed in pack(text, own, end, self.budget, prefix=find_prefix, joints=joints):
            start = begin if packed.start == own else packed.start  # the titles above stand in the first part
            place = cite(outline, packed.start, packed.end, whole=False)
            yield Part(start, packed.end, heading, packed.prefix, packed.start, place, packed.size)

    def _find_solids(self, unit: Unit, tables: Sequence[Table]) -> Sequence[tuple[int, int]]:
        """List what stays whole if it can: fenced code, and a header row with the first row of its table."""
        fences = self.verbatim.fences
        if not fences and not tables:
            return ()
        low, high = bisect_left(fences, (unit.own,)), bisect_left(fences, (unit.end,))
        return sorted([*fences[low:high], *[(table.start, table.first_end) for table in tables]])
