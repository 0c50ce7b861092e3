"""The vocabulary: what flows from a source to the store, and how a chunk is named. No I/O."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha1
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from ingest.records import record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector: TypeAlias = "NDArray[np.float32]"  # (dimension,), unit length
Vectors: TypeAlias = "NDArray[np.float32]"  # (texts, dimension), unit rows
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Payload: TypeAlias = "dict[str, Json]"
IndexKind: TypeAlias = Literal["keyword", "integer", "float", "bool", "datetime", "text"]

# The root of every point id. Changing it would embed every collection anew.
NAMESPACE = uuid.UUID("6f0f9c59-86a3-5c0e-8e0b-6a3f2f4f4c11")

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a source; `origin` is its name in the collection, NFC with `/`."""

    origin: str
    path: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a source yields: one row of a workbook, or one text file, normalised to NFC.

    source: where it may be cited; "" means the origin.
    where: its place within the origin for a person, "sheet FAQ, row 12"; "" for a whole file.
    metadata: other columns, JSON types kept; a row's `sheet` and `row` stand in fields of their own.
    context: what is embedded behind a row's question, before each part of its answer.
    """

    origin: str
    text: str
    question: str = ""
    source: str = ""
    where: str = ""
    sheet: str = ""
    row: int | None = None
    metadata: Mapping[str, Json] = field(default_factory=dict)
    context: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What should have been indexed and could not be: an error as a value.

    where: "" means the whole origin. text: what the service refused, "" for what could not be read.
    """

    origin: str
    where: str
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """What holds nothing to index: a blank row, an unanswered question, an empty file, a hidden sheet."""

    origin: str
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Noted:
    """What was read otherwise than it stands there: in an encoding that was found out, or with damage repaired."""

    origin: str
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns play a role in the sheets of a file. Sheets that are hidden, empty or unreadable are left out.

    roles: sheet → role → name of its column; {} for a sheet without a header.
    names: sheet → the names of all its columns, for a person.
    rows: sheet → the row of its header as a person counts, the lower one of a header of two; none without a header.
    told: sheet → the roles whose column a user named; sheets without one may be left out.
    unknown: what is to be said of columns that a user named and that are nowhere, "" for none: the file is not read.
    """

    origin: str
    roles: Mapping[str, Mapping[str, str]]
    names: Mapping[str, Sequence[str]]
    rows: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unknown: str = ""


@record
class Part:
    """A slice of a document's text that is embedded as one.

    start, end: `text[start:end]` is the part, in characters.
    heading: the path of headings above it, outermost first, joined by " > "; "" where there is none.
    prefix: what goes before it in the embedded text: the question with its context, or the heading path and
    what announces it, cut to their share.
    body: where the embedded slice begins: before it stand only headings that the prefix says. It is `start` and `end`
    where nothing but the prefix is embedded: a question alone, before the parts of its answer.
    place: where it stands in a law: `article`, `clause`, `point` and `citation`, as far as there are.
    size: of the embedded text, in what the chunker measures.
    """

    start: int
    end: int
    heading: str
    prefix: str
    body: int
    place: "Mapping[str, Json]"
    size: int


class Chunk(NamedTuple):
    """What is wanted in the collection. `text` is the hash of `embed_text`, `size` what the chunker measured of it.

    A tuple, since processes send each other hundreds of thousands: a frozen dataclass takes five times as long to
    unpickle.
    """

    id: str
    origin: str
    where: str
    embed_text: str
    text: str
    fingerprint: str
    payload: Payload
    size: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What a sync needs to know of a point that is there."""

    id: str
    origin: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Point:
    """A point as it is written."""

    id: str
    vector: "Vector"
    payload: Payload


@dataclass(frozen=True, slots=True)
class Hit:
    """A point as a search gives it; `score` is the cosine, at most 1."""

    id: str
    score: float
    payload: Payload


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that the embedding service will not take, with the service's own words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who made a collection's vectors. Two vectors are comparable only if these agree.

    model: "" while it is not known yet: an endpoint tells it with its first answer.
    """

    model: str
    query_prefix: str = ""
    document_prefix: str = ""
    pooling: str = ""
    quantisation: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """What a collection records of itself.

    canaries: (2, dimension), the vectors of `identity.CANARIES`.
    datasets: per dataset what was recorded of it: `path`, `host`, `chunking`, `reading`, `last_run`, and where there
        are any, the `columns` of its workbooks (see `roles`) and the items that were `skipped` (see `report`).
    adopting: it was taken over from another program, whose points are not yet deleted.
    form: how a server keeps it (see `stores.form.Form`), which is not recorded but read; empty in other stores.
    """

    identity: Identity
    service: str
    version: str
    dimension: int
    canaries: "Vectors" = field(compare=False)  # by `identity.diverge`, since services differ in the last digits
    datasets: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    adopting: bool = False
    form: Mapping[str, Json] = field(default_factory=dict, compare=False)


def canonical(value: Json) -> str:
    """Give the one JSON text of a value: sorted keys, no white space, no escapes that are not needed."""
    return _ENCODER.encode(value)


def digest(data: bytes) -> str:
    """Hash bytes to 32 hexadecimal characters (BLAKE2b, 128 bits: RFC 7693)."""
    return blake2b(data, digest_size=16).hexdigest()


def digest_text(text: str) -> str:
    """Hash a text as UTF-8. A lone surrogate, which UTF-8 cannot hold, still hashes."""
    return digest(text.encode("utf-8", "surrogatepass"))


def name_point(dataset: str, origin: str, embed_text: str, ordinal: int) -> str:
    """Name a chunk by where it came from, what it says, and its ordinal among equals: a UUIDv5 (RFC 9562).

    That of `canonical([dataset, origin, embed_text, ordinal])`, spelled out: a million of them are made in one run.
    """
    name = f"[{','.join(map(encode_basestring, (dataset, origin, embed_text)))},{ordinal}]"
    digits = sha1(NAMESPACE.bytes + name.encode()).hexdigest()  # noqa: S324 - the standard says so
    variant = f"{int(digits[16], 16) & 3 | 8:x}"
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def name_state(origin: str, content: str, settings: str, chunks: int) -> str:
    """Name the state of an origin by what is to be of it: `content` is the digest of its bytes.

    It ends with the number of its chunks: whoever finds it on so many points, and on no fewer, has found all of them.
    """
    return f"{digest_text(canonical([origin, content, settings]))}/{chunks}"


def count_chunks(state: Json) -> int:
    """Read how many chunks there are of a state; 0 of what is none."""
    name, _, chunks = state.rpartition("/") if isinstance(state, str) else ("", "", "")
    return int(chunks) if name and chunks.isdecimal() else 0


def is_whole(state: Json, points: int) -> bool:
    """Say whether an origin of which so many points bear a state is written whole."""
    return points > 0 and count_chunks(state) == points


def make_mark(state: str, written: str | None) -> dict[str, Json]:
    """Give the fields of `ingest` that say in which state an origin is, and when it was written, ISO 8601."""
    return {"state": state} if written is None else {"state": state, "written": written}
