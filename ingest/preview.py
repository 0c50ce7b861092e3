"""What a run would read of its sources, for whoever asks whether their sheet was understood; no service, no store."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from ingest.chunks import make_chunks
from ingest.errors import IngestError, ItemsSkipped, SourceError
from ingest.model import Chunk, Columns, Document, File, Ignored, Json, Noted, Skipped
from ingest.protocols import Chunker, Source
from ingest.report import Tally
from ingest.sources.decoding import recover
from ingest.sources.formats import is_workbook
from ingest.sources.unreadable import UnreadableError
from ingest.sync import check_names, check_read

CHUNKS = 3  # of a dataset that are shown
LISTED = 20  # files, layouts, reasons, and items of each, that are kept of a dataset: memory stays as it is

Item: TypeAlias = "Skipped | Ignored | Noted"


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
    """A file that is one document, and its length in characters."""

    origin: str
    encoding: str
    characters: int


@dataclass(slots=True)
class DatasetPreview:
    """What is seen of one dataset so far.

    files: all that are listed. encodings: of those that are no workbooks: how many of each. texts: the first.
    layouts: by their columns. unlisted: sheets of further layouts.
    ignored, skipped, noted: by what is to be said; the last group, "", has what is left.
    unread: files of which nothing could be read. chunks: the first, as a new dataset would be cut.
    """

    dataset: str
    location: str
    files: int = 0
    documents: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    texts: list[Text] = field(default_factory=list)
    layouts: dict[tuple[object, ...], Layout] = field(default_factory=dict)
    unlisted: int = 0
    ignored: dict[str, Group] = field(default_factory=dict)
    skipped: dict[str, Group] = field(default_factory=dict)
    noted: dict[str, Group] = field(default_factory=dict)
    unread: list[Skipped] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    error: IngestError | None = None

    def add(self, item: Item) -> None:
        """Put an item to those of which the same is to be said."""
        if isinstance(item, Skipped) and not item.where:
            self.unread.append(item)
        kinds = {Skipped: self.skipped, Ignored: self.ignored, Noted: self.noted}
        groups, words = kinds[type(item)], item.what if isinstance(item, Noted) else item.reason
        group = groups.setdefault(words if words in groups or len(groups) < LISTED else "", Group())
        group.count += 1
        if len(group.first) < LISTED:
            group.first.append(item)

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
            if len(layout.first) < LISTED:
                layout.first.append(sheet)

    def _find_layout(self, roles: Mapping[str, str], others: Sequence[str]) -> Layout | None:
        key = (*roles.items(), *others)
        if key not in self.layouts and len(self.layouts) == LISTED:
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
            "error": str(self.error) if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """What is seen of the sources. chunking: the settings by which a new dataset would be cut."""

    datasets: Sequence[DatasetPreview]
    chunking: Mapping[str, Json]

    @property
    def failure(self) -> IngestError | None:
        """The error whose exit code a run would end with; None where all would be read."""
        for seen in self.datasets:
            if seen.error:
                return seen.error
        skipped = sum(group.count for seen in self.datasets for group in seen.skipped.values())
        return ItemsSkipped(f"{skipped} items would be skipped") if skipped else None

    @property
    def exit_code(self) -> int:
        """0 where all would be read, else that of the failure."""
        return self.failure.exit_code if self.failure else 0

    def as_json(self) -> Mapping[str, Json]:
        """Give it all as one JSON object."""
        return {
            "exit_code": self.exit_code,
            "chunking": self.chunking,
            "datasets": [seen.as_json() for seen in self.datasets],
        }


def preview(sources: Sequence[Source], *, chunker: Chunker, encoding: str = "") -> Preview:
    """Read the sources as a run would, and write nothing.

    encoding: that of texts which a user names, "" where it is found out, as the sources were told.
    Each source is read for itself: the error of one that can't be read is in what is seen of it. Memory doesn't grow
    with a source. Raises UsageError for two sources of one name.
    """
    check_names(sources)
    return Preview([_look(source, chunker, encoding) for source in sources], chunker.settings)


def _look(source: Source, chunker: Chunker, encoding: str) -> DatasetPreview:
    seen = DatasetPreview(source.dataset, source.location)
    try:
        files = source.files()
        seen.files = len(files)
        for file in files:
            _read(source, file, chunker, encoding, seen)
        check_read(source, files, Tally(source.dataset, skipped=list(seen.unread)))
    except SourceError as error:
        seen.error = error
        if seen.files == 1:
            seen.skipped.clear()  # the error says it
    return seen


def _read(source: Source, file: File, chunker: Chunker, encoding: str, seen: DatasetPreview) -> None:
    """Read one file to its end."""
    try:
        content = Path(file.path).read_bytes()
    except OSError as error:
        seen.add(Skipped(file.origin, "", f"cannot be read: {error.strerror}"))
        return
    name = _name_encoding(content, encoding)
    columns = Columns(file.origin, {}, {})
    sheets: dict[str, Sheet] = {}
    unread = len(seen.unread)
    for record in source.parse(file, content):
        match record:
            case Skipped() | Ignored() | Noted():
                seen.add(record)
            case Columns():
                columns = record
                sheets = {
                    sheet: Sheet(file.origin, sheet, name, record.rows.get(sheet))
                    for sheet, roles in record.roles.items()
                    if roles
                }
            case Document():
                seen.documents += 1
                seen.chunks += islice(_cut(source.dataset, record, chunker), CHUNKS - len(seen.chunks))
                if sheet := sheets.get(record.sheet):
                    sheet.documents += 1
                elif record.row is None and len(seen.texts) < LISTED:
                    seen.texts.append(Text(file.origin, name, len(record.text)))
    if name and len(seen.unread) == unread:
        seen.encodings[name] += 1
    seen.add_sheets(columns, sheets)


def _cut(dataset: str, document: Document, chunker: Chunker) -> Iterator[Chunk]:
    return (item for item in make_chunks(dataset, [document], chunker) if isinstance(item, Chunk))


def _name_encoding(content: bytes, encoding: str) -> str:
    """Name the encoding of a text; "" for a workbook, and for what can't be read."""
    if is_workbook(content):
        return ""
    try:
        return recover(content, encoding).encoding
    except UnreadableError:
        return ""


def _list_groups(groups: Mapping[str, Group]) -> Sequence[Json]:
    return [
        {"what": words, "count": group.count, "first": [asdict(item) for item in group.first]}
        for words, group in groups.items()
    ]
