"""An embedder that asks nobody, for a dry run."""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.embedders.cache import Cache
from ingest.embedders.cache_failure import CacheError
from ingest.embedders.cache_space import Space, read_canaries, seek_space
from ingest.embedders.encoder import Encoder
from ingest.embedders.portions import divide
from ingest.embedders.tokenizer import Tokenizer, find_tokenizer
from ingest.identity import differ
from ingest.model import Collection, Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    from ingest.model import Refused, Vector, Vectors

log = logging.getLogger("ingest")

NOT_KNOWN = Limits()


class Unasked:
    """Stands in for an embedder: answers each text with one vector, and nothing is kept. Safe to call from threads.

    It counts what the embedder would: `requests`, of a service that never fails and takes all that it is not known to
    refuse, and `cached`.

    canaries: what it answers them with; vectors of dimension 1 where they are not known.
    limits: those of the service, as far as they are known. space: what a cache holds for it.
    tokenizer: that of the model, or why there is none.
    """

    def __init__(
        self,
        identity: Identity,
        name: str,
        canaries: "Vectors | None" = None,
        *,
        limits: Limits = NOT_KNOWN,
        space: Space | None = None,
        tokenizer: Tokenizer | str = "no tokenizer was looked for",
    ) -> None:
        self.identity = identity
        self.name = name
        self.requests = 0
        self.retries = 0
        self.cached = 0
        self._canaries = canaries
        self._limits = limits
        self._space = space
        self._tokenizer = tokenizer
        self._tokens = 0
        self._vector: Vector | None = None  # one for all, since a dry run holds them all
        self._lock = threading.Lock()

    @property
    def tokens(self) -> int | str:
        """Tokens of the documents that it was asked for so far, or why they can't be counted."""
        return self._tokenizer if isinstance(self._tokenizer, str) else self._tokens

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":
        """Give a vector for each text that the cache holds."""
        found: Mapping[str, Vector] = {}
        if self._space:
            try:
                found = self._space.fetch(texts)
            except CacheError as error:
                self._space = None
                log.warning("%s; going on without it", error)
        with self._lock:
            self.cached += len(found)
        return dict.fromkeys(found, self._make_vector())

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Give a vector for each text."""
        sent = self._count_request(texts)
        if not isinstance(self._tokenizer, str):
            tokens = self._tokenizer.count(sent)
            with self._lock:
                self._tokens += tokens
        return [self._make_vector()] * len(texts)

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Give the canaries."""
        import numpy as np  # noqa: PLC0415 - heavy

        self._count_request(texts)
        return np.stack([self._make_vector()] * len(texts)) if self._canaries is None else self._canaries

    def encode_query(self, text: str) -> "Vector":  # noqa: ARG002 - the protocol's
        """Give a vector."""
        return self._make_vector()

    def _count_request(self, texts: Sequence[str]) -> Sequence[str]:
        """Count what sending these texts takes, and give them as they would be sent."""
        sent = [self.identity.document_prefix + text for text in texts]
        portions = sum(1 for _ in divide(sent, self._limits))
        with self._lock:
            self.requests += portions
        return sent

    def _make_vector(self) -> "Vector":
        import numpy as np  # noqa: PLC0415 - heavy

        if self._vector is None:
            self._vector = np.eye(1, 1 if self._canaries is None else self._canaries.shape[1], dtype=np.float32)[0]
        return self._vector


def stand_in(embedder: Encoder, described: Collection | None, cache: Cache | None, *, spec: str = "") -> Unasked:
    """Make what stands in for an embedder in a dry run: it meets the collection and the cache as that would.

    Nobody is asked for canaries. Those that the collection recorded are taken for the service's; where there is none of
    this model, the first that the cache lists for it.
    described: what the collection recorded, None where it is not there yet. cache: opened to be read alone.
    spec: what names the embedder, whose folder has the tokenizer of a local one.
    """
    identity = embedder.identity
    same = described if described and not differ(described.identity, identity) else None
    if same and not identity.model:
        identity = replace(identity, model=same.identity.model)
    canaries, space = same.canaries if same else None, None
    try:
        if cache:
            canaries = read_canaries(cache, identity) if canaries is None else canaries
            space = None if canaries is None else seek_space(cache, identity, canaries)
    except CacheError as error:
        log.warning("%s; going on without it", error)
    return Unasked(
        identity,
        embedder.name,
        canaries,
        limits=embedder.limits,
        space=space,
        tokenizer=find_tokenizer(identity.model, spec),
    )
