"""What an adapter must do. One conformance suite in `tests/` holds each of these for real adapters and fakes alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from ingest.model import (
    Collection,
    Columns,
    Document,
    File,
    Hit,
    Identity,
    Ignored,
    IndexKind,
    Json,
    Noted,
    Part,
    Payload,
    Point,
    Refused,
    Skipped,
    Stored,
)
from ingest.share import WHOLE, Share

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors


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


class Chunker(Protocol):
    """Cuts a document into parts.

    settings: what decides where it cuts, recorded with the dataset and given back to make the same chunker again.
    window: what the model reads of a text, None where that has no end or isn't known.
    """

    @property
    def settings(self) -> Mapping[str, Json]: ...
    @property
    def window(self) -> "Window | None": ...

    def split(self, document: Document) -> Sequence[Part]:
        """Cut a document; the parts, in order, cover every character but white space between them."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes; None where that is not known.

    texts: in one request. bytes: of one request's body, as JSON. inputs_in_flight: texts of all requests under way.
    """

    texts: int | None = None
    bytes: int | None = None
    inputs_in_flight: int | None = None


class TokenCounter(Protocol):
    """Counts tokens as a model does. Safe to call from threads."""

    def count_each(self, texts: Sequence[str]) -> Sequence[int]:
        """Count the tokens of each text, with the special ones that the model wants around it."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """What an embedding model reads of a text. It ignores the rest, and most services don't say so.

    model: its name. prefix: what goes before a document.
    tokens: at most so many, special ones and prefix included; None where that is not known.
    tokenizer: what counts them, else why there is none at hand.
    digest: that of the tokenizer, since another one counts otherwise; "" where it has none.
    fetch: gets the tokenizer from where the model is published and gives the window with it; None where nobody is
    asked.
    """

    model: str
    tokens: int | None
    tokenizer: TokenCounter | str
    prefix: str = ""
    digest: str = ""
    fetch: Callable[[], "Window"] | None = None


class Service(Protocol):
    """What turns texts into vectors: one call is one request.

    name: for a person, with the host but without a secret: "hf-inference", "http://127.0.0.1:8080".
    limits: what is known so far of what it takes; more is split, or waits, before it is sent.
    """

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def limits(self) -> Limits: ...

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order: (texts, dimension) float32, finite.

        Raises CredentialError, CreditsError, UnavailableError, RefusedError or EmbeddingError.
        """
        ...


class Embedder(Protocol):
    """A service with everything around it: checks, pacing, retries, halving. Safe to call from several threads.

    requests, retries: how many were made so far. cached: texts that were recalled.
    """

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def requests(self) -> int: ...
    @property
    def retries(self) -> int: ...
    @property
    def cached(self) -> int: ...

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":
        """Give the vectors of documents that a cache holds; the service is asked for none of them.

        A text whose vector isn't at hand is left out.
        """
        ...

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Embed documents: for each text, in order, its unit vector, or the refusal of that text alone.

        Raises an EmbeddingError or a UsageError when the service failed for good.
        """
        ...

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts that belong to no source, like `embed_each`; a refusal is an EmbeddingError."""
        ...

    def encode_query(self, text: str) -> "Vector":
        """Embed a query, by the query side of the model."""
        ...


class Store(Protocol):
    """One collection. Its reads find an absent collection empty. One thread writes.

    private: the collection belongs to this tool alone, as the embedded store's do.
    """

    @property
    def name(self) -> str: ...
    @property
    def collection(self) -> str: ...
    @property
    def private(self) -> bool: ...

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist.

        Raises IdentityError for a collection that this tool did not make, StoreError for a store that fails.
        """
        ...

    def create(self, collection: Collection) -> None:
        """Create the collection and its payload indexes and record its identity.

        In a store that is not private, one whose vectors can be compared is no error: another share was first. Raises
        StoreError for any other that is there.
        """
        ...

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        ...

    def drop(self) -> None:
        """Remove the whole collection. A store that is not private refuses with StoreError."""
        ...

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Replace what the collection records of one dataset, or of one share of it; see `entries`.

        What other shares record meanwhile is kept.
        """
        ...

    def forget(self, dataset: str) -> None:
        """Remove what the collection records of a dataset; one of which it records nothing is no error."""
        ...

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        ...

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count."""
        ...

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written (ISO 8601, UTC); those of which it isn't known are left out.

        A count for each time that there is, one for each run that wrote something.
        """
        ...

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these hashes, exactly."""
        ...

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        ...

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        ...

    def find_vectors(self, texts: Sequence[str]) -> "dict[str, Vector]":
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        ...

    def upsert(self, points: Sequence[Point]) -> int:
        """Take points to be written; give how many, of this and of earlier calls, are not known to be written yet.

        All of them are visible to what this store reads, and written before anything else is. Once `flush` returned,
        they survive the death of this process. What fails is raised by whichever call comes next, once.
        """
        ...

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        ...

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Set `ingest.state` on every point of an origin, and `ingest.written` where it is given; no more of `ingest`.

        written: when a run finished it (ISO 8601, UTC).
        """
        ...

    def flush(self) -> None:
        """Wait until all is written, and make it survive a power cut."""
        ...

    def compact(self) -> None:
        """Bring a collection that was written into the form that searches like; may take minutes."""
        ...

    def settle(self) -> None:
        """Wait until a server has nothing left to optimise. Raises StoreError where that does not come."""
        ...

    def search(self, vector: "Vector", limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        ...

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        ...

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        ...

    def build(self) -> "Store":
        """Open the collection that is to take this one's place: one that was begun, else one that is absent yet.

        Nothing is written before its `create`. It is open as long as this store is; there is one at a time.
        Raises LockedError where another host is building one.
        """
        ...

    def switch(self, built: "Store") -> str:
        """Let what `build` gave take this collection's place in one step; then remove what it replaced.

        From then on this store reads the new collection, and `built` is not used any more. Gives the sentence that a
        person needs: the setting that makes applications use it, or what was left and why; "" for none.
        """
        ...

    def clear(self) -> list[str]:
        """Remove what builds that ended early, or were switched away from, left behind; give the names.

        A build that `build` opened before is one of them. Where there is nothing, nothing is written.
        """
        ...

    def adopt(self, collection: Collection) -> None:
        """Take over a collection that this tool did not make, by recording `collection` in it; its points stay.

        Raises IdentityError where our points don't fit into it, UsageError in a store that holds only ours.
        """
        ...

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly: those of another program."""
        ...

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`; yield how many were deleted so far."""
        ...

    def close(self) -> None:
        """Flush and let go of the store; closing twice is no error."""
        ...
