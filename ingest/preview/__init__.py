"""What a run would read of its sources, for whoever asks whether they were understood; no service, no store.

A `dataset` is seen file by file: its sheets, the `trees` of its texts, the `lengths` of its chunks. The `page` shows
it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.chunks import make_chunks
from ingest.errors import IngestError, ItemsSkipped, SourceError
from ingest.model import Chunk, Columns, Document, File, Ignored, Json, Noted, Skipped
from ingest.notes import note_sizes
from ingest.preview.dataset import CHUNKS, LISTED, SHORT, WHOLE, DatasetPreview, Sheet
from ingest.preview.lengths import Lengths
from ingest.preview.trees import read_tree
from ingest.protocols import Chunker, Source, Window
from ingest.refusal import explain_refusal
from ingest.report import Tally
from ingest.sources.decoding import recover
from ingest.sources.formats import is_workbook
from ingest.sources.unreadable import UnreadableError
from ingest.sync import check_names, check_read

__all__ = ["CHUNKS", "LISTED", "DatasetPreview", "Preview", "preview"]


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


def preview(
    sources: Sequence[Source],
    *,
    chunker: Chunker,
    window: Window | None = None,
    encoding: str = "",
    whole: bool = False,
) -> Preview:
    """Read the sources as a run would, and write nothing.

    window: what the model reads, None where that is not known or has no end.
    encoding: that of texts which a user names, "" where it is found out, as the sources were told.
    whole: keep all of what is seen. Else memory doesn't grow with a source.
    Each source is read for itself: the error of one that can't be read is in what is seen of it.
    Raises UsageError for two sources of one name.
    """
    check_names(sources)
    unit, limit = str(chunker.settings["unit"]), chunker.settings["size"]
    datasets = []
    for source in sources:
        lengths = Lengths(unit, limit if isinstance(limit, int) else None)
        seen = DatasetPreview(source.dataset, source.location, lengths, WHOLE if whole else SHORT)
        datasets.append(seen)
        _look(source, chunker, encoding, seen)
        longest = max((sample.size for sample in lengths.longest), default=0)
        tally = Tally(source.dataset, measured=lengths.count, longest=longest)
        seen.notes += note_sizes(source.dataset, chunker.settings, window, tally)
    return Preview(datasets, chunker.settings)


def _look(source: Source, chunker: Chunker, encoding: str, seen: DatasetPreview) -> None:
    """Read a source file by file."""
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


def _read(source: Source, file: File, chunker: Chunker, encoding: str, seen: DatasetPreview) -> None:
    """Read one file to its end."""
    try:
        content = Path(file.path).read_bytes()
    except OSError as error:
        seen.add(Skipped(file.origin, "", explain_refusal(error)))
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
                seen.add_document(record, _cut(source.dataset, record, chunker))
                if sheet := sheets.get(record.sheet):
                    sheet.documents += 1
                elif record.row is None:
                    seen.add_text(record, name, read_tree(record))
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
