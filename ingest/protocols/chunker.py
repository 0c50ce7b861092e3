"""What cuts documents."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ingest.model import Document, Json, Part
from ingest.protocols.window import Window


class Chunker(Protocol):
    """Cuts a document into parts.

    settings: what decides where it cuts, recorded with the dataset and given back to make the same chunker again.
    window: what the model reads of a text, None where that has no end or isn't known.
    """

    @property
    def settings(self) -> Mapping[str, Json]: ...
    @property
    def window(self) -> Window | None: ...

    def split(self, document: Document) -> Sequence[Part]:
        """Cut a document; the parts, in order, cover every character but white space between them."""
        ...
