"""Folders of text: every file is one document."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ingest.errors import SourceError
from ingest.model import Document, File, Ignored, Json, Skipped
from ingest.sources.decoding import decode
from ingest.sources.listing import Selection, classify, list_folder, locate, name_dataset, spell
from ingest.sources.unreadable import UnreadableError

EXTENSIONS = (".txt", ".md", ".markdown")


@dataclass(frozen=True, slots=True)
class TextFolder:
    """The text files of a folder, at any depth; see `protocols.Source`."""

    dataset: str
    path: str
    selection: Selection
    reading: ClassVar[Mapping[str, Json]] = {"reader": 1}  # a change that reads the same bytes otherwise raises it

    @property
    def location(self) -> str:
        """The absolute path."""
        return spell(self.path)

    def files(self) -> list[File]:
        """List the files; see `listing.list_folder`. Raises SourceError."""
        if classify(self.path) == "file":
            folder = spell(str(Path(self.path).parent))
            raise SourceError(f"{self.location} is a file, not a folder; write --text-dir {folder}")
        return list_folder(self.path, self.selection)

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored]:
        """Yield the one document of a file."""
        try:
            text = decode(content)
        except UnreadableError as error:
            yield Skipped(file.origin, "", str(error))
            return
        yield Document(file.origin, text) if text.strip() else Ignored(file.origin, "", "no text in it")


def open_text(
    location: str | os.PathLike[str], *, dataset: str | None, include: Sequence[str], exclude: Sequence[str]
) -> TextFolder:
    """Make a source of the text files of a folder; nothing is read yet."""
    path = locate(location)
    return TextFolder(
        spell(dataset) if dataset else name_dataset(path), path, Selection(EXTENSIONS, tuple(include), tuple(exclude))
    )
