"""What is seen of one dataset: its sheets, its texts and their trees, its chunks, and what is left out or repaired."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TypeAlias

from ingest.errors import IngestError
from ingest.model import Chunk, Columns, Document, Ignored, Json, Noted, Payload, Skipped
from ingest.places import name_place, read_metadata
from ingest.preview.lengths import Lengths, Sample
from ingest.preview.trees import Branch, Kind, Tree, list_counts

CHUNKS = 3  # of a dataset that are shown
LISTED = 20  # files, layouts, reasons, and items of each, that are kept of a dataset: memory stays as it is
_SHOWN = 200  # characters of a long or a short chunk

Item: TypeAlias = "Skipped | Ignored | Noted"


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a dataset is kept and shown.

    listed: files, layouts, reasons, and items of each. alike: items of which the same is said, if they are no failures.
    branches: headings of a text; outlined: of all texts.
    """

    listed: int = LISTED
    alike: int = 3
    branches: int = 20
    outlined: int = 40


SHORT, WHOLE = Room(), Room(*[sys.maxsize] * len(Room.__slots__))


@dataclass(slots=True)
class Group:
    """Items of which the same is to be said: how many, and the first of them."""

    count: int = 0
    first: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """A sheet with a header.

    name: "" for the one of a CSV file. encoding: of that file; "" for a workbook.
    row: that of the header as a person counts, the lower one of a header of two; None where the source doesn't say.
    """

    origin: str
    name: str
    encoding: str
    row: int | None = None
    documents: int = 0


@dataclass(slots=True)
class Layout:
    """Sheets with the same columns.

    roles: role → name of its column. others: the columns that become metadata. first: some of the sheets.
    """

    roles: Mapping[str, str]
    others: Sequence[str]
    sheets: int = 0
    documents: int = 0
    first: list[Sheet] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Text:
    """A file that is one document, its length in characters, and its tree.

    counts: of headings and items, by the names of their kinds. branches: the first of those that aren't deep; more: how
    many others there are. keys: of its front matter, which becomes metadata.
    """

    origin: str
    encoding: str
    characters: int
    counts: Mapping[str, int]
    branches: Sequence[Branch]
    more: int
    keys: Sequence[str] = ()


@dataclass(slots=True)
class DatasetPreview:
    """What is seen of one dataset so far.

    lengths: of its chunks, as the chunker measures them.
    files: all that are listed. encodings: of those that are no workbooks: how many of each. texts: the first.
    counts: of headings and items, of all texts. plain: texts in which none was recognised.
    layouts: by their columns. unlisted: sheets of further layouts.
    rows: the lengths of questions with their answers. parted: rows whose answers make several chunks.
    ignored, skipped, noted: by what is to be said; the last group, "", has what is left.
    unread: files of which nothing could be read. chunks: the first, as a new dataset would be cut.
    notes: sentences for a person.
    """

    dataset: str
    location: str
    lengths: Lengths
    room: Room = SHORT
    files: int = 0
    documents: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    texts: list[Text] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    plain: int = 0
    layouts: dict[tuple[object, ...], Layout] = field(default_factory=dict)
    unlisted: int = 0
    rows: Lengths = field(default_factory=lambda: Lengths("characters"))
    parted: int = 0
    ignored: dict[str, Group] = field(default_factory=dict)
    skipped: dict[str, Group] = field(default_factory=dict)
    noted: dict[str, Group] = field(default_factory=dict)
    unread: list[Skipped] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: IngestError | None = None

    def add(self, item: Item) -> None:
        """Put an item to those of which the same is to be said."""
        if isinstance(item, Skipped) and not item.where:
            self.unread.append(item)
        kinds = {Skipped: self.skipped, Ignored: self.ignored, Noted: self.noted}
        groups, words = kinds[type(item)], item.what if isinstance(item, Noted) else item.reason
        group = groups.setdefault(words if words in groups or len(groups) < self.room.listed else "", Group())
        group.count += 1
        if len(group.first) < self.room.listed:
            group.first.append(item)

    def add_document(self, document: Document, chunks: Iterable[Chunk]) -> None:
        """Count a document and measure its chunks, and of a row the whole of it."""
        self.documents += 1
        parts, chunk = 0, None
        for chunk in chunks:
            place = read_metadata(chunk.payload)
            parts += place["start"] != place["end"]  # else it is the question alone
            self.lengths.add(_make_sample(chunk.payload, chunk.origin, chunk.size))
            if len(self.chunks) < CHUNKS:
                self.chunks.append(chunk)
        if document.row is not None and chunk:
            self.rows.add(_make_sample(chunk.payload, chunk.origin, len(document.question) + len(document.text)))
            self.parted += parts > 1

    def add_text(self, document: Document, encoding: str, tree: Tree) -> None:
        """Count a file that is one document, and keep as much of its tree as there is room for."""
        self.counts += tree.counts
        self.plain += not tree.counts
        if len(self.texts) == self.room.listed:
            return
        left = self.room.outlined - sum(len(text.branches) for text in self.texts)
        branches = tree.prune(min(left, self.room.branches))
        more = len(tree.branches) - len(branches)
        counts = list_counts(tree.counts)
        self.texts.append(Text(document.origin, encoding, len(document.text), counts, branches, more, tree.keys))

    def add_sheets(self, columns: Columns, sheets: Mapping[str, Sheet]) -> None:
        """Put the sheets of a file to those that have the same columns."""
        for name, sheet in sheets.items():
            roles, names = columns.roles[name], columns.names[name]
            layout = self._find_layout(roles, [each for each in names if each not in roles.values()])
            if layout is None:
                self.unlisted += 1
                continue
            layout.sheets += 1
            layout.documents += sheet.documents
            if len(layout.first) < self.room.listed:
                layout.first.append(sheet)

    def _find_layout(self, roles: Mapping[str, str], others: Sequence[str]) -> Layout | None:
        key = (*roles.items(), *others)
        if key not in self.layouts and len(self.layouts) == self.room.listed:
            return None
        return self.layouts.setdefault(key, Layout(roles, others))

    def as_json(self) -> Mapping[str, Json]:
        """Give it as one JSON object."""
        return {
            "dataset": self.dataset,
            "location": self.location,
            "files": self.files,
            "documents": self.documents,
            "encodings": dict(self.encodings),
            "layouts": [asdict(layout) for layout in self.layouts.values()],
            "sheets_of_other_layouts": self.unlisted,
            "texts": [asdict(text) for text in self.texts],
            "counts": list_counts(self.counts),
            "without_headings": self.plain,
            "rows": self.rows.as_json(),
            "rows_in_several_chunks": self.parted,
            "lengths": self.lengths.as_json(),
            **{name: _list_groups(getattr(self, name)) for name in ("ignored", "skipped", "noted")},
            "chunks": [
                {
                    "origin": chunk.origin,
                    "where": chunk.where,
                    "length": len(chunk.embed_text),
                    "embed_text": chunk.embed_text,
                }
                for chunk in self.chunks
            ],
            "notes": self.notes,
            "error": str(self.error) if self.error else None,
        }


def _make_sample(payload: Payload, origin: str, size: int) -> Sample:
    """Name a chunk or a row by its place, and by its question or its first words."""
    place = name_place(payload) or f"character {read_metadata(payload).get('start')}"
    return Sample(size, origin, place, " ".join(str(payload["question"] or payload["page_content"])[:_SHOWN].split()))


def _list_groups(groups: Mapping[str, Group]) -> Sequence[Json]:
    return [
        {"what": words, "count": group.count, "first": [asdict(item) for item in group.first]}
        for words, group in groups.items()
    ]
