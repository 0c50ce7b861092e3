"""One collection of a Qdrant server, through qdrant-client: its points, and what it records of itself."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NoReturn

from qdrant_client import QdrantClient, models

from ingest.entries import WHOLE_NAME, divide, place
from ingest.errors import IdentityError, IngestError, StoreError
from ingest.identity import is_comparable
from ingest.model import Collection, Hit, IndexKind, Json, Payload, Point, Stored, Vector
from ingest.share import WHOLE, Share
from ingest.stores.catalog import Catalog
from ingest.stores.failures import AbsentError, NotApplied, PresentError
from ingest.stores.form import Form
from ingest.stores.metadata import BUILDING, is_ours, name_key, pack_metadata, unpack_metadata
from ingest.stores.patience import Patience
from ingest.stores.records import INDEXED, ORIGIN, STATE, join_times, make_mark
from ingest.stores.server_form import make_arguments, read_form
from ingest.stores.server_reads import STRANGERS, Reads, match
from ingest.stores.server_writes import Wire, Writes
from ingest.stores.shapes import find_misfit, show_shape
from ingest.stores.vectors import check_vectors

SETTLING = 600.0  # seconds that a server's optimizers have to come to an end

log = logging.getLogger("ingest")

_KEYWORD = models.PayloadSchemaType.KEYWORD


class ServerCollection:
    """The collection of one name. Others may read it, and write other datasets of it, at the same time.

    form: how a new one is to be kept. like: a collection of which it keeps what the form leaves open.
    """

    private = False

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        name: str,
        patience: Patience,
        wire: Wire,
        form: Form,
        like: models.CollectionInfo | None = None,
    ) -> None:
        self.name = name
        self.collection = collection
        self._client = client
        self._patience = patience
        self._catalog = Catalog(client, patience)
        self._form, self._like = form, like
        self._described: Collection | None = None
        self._unindexed: set[str] = set()  # as `describe` last found it
        self._marked = False  # likewise: it says that it is being built
        self._reads = Reads(client, patience, self._locate, name=name)
        self._writes = Writes(client, patience, self._locate, before=self._give_sign, wire=wire)

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist."""
        return self._read()

    def create(self, collection: Collection) -> None:
        """Create the collection with its record in one request, then its payload indexes."""
        name, marks = self._locate(), self._make_marks()
        arguments, params = make_arguments(self._form, self._like)
        vectors = models.VectorParams(size=collection.dimension, distance=models.Distance.COSINE, **params)
        metadata = {**pack_metadata(collection), **marks}
        try:
            self._patience.ask(self._client.create_collection, name, vectors, metadata=metadata, **arguments)
        except PresentError:  # our own request may have been carried out and its answer lost
            info = self._catalog.look(name)
            there = (info.config.metadata if info else None) or {}
            if not is_ours(there) or any(there.get(key) != mark for key, mark in marks.items()):
                raise
            if not is_comparable(unpack_metadata(there, name), collection):  # or another share was first
                raise
        self._unindexed = set(INDEXED)
        self._complete_indexes()
        if self._read() is None:
            raise StoreError(f"{self.name} does not give collection {name!r} back after making it")

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        self._there()
        self._writes.make_index(field, models.PayloadSchemaType(kind))

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Replace what the collection records of one dataset, or of one share, beside what others record meanwhile."""
        described = self._there() if share.is_whole else self._look_again()
        before = described.datasets.get(dataset, {})
        placed = place(before, share, entry)
        there, now = divide(before), divide(placed)
        own = WHOLE_NAME if share.is_whole else str(share)
        changed = {own} | {name for name in there.keys() | now.keys() if there.get(name) != now.get(name)}
        self._update({name_key(dataset, name): now.get(name) for name in sorted(changed)})
        self._described = replace(described, datasets={**described.datasets, dataset: placed})

    def forget(self, dataset: str) -> None:
        """Remove what the collection records of a dataset; one of which it records nothing is no error."""
        described = self._described or self.describe()
        records = divide(described.datasets.get(dataset, {})) if described else {}
        try:
            self._update({name_key(dataset, name): None for name in {WHOLE_NAME, *records}})
        except AbsentError:
            return
        self._described = None

    def count_origins(self, dataset: str) -> dict[str, int]:
        """Count the points of each origin, exactly."""
        self._writes.settle()
        return self._reads.count_values(match(dataset), ORIGIN)

    def count_datasets(self, texts: Sequence[str]) -> dict[str, int]:
        """Count, by dataset, the points whose `ingest.text` is one of these, exactly."""
        self._writes.settle()
        return self._reads.count_texts(texts)

    def count_states(self, dataset: str) -> dict[str, int]:
        """Count the points of each `ingest.state`, exactly; points without one do not count.

        qdrant-client's local mode gives 32 hexadecimal digits back as a UUID, with hyphens. No state has any.
        """
        self._writes.settle()
        counts = self._reads.count_values(match(dataset), STATE)
        return {state.replace("-", ""): count for state, count in counts.items()}

    def find_written(self, dataset: str) -> dict[str, str]:
        """Find when each origin was last written; those of which it isn't known are left out."""
        self._writes.settle()
        return join_times(lambda fields, key: self._reads.count_values(match(dataset, fields), key))

    def list_points(self, dataset: str, origins: Sequence[str]) -> Iterator[Stored]:
        """List every point of these origins."""
        self._writes.settle_origins(origins)
        yield from self._reads.list_points(dataset, origins)

    def fetch_payloads(self, ids: Sequence[str]) -> dict[str, Payload]:
        """Fetch whole payloads; an id that isn't there is left out."""
        self._writes.settle_points(ids)
        return self._reads.fetch_payloads(ids)

    def find_vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Find, for each hash of an embedded text, the vector of some point with that `ingest.text`."""
        found = self._writes.recall(texts)
        return found | self._reads.find_vectors([text for text in texts if text not in found])

    def upsert(self, points: Sequence[Point]) -> int:
        """Take points to be written; all are checked before the first is sent. See `Writes` for when they are.

        Raises StoreError for a number that Qdrant does not keep as it is.
        """
        check_vectors(points, self._there().dimension)
        self._complete_indexes()
        return self._writes.upsert(points)

    def overwrite(self, payloads: Mapping[str, Payload]) -> None:
        """Replace the whole payload of each id; the vector stays. Raises StoreError for an id that isn't there."""
        self._there()
        self._writes.overwrite(payloads)

    def delete(self, ids: Sequence[str]) -> None:
        """Delete points; an id that isn't there is no error."""
        self._writes.settle()  # what it fails with is not about this
        with suppress(AbsentError):
            self._writes.delete(ids)

    def mark(self, dataset: str, origin: str, state: str, written: str | None = None) -> None:
        """Set `ingest.state` on every point of an origin, and `ingest.written` where it is given."""
        self._there()
        self._writes.mark((dataset, origin), match(dataset, {ORIGIN: [origin]}), make_mark(state, written))

    def flush(self) -> None:
        """Wait until all is written: a write that was waited for stands in the server's log."""
        self._writes.settle()

    def compact(self) -> None:
        """Do nothing: a server optimises by itself."""

    def search(self, vector: Vector, limit: int, dataset: str | None = None) -> list[Hit]:
        """Find the nearest points by cosine, best first."""
        self._writes.settle()
        return self._reads.search(vector, limit, match(dataset))

    def scroll(self, dataset: str | None = None) -> Iterator[Point]:
        """Read every point with its vector and payload."""
        self._writes.settle()
        yield from self._reads.scroll(match(dataset))

    def count(self, dataset: str | None = None) -> int:
        """Count points, exactly."""
        self._writes.settle()
        return self._reads.count(match(dataset))

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly."""
        self._writes.settle()
        return self._reads.count(STRANGERS)

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`, by their ids; yield how many were deleted so far."""
        self._writes.settle()
        deleted = 0
        for ids in self._reads.list_strangers():
            self._writes.delete(ids)
            deleted += len(ids)
            yield deleted

    def settle(self) -> None:
        """Wait until the optimizers have nothing left to do; raise StoreError where that does not come in ten minutes.

        What is only waiting for the next write before it is optimised (grey) is searched as it is, and not waited for.
        """
        self._writes.settle()
        if state := self._patience.outlast(self._read_state, SETTLING):
            raise StoreError(
                f"{self.name} still has collection {self.collection!r} in work after {SETTLING / 60:.0f} minutes: "
                f"{state}. Run again when it has come to an end"
            )

    def close(self) -> None:
        """Close the connections, once what is under way was written; closing twice is no error."""
        try:
            self._close_writes()
        finally:
            self._client.close()

    def _locate(self) -> str:
        """Give the name by which the server is asked."""
        return self.collection

    def _give_sign(self) -> None:
        """Do, before a write, what is due besides."""

    def _close_writes(self) -> None:
        """Wait for what is under way, briefly. Nobody reads an error here: what was to be sure was flushed before."""
        try:
            left = self._writes.close()
        except IngestError as error:
            log.warning("%s. What was written last may not be: run again", error)
            return
        if left:
            log.warning("%d points for %r at %s may not be written: run again", left, self.collection, self.name)

    def _make_marks(self) -> dict[str, Any]:
        """Give what the metadata of a new collection holds besides its record."""
        return {}

    def _update(self, metadata: Mapping[str, Any]) -> None:
        """Merge keys into the metadata, once what was written before is there."""
        self._writes.settle()

        def update() -> None:
            if not self._client.update_collection(self._locate(), metadata=dict(metadata)):
                raise NotApplied("the record was not taken")

        self._patience.ask(update)

    def _read(self) -> Collection | None:
        self._described = None
        info = self._catalog.look(self._locate())
        if info is None:
            return None
        metadata = info.config.metadata or {}
        vectors = info.config.params.vectors
        if not is_ours(metadata):
            self._refuse(info, "it was not made by this tool")
        if not isinstance(vectors, models.VectorParams) or vectors.distance != models.Distance.COSINE:
            self._refuse(info, "its vectors are not one unnamed vector with cosine distance")
        described = unpack_metadata(metadata, f"what collection {self.collection!r} at {self.name} records")
        if vectors.size != described.dimension:
            self._refuse(info, f"its record speaks of {described.dimension} dimensions")
        self._unindexed = set(INDEXED) - set(info.payload_schema or {})
        self._marked = metadata.get(BUILDING) is not None
        self._described = replace(described, form=read_form(info))
        return self._described

    def _read_state(self) -> str:
        """Say what the server is still at; "" for nothing. Raises StoreError for what no waiting mends."""
        info = self._catalog.look(self._locate())
        if info is None:
            return ""
        optimizers = info.optimizer_status
        if info.status == models.CollectionStatus.RED or isinstance(optimizers, models.OptimizersStatusOneOf1):
            said = f", its optimizers say: {optimizers.error}" if not isinstance(optimizers, str) else ""
            raise StoreError(
                f"{self.name} has collection {self.collection!r} in status {info.status.value}{said}: an operation "
                "failed there and was not recovered. Look into the server's log"
            )
        queue = info.update_queue
        deferred = getattr(queue, "deferred_points", None) or 0  # older clients do not read it
        waiting = (queue.length if queue else 0) + deferred
        if info.status == models.CollectionStatus.YELLOW or waiting:
            return f"status {info.status.value}, {waiting} operations waiting"
        return ""

    def _there(self) -> Collection:
        """Make sure, once, that the collection is one that this tool may write to."""
        if found := self._described or self.describe():
            return found
        raise AbsentError(f"there is no collection {self.collection!r} at {self.name}")

    def _look_again(self) -> Collection:
        """Read what is recorded now, in place of what was when this store looked last."""
        self._described = None
        return self._there()

    def _complete_indexes(self) -> None:
        """Make the payload indexes that a death right after the collection's creation left out."""
        for field in sorted(self._unindexed):
            self._writes.make_index(field, models.PayloadSchemaType.KEYWORD)
        self._unindexed = set()

    def _refuse(self, info: models.CollectionInfo, reason: str) -> NoReturn:
        version = self._patience.ask(self._client.info).version
        adopt = ""
        if not is_ours(info.config.metadata) and not find_misfit(info):
            adopt = "Take it over with --adopt, if the embedder's vectors have as many dimensions, or f"
        raise IdentityError(
            f"collection {self.collection!r} at {self.name} (Qdrant {version}) can't be used: {reason}. It holds "
            f"{info.points_count or 0} points with vectors ({show_shape(info)}). "
            f"{adopt or 'F'}ill another one: {self._name_other()}"
        )

    def _name_other(self) -> str:
        """Name the setting that fills another collection."""
        return f"COLLECTION_NAME={self.collection}_2"
