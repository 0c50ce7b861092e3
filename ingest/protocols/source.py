"""Where documents come from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Protocol

from ingest.model import Columns, Document, File, Ignored, Json, Noted, Skipped


class Source(Protocol):
    """One dataset: a workbook, several, or a folder of texts.

    dataset: its name in the collection.
    location: the absolute path or pattern, for the record.
    reading: what, besides the bytes of a file, decides what its documents say: mapping, sheets, version of the reader.
    portable: `parse` needs nothing but its arguments and yields no Columns, so that another process may call it on a
    copy of the source. Whatever it says, that of a class does not hold for its subclasses.
    """

    portable: ClassVar[bool]

    @property
    def dataset(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def reading(self) -> Mapping[str, Json]: ...

    def files(self) -> Sequence[File]:
        """List the files in sorted order of origin.

        Raises SourceError where there is nothing to list: missing, unreadable, or without a matching file.
        """
        ...

    def parse(self, file: File, content: bytes) -> Iterator[Columns | Document | Skipped | Ignored | Noted]:
        """Yield what a file holds, in order, and before all else, where there are any, the columns of its sheets.

        Raises nothing for bad content: that is a Skipped.
        """
        ...
