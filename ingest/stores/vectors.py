"""The check that every vector passes before anything of its batch is written."""

from collections.abc import Sequence

import numpy as np

from ingest.errors import StoreError
from ingest.model import Point


def check_vectors(points: Sequence[Point], dimension: int) -> None:
    """Raise StoreError for a vector of another dimension, with a NaN or an infinity, or without a direction.

    The engine stores all but the first without a word, and no search finds them again.
    """
    for point in points:
        if point.vector.shape != (dimension,):
            size = "x".join(str(length) for length in point.vector.shape)
            raise StoreError(f"point {point.id} has a vector of {size} numbers, not {dimension}: nothing was written")
    if not points:
        return
    vectors = np.stack([point.vector for point in points])  # all at once: each call of numpy costs more than a vector
    for fault, sound in (
        ("a NaN or an infinity", np.isfinite(vectors).all(axis=1)),
        ("nothing but zeros", vectors.any(axis=1)),
    ):
        if not np.all(sound):
            id_ = points[int(np.argmin(sound))].id
            raise StoreError(f"point {id_} has a vector with {fault}: nothing was written")
