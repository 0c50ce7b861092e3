"""Points and collections to fill a store with."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ingest.model import NAMESPACE, Collection, Identity, Json, Payload, Point, Vector, digest_text, name_point
from ingest.protocols import Store

DIMENSION = 8
CANARIES = np.eye(2, DIMENSION, dtype=np.float32)


def make_collection(model: str = "test", dimension: int = DIMENSION) -> Collection:
    return Collection(
        identity=Identity(model, query_prefix="hỏi: ", pooling="mean"),
        service="a service",
        version="1.2.3",
        dimension=dimension,
        canaries=np.eye(2, dimension, dtype=np.float32),
    )


def make_vector(seed: int, dimension: int = DIMENSION) -> Vector:
    vector = np.random.default_rng(seed).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def make_payload(dataset: str, origin: str, text: str, **more: Json) -> Payload:
    return {
        "source": origin,
        "question": "",
        "page_content": text,
        "metadata": {"source": origin, "row": 3, "note": None, "price": 1.5, "valid": True, "열": "값", **more},
        "ingest": {
            "dataset": dataset,
            "origin": origin,
            "item": "row 3",
            "fingerprint": digest_text(text + str(more)),
            "text": digest_text(text),
        },
    }


def make_point(
    text: str, origin: str = "luật.txt", dataset: str = "laws", *, ordinal: int = 0, dimension: int = DIMENSION
) -> Point:
    """A point whose vector is that of its text."""
    seed = int(digest_text(text)[:8], 16)
    payload = make_payload(dataset, origin, text)
    return Point(name_point(dataset, origin, text, ordinal), make_vector(seed, dimension), payload)


def make_points(texts: Iterable[str], origin: str = "luật.txt", dataset: str = "laws") -> list[Point]:
    return [make_point(text, origin, dataset) for text in texts]


def fill(store: Store, points: Iterable[Point]) -> Store:
    """Create a collection and write points."""
    store.create(make_collection())
    store.upsert(list(points))
    return store


def list_files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


ABSENT = str(NAMESPACE)
