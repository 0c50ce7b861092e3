"""A document cut into parts: a text along its structure, a row's answer behind its question."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.chunking.citations import NOWHERE, cite, find_law
from ingest.chunking.front_matter import find_front_matter
from ingest.chunking.headings import LONGEST_TITLE, find_headings
from ingest.chunking.items import find_items
from ingest.chunking.packing import Budget, Joints, pack, skip, skip_back
from ingest.chunking.parts import Parts, Row
from ingest.chunking.prefixes import SEPARATOR, Prefixes, says, shorten
from ingest.chunking.sizers import Sizer
from ingest.chunking.structure import Unit, find_units
from ingest.chunking.tables import Table, find_header, find_tables
from ingest.chunking.verbatim import Verbatim
from ingest.model import Document, Json, Part
from ingest.protocols import Window


@dataclass(frozen=True, slots=True)
class TextChunker:
    """Cuts to the limit of a sizer: prefix, newline and part together are within it.

    overlap: most characters that a part repeats of the one before, within one unit.
    settings: what makes the same chunker again. window: that of the model whose tokenizer the sizer has, if any.
    """

    sizer: Sizer
    overlap: int
    settings: Mapping[str, Json]
    window: Window | None = None

    def split(self, document: Document) -> Sequence[Part]:
        """Cut a document; nothing but white space makes no parts.

        In order the parts cover every character behind the front matter but white space between them; each begins and
        ends with one that is not white space. Only the parts that a question has for itself are empty slices, where
        the answer begins: `start`, `body` and `end` are one. The time is linear in the length of the text.
        """
        text = document.text
        reading = _Reading(text, Verbatim(text), Budget(self.sizer, self.overlap))
        if document.row is not None or document.question:
            return Parts(list(reading.split_answer(" ".join(f"{document.question} {document.context}".split()))))
        front = find_front_matter(document)
        name = front.title
        units = find_units(text, find_headings(text, reading.verbatim, front.end), front.end)
        return Parts([row for unit in units for row in reading.split_unit(unit, name)])


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text, what of it is somebody else's, and the budget of its parts."""

    text: str
    verbatim: Verbatim
    budget: Budget

    def split_answer(self, question: str) -> Iterator[Row]:
        """Cut a row's answer, each part behind the question and its context; the question stands alone before them.

        Alone, it is whole: the words of an answer, which other answers may share, drown it in theirs, and a row that
        lacked it would stand behind every other whose question alone is like its own. In the parts of an answer it is
        cut where it has no room.
        """
        begin, end = skip(self.text, 0, len(self.text)), skip_back(self.text, 0, len(self.text))
        if begin >= end:
            return
        for start, stop, _, size in pack(question, 0, len(question), Budget(self.budget.sizer)):
            yield begin, begin, "", question[start:stop], begin, NOWHERE, size
        whole = self.budget.measure(question, self.text, begin, end) if question else None
        if whole is not None:  # both whole, where there is room: a share is for what is said again
            yield begin, end, "", question, begin, NOWHERE, whole
            return
        # An article that an answer quotes is a good place to cut; it is no wall, since the answer is one thing.
        walls = [heading.start for heading in find_headings(self.text, self.verbatim)]
        titles = (question,) if question else ()
        unit = Unit(0, 0, 0, len(self.text), ())
        yield from self._split(unit, Prefixes(self.budget.sizer, titles, titles), walls=walls)

    def split_unit(self, unit: Unit, name: str = "") -> Iterator[Row]:
        """Cut a unit, each part behind its path. name: of the whole text, "" where it says none."""
        titles = unit.titles
        own = unit.path[-1].title if unit.path else ""  # with that its first part begins
        if name and not any(says(title, name) for title in titles):
            titles = (shorten(name, LONGEST_TITLE), *titles)
        prefixes = Prefixes(self.budget.sizer, titles[:-1] if own else titles, titles)
        return self._split(unit, prefixes, SEPARATOR.join(titles))

    def _split(self, unit: Unit, prefixes: Prefixes, heading: str = "", walls: Sequence[int] = ()) -> Iterator[Row]:
        text = self.text
        begin, end = skip(text, unit.start, unit.end), skip_back(text, unit.start, unit.end)
        if begin >= end:
            return
        own = skip(text, unit.own, end)
        outline = find_items(text, unit, self.verbatim)
        law = find_law(outline)
        size = self.budget.measure(prefixes.first, text, own, end)
        if size is not None:
            yield begin, end, heading, prefixes.first, own, cite(outline, law, own, end, whole=True), size
            return
        tables = find_tables(text, unit.own, unit.end)
        clauses, points, *deeper = outline.tiers
        joints = Joints((walls, clauses, points), deeper, self._find_solids(unit, tables), skip(text, unit.body, end))

        def find_prefix(position: int) -> str:
            if position == own:
                return prefixes.first
            leads = outline.find_leads(position)
            return prefixes.follow(leads + find_header(tables, position) if tables else leads)

        for body, stop, prefix, size in pack(text, own, end, self.budget, prefix=find_prefix, joints=joints):
            start = begin if body == own else body  # the titles above stand in the first part
            yield start, stop, heading, prefix, body, cite(outline, law, body, stop, whole=False), size

    def _find_solids(self, unit: Unit, tables: Sequence[Table]) -> Sequence[tuple[int, int]]:
        """List what stays whole if it can: fenced code, and a header row with the first row of its table."""
        fences = self.verbatim.fences
        if not fences and not tables:
            return ()
        low, high = bisect_left(fences, (unit.own,)), bisect_left(fences, (unit.end,))
        return sorted([*fences[low:high], *[(table.start, table.first_end) for table in tables]])
