"""One vector space in a cache: which one a run may use, and vectors as bytes that prove themselves."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from ingest.embedders.cache import Cache
from ingest.identity import CANARIES, diverge
from ingest.model import Identity, canonical, digest, digest_text

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors

SEAL = 8  # bytes of the digest before each value


@dataclass(frozen=True, slots=True)
class Space:
    """Vectors of one cache that can be compared with each other; `name` is in the key of each."""

    cache: Cache
    name: str
    dimension: int

    def fetch(self, texts: Sequence[str]) -> "dict[str, Vector]":
        """Fetch the vectors of texts; one that is not kept, or is damaged, is left out."""
        keys = {self._name_key(text): text for text in texts}
        found = {}
        for key, value in self.cache.fetch(list(keys)).items():
            vector = _unpack(key, value)
            if vector is not None and vector.shape == (self.dimension,):
                found[keys[key]] = vector
        return found

    def keep(self, vectors: "Mapping[str, Vector]") -> None:
        """Keep the vectors of texts."""
        keys = {text: self._name_key(text) for text in vectors}
        self.cache.keep({keys[text]: _pack(keys[text], vector) for text, vector in vectors.items()})

    def _name_key(self, text: str) -> str:
        return digest_text(canonical([self.name, text]))


def find_space(cache: Cache, identity: Identity, measured: "Vectors") -> Space:
    """Find the space of an identity whose canaries agree with those measured now, or begin one.

    A space is named by its canaries as well, so that two that disagree, of services under one name, live side by side.
    """
    if space := seek_space(cache, identity, measured):
        return space
    who = _name_maker(identity)
    packed = _pack(who, measured)
    cache.add_canaries(who, packed)
    return _open_space(cache, who, packed, measured)


def seek_space(cache: Cache, identity: Identity, measured: "Vectors") -> Space | None:
    """Find the space of an identity whose canaries agree with these; None where the cache has none."""
    for packed, canaries in _list_canaries(cache, identity):
        if not diverge(canaries, measured):
            return _open_space(cache, _name_maker(identity), packed, measured)
    return None


def read_canaries(cache: Cache, identity: Identity) -> "Vectors | None":
    """Read the first canaries that the cache lists for an identity: (canaries, dimension); None where it has none."""
    return next((canaries for _, canaries in _list_canaries(cache, identity)), None)


def _list_canaries(cache: Cache, identity: Identity) -> "Iterator[tuple[bytes, Vectors]]":
    """List what was added for an identity, packed and unpacked; what is damaged is left out."""
    who = _name_maker(identity)
    for packed in cache.list_canaries(who):
        flat = _unpack(who, packed)
        if flat is not None and flat.size and not flat.size % len(CANARIES):
            yield packed, flat.reshape(len(CANARIES), -1)


def _name_maker(identity: Identity) -> str:
    """Name who makes vectors of documents: how queries are embedded does not matter to them."""
    return digest_text(canonical([identity.model, identity.document_prefix, identity.pooling, identity.quantisation]))


def _open_space(cache: Cache, who: str, packed: bytes, canaries: "Vectors") -> Space:
    return Space(cache, digest(who.encode() + packed), canaries.shape[1])


def _pack(key: str, numbers: "Vector | Vectors") -> bytes:
    """Give float32, the least byte first, behind a digest of them and of the key that they belong to."""
    content = numbers.astype("<f4").tobytes()
    return _seal(key, content) + content


def _unpack(key: str, packed: bytes) -> "Vector | None":
    import numpy as np  # noqa: PLC0415 - heavy

    content = packed[SEAL:]
    if packed[:SEAL] != _seal(key, content):
        return None
    return np.frombuffer(content, "<f4").astype(np.float32)


def _seal(key: str, content: bytes) -> bytes:
    return blake2b(content, digest_size=SEAL, key=key.encode()).digest()
