"""Readable stand-ins for what a sync talks to: a source of rows, an embedder that counts, a store that crashes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ingest.errors import EmbeddingError, SourceError
from ingest.model import Document, File, Identity, Ignored, Json, Payload, Refused, Skipped, Vector, Vectors
from ingest.protocols import Store

Row = tuple[str, str, str]  # question, answer, source
Files = Mapping[str, Sequence[Row]]
DIMENSION = 8
POISON = "poison"


def vector_of(text: str) -> Vector:
    """The one vector that the fake embedder gives a text."""
    raw = np.frombuffer(sha256(text.encode()).digest(), dtype="<u4").astype(np.float32)
    return np.asarray(raw / np.linalg.norm(raw), dtype=np.float32)


@dataclass
class RowsSource:
    """A folder of JSON files, each a list of rows. An answer of "" is ignored; a file that is no JSON is skipped."""

    root: Path
    dataset: str = "rows"
    location: str = "/somewhere/rows"
    reading: Mapping[str, Json] = field(default_factory=dict)
    parsed: list[str] = field(default_factory=list)
    portable: ClassVar[bool] = False

    def write(self, files: Files) -> "RowsSource":
        self.root.mkdir(parents=True, exist_ok=True)
        for path in self.root.iterdir():
            path.unlink()
        for name, rows in files.items():
            (self.root / name).write_text(json.dumps(rows), encoding="utf-8")
        return self

    def files(self) -> Sequence[File]:
        found = [File(path.name, str(path)) for path in sorted(self.root.iterdir())]
        if not found:
            raise SourceError(f"{self.root} holds no file")
        return found

    def parse(self, file: File, content: bytes) -> Iterator[Document | Skipped | Ignored]:
        self.parsed.append(file.origin)
        try:
            rows = json.loads(content)
        except ValueError:
            yield Skipped(file.origin, "", "is damaged")
            return
        for number, (question, answer, source) in enumerate(rows, start=2):
            if answer:
                yield Document(file.origin, answer, question, source, f"row {number}", "", number)
            else:
                yield Ignored(file.origin, f"row {number}", "no answer")


@dataclass
class CountingEmbedder:
    """An embedder that remembers each text it was asked for, refuses poison, and fails for good when told to.

    model: another one gives another identity; shift: vectors of another model behind the same name.
    """

    model: str = "fake"
    name: str = "fake service"
    fail_after: int | None = None
    shift: int = 0
    asked: list[str] = field(default_factory=list)
    probed: int = 0
    requests: int = 0
    retries: int = 0
    cached: int = 0

    @property
    def identity(self) -> Identity:
        return Identity(self.model)

    def recall(self, texts: Sequence[str]) -> Mapping[str, Vector]:
        return {}

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        self.requests += 1
        if self.fail_after is not None and len(self.asked) + len(texts) > self.fail_after:
            raise EmbeddingError("the fake service is down for good")
        self.asked += texts
        return [Refused("it is poison") if POISON in text else self._vector(text) for text in texts]

    def probe(self, texts: Sequence[str]) -> Vectors:
        self.requests += 1
        self.probed += 1
        if self.fail_after == 0:
            raise EmbeddingError("the fake service is down for good")
        return np.stack([self._vector(text) for text in texts])

    def encode_query(self, text: str) -> Vector:
        return self._vector(text)

    def _vector(self, text: str) -> Vector:
        return np.roll(vector_of(text), self.shift)


class Crash(BaseException):
    """The process died here."""


WRITES = (
    *("create", "create_index", "drop", "record", "forget", "upsert", "overwrite", "delete", "mark"),
    *("switch", "adopt", "delete_strangers"),  # and `clear`, where a rebuild left something
)


class Crashing:
    """A store whose process dies at the n-th write: before it is made, or (`after`) when it has been."""

    def __init__(self, store: Store, at: int, *, after: bool = False) -> None:
        self._store, self._left, self._after = store, at, after

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        return self._wrap(attribute) if name in WRITES else attribute

    def _wrap(self, method: Any) -> Any:
        def write(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left < 0:
                raise Crash
            result = method(*args, **kwargs)
            if isinstance(result, Iterator):  # it writes as it is read
                result = iter(list(result))
            if self._left == 0 and self._after:
                raise Crash
            return result

        return write


def contents(store: Store) -> dict[str, tuple[Any, ...]]:
    """Everything that a store holds and a person could see, by id, but when it was written; the vector rounded."""
    return {point.id: (_write_timeless(point.payload), *np.round(point.vector, 4).tolist()) for point in store.scroll()}


def _write_timeless(payload: Payload) -> str:
    own = payload.get("ingest")
    timeless = {name: value for name, value in own.items() if name != "written"} if isinstance(own, dict) else own
    return json.dumps({**payload, "ingest": timeless}, sort_keys=True, ensure_ascii=False)
