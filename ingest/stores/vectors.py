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
        vector = point.vector
        if vector.shape != (dimension,):
            size = "x".join(str(length) for length in vector.shape)
            raise StoreError(f"point {point.id} has a vector of {size} numbers, not {dimension}: nothing was written")
        if not np.isfinite(vector).all():
            raise StoreError(f"point {point.id} has a vector with a NaN or an infinity: nothing was written")
        if not vector.any():
            raise StoreError(f"point {point.id} has a vector of nothing but zeros: nothing was written")
