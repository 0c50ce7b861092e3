"""Qdrant's engine in this process: how a shard is made, what it is asked by, and what its failures mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import qdrant_edge as edge

from ingest.errors import IngestError, LockedError, StoreError
from ingest.model import IndexKind, Vector
from ingest.stores.records import DATASET

UNINDEXED = 20_000  # vectors that are searched one by one before a graph is worth its minute: 3 ms (measured)
STRANGERS = edge.Filter(must=[edge.IsEmptyCondition(DATASET)])

_INDEXES: dict[IndexKind, Callable[..., Any]] = {
    "keyword": edge.KeywordIndexParams,
    "integer": edge.IntegerIndexParams,
    "float": edge.FloatIndexParams,
    "bool": edge.BoolIndexParams,
    "datetime": edge.DatetimeIndexParams,
    "text": edge.TextIndexParams,
}


def configure(dimension: int) -> edge.EdgeConfig:
    """Keep vectors on the disk until they are read, and index from `UNINDEXED` of them on."""
    threshold = UNINDEXED * dimension * 4 // 1024  # KiB of float32
    return edge.EdgeConfig(
        vectors=edge.EdgeVectorParams(dimension, edge.Distance.Cosine, memory=edge.Memory.Cold),
        optimizers=edge.EdgeOptimizersConfig(indexing_threshold=threshold),
        wal_enabled=True,
    )


def make_index(field: str, kind: IndexKind) -> edge.UpdateOperation:
    """Make the operation that makes a payload index."""
    index = _INDEXES[kind](memory=edge.Memory.Cold)  # half the memory of an open one (measured)
    return edge.UpdateOperation.create_field_index(field, index)


def match(dataset: str | None, fields: Mapping[str, Sequence[str]] | None = None) -> edge.Filter:
    """Make the filter for a dataset, None for all, and for fields that have one of some values."""
    wanted = {**({} if dataset is None else {DATASET: [dataset]}), **(fields or {})}
    return edge.Filter(must=[edge.FieldCondition(key, edge.MatchAny(list(some))) for key, some in wanted.items()])


def view(vector: Vector) -> Any:  # noqa: ANN401 - its stub knows lists only
    """Give a vector as the engine reads it in a third of the time that a list of its numbers takes (measured)."""
    return memoryview(np.ascontiguousarray(vector, np.float32))  # type: ignore[arg-type] # numpy's arrays are buffers


@contextmanager
def translating(folder: Path) -> Iterator[None]:
    """Turn what the engine raises, plain exceptions and panics, into errors that name the folder."""
    try:
        yield
    except IngestError:
        raise
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror or error}") from error
    except Exception as error:
        if "WouldBlock" in str(error):
            raise LockedError(f"{folder} is still being optimised by an earlier run: try again") from error
        raise StoreError(f"{folder}: the engine says: {_flatten(error)}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of PyO3, which has no class to import
            raise
        raise StoreError(
            f"{folder}: the engine gave up: {_flatten(error)}. If that stays so, its files are damaged: "
            "remove the folder and index anew"
        ) from error


def _flatten(error: BaseException) -> str:
    return " ".join(str(error).split())
