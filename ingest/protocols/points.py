"""The points of a collection."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from ingest.model import Hit, Payload, Point, Stored

if TYPE_CHECKING:
    from ingest.model import Vector


class Reads(Protocol):
    """What is asked of the points. An absent collection is empty."""

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

    def search(self, vector: "Vector", limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        ...

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        ...

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        ...


class Writes(Protocol):
    """What is done to the points. One thread writes."""

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
