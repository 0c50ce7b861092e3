"""What a collection of a Qdrant server is: its form, its payload indexes, and what it records of itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from qdrant_client import QdrantClient, models

from ingest.entries import WHOLE_NAME, divide, place
from ingest.errors import IdentityError, StoreError
from ingest.identity import is_comparable
from ingest.model import Collection, IndexKind, Json
from ingest.share import WHOLE, Share
from ingest.stores.catalog import Catalog
from ingest.stores.failures import AbsentError, NotApplied, PresentError
from ingest.stores.form import Form
from ingest.stores.metadata import BUILDING, is_ours, name_key, pack_metadata, unpack_metadata
from ingest.stores.patience import Patience
from ingest.stores.records import INDEXED
from ingest.stores.server_form import make_arguments, read_form
from ingest.stores.server_reads import Reads
from ingest.stores.server_writes import Writes
from ingest.stores.shapes import find_misfit, show_shape
from ingest.stores.wire import Wire


class ServerRecord:
    """A collection of a server, beside its points; what is recorded of these is written after them.

    clock: seconds since 1970 (UTC). form: how a new one is to be kept. like: a collection of which it keeps what the
    form leaves open.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        name: str,
        patience: Patience,
        clock: Callable[[], float],
        wire: Wire,
        form: Form,
        like: models.CollectionInfo | None = None,
    ) -> None:
        self.name = name
        self.collection = collection
        self._client, self._clock = client, clock
        self._patience = patience
        self._catalog = Catalog(client, patience)
        self._form, self._like = form, like
        self._described: Collection | None = None
        self._unindexed: set[str] = set()  # as `describe` last found it
        self._marked = False  # likewise: it says that it is being built
        self._reads = Reads(client, patience, self._locate, name=name)
        self._writes = Writes(client, patience, self._locate, before=self._give_sign, clock=clock, wire=wire)

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
        """Replace what the collection records of one dataset, or of one share, beside what others record meanwhile.

        What is recorded so already is not written again.
        """
        self._writes.settle()
        described = self._there() if share.is_whole else self._look_again()
        before = described.datasets.get(dataset)
        placed = place(before or {}, share, entry)
        if placed == before and not self._marked:
            return
        there, now = divide(before or {}), divide(placed)
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

    def _locate(self) -> str:
        """Give the name by which the server is asked."""
        return self.collection

    def _give_sign(self) -> None:
        """Do, before a write, what is due besides."""

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
