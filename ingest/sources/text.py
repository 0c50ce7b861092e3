"""Folders of text: every file is one document."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ingest.errors import SourceError
from ingest.model import Document, File, Ignored, Json, Noted, Skipped
from ingest.sources.decoding import examine
from ingest.sources.detection import name_encoding
from ingest.sources.listing import Selection, classify, list_folder, locate, name_dataset, spell
from ingest.sources.unreadable import UnreadableError

EXTENSIONS = (".txt", ".md", ".markdown")


@dataclass(frozen=True, slots=True)
class TextFolder:
    """The text files of a folder, at any depth; see `protocols.Source`.

    encoding: of the files that do not show by their bytes that they are Unicode; "" to find it out of each.
    """

    dataset: str
    path: str
    selection: Selection
    encoding: str = ""
    portable: ClassVar[bool] = True
    version: ClassVar[int] = 4  # a change that reads the same bytes otherwise raises it

    @property
    def location(self) -> str:
        """The absolute path."""
        return spell(self.path)

    @property
    def reading(self) -> Mapping[str, Json]:
        """What, besides the bytes, decides the documents; the encoding as it is called, however it was spelled."""
        named = {"encoding": name_encoding(self.encoding).name} if self.encoding else {}
        return {"reader": self.version, **named}

    def files(self) -> list[File]:
        """List the files; see `listing.list_folder`. Raises SourceError."""
        if classify(self.path) == "file":
            folder = spell(str(Path(self.path).parent))
            raise SourceError(f"{self.location} is a file, not a folder; write --text-dir {folder}")
        return list_folder(self.path, self.selection)

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored | Noted]:
        """Yield the one document of a file, and before it what had to be done to read it."""
        try:
            found = examine(content, self.encoding)
        except UnreadableError as error:
            yield Skipped(file.origin, "", str(error))
            return
        yield from (Noted(file.origin, note.where, note.what) for note in found.notes)
        yield Document(file.origin, found.text) if found.text.strip() else Ignored(file.origin, "", "no text in it")


def open_text(
    location: str | os.PathLike[str],
    *,
    dataset: str | None,
    include: Sequence[str],
    exclude: Sequence[str],
    encoding: str = "",
) -> TextFolder:
    """Make a source of the text files of a folder; nothing is read yet. Raises UsageError for an unknown encoding."""
    if encoding:
        name_encoding(encoding)
    path = locate(location)
    selection = Selection(EXTENSIONS, tuple(include), tuple(exclude))
    return TextFolder(spell(dataset) if dataset else name_dataset(path), path, selection, encoding)
