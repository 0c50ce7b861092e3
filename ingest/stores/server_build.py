"""The collection that is being built beside one of a Qdrant server, to take its place."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from qdrant_client import QdrantClient, models

from ingest.errors import StoreError
from ingest.model import Collection
from ingest.stores.builds import BEAT, Unfinished, make_mark, pack_mark
from ingest.stores.form import Form
from ingest.stores.metadata import ALIAS, BUILDING
from ingest.stores.patience import Patience
from ingest.stores.server_collection import ServerCollection
from ingest.stores.wire import Wire


class ServerBuild(Unfinished, ServerCollection):
    """A collection that is being built to take the place of the one called `of`.

    It says so in its metadata, where it also gives a sign of life, at most once a minute, while it is written to.
    """

    def __init__(
        self,
        client: QdrantClient,
        collection: str,
        *,
        name: str,
        patience: Patience,
        of: str,
        alias: str,
        clock: Callable[[], float],
        wire: Wire,
        form: Form,
        like: models.CollectionInfo | None,
    ) -> None:
        super().__init__(client, collection, name=name, patience=patience, clock=clock, wire=wire, form=form, like=like)
        self._alias = alias
        self._mark = make_mark(of, clock())
        self._seen: float | None = None  # when the collection last had a sign of life of this process

    def create(self, collection: Collection) -> None:
        """Create the collection, marked as being built, with its record in one request, then its payload indexes."""
        self._seen = self._clock()  # goes with the creation
        super().create(collection)

    def drop(self) -> None:
        """Remove the build."""
        with suppress(StoreError):  # of a write that nobody needs any more, and that must not come after the next ones
            self._writes.settle()
        self._catalog.delete(self.collection)
        self._described = None

    def finish(self) -> None:
        """Take off the mark: it is a collection like any other."""
        super()._update({BUILDING: None})

    def close(self) -> None:
        """Let the writes end; the connections belong to the store beside which it is built."""
        self._close_writes()

    def _make_marks(self) -> dict[str, Any]:
        mark = replace(self._mark, beat=self._clock())
        return {BUILDING: pack_mark(mark)} | ({ALIAS: self._alias} if self._alias else {})

    def _update(self, metadata: Mapping[str, Any]) -> None:
        """Merge keys into the metadata, with a sign of life."""
        super()._update({**metadata, **self._make_marks()})
        self._seen = self._clock()

    def _give_sign(self) -> None:
        """Give a sign of life where one is due."""
        if self._seen is None or not 0 <= self._clock() - self._seen < BEAT:
            self._update({})
