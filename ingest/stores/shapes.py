"""Whether the points of this tool fit into a collection of a server."""

from qdrant_client import models


def find_misfit(info: models.CollectionInfo, dimension: int | None = None) -> str:
    """Say why unit vectors of a dimension, None for any, don't fit into a collection; "" where they do."""
    params = info.config.params
    vectors = params.vectors
    if not isinstance(vectors, models.VectorParams) or params.sparse_vectors:
        return "its points hold other vectors than one that is dense and unnamed"
    if vectors.distance != models.Distance.COSINE:
        return f"its distance is {vectors.distance.value}, not {models.Distance.COSINE.value}"
    if vectors.multivector_config:
        return "each of its points holds several vectors"
    if vectors.datatype == models.Datatype.UINT8:
        return "its vectors are stored as whole numbers from 0 to 255"
    if dimension is not None and vectors.size != dimension:
        return f"its vectors have {vectors.size} dimensions, those of this run {dimension}"
    return ""


def show_shape(info: models.CollectionInfo) -> str:
    """Show the vectors of a collection to a person: "unnamed: 768 Cosine"."""
    vectors = info.config.params.vectors
    sizes = vectors if isinstance(vectors, dict) else {"": vectors}
    return ", ".join(f"{name or 'unnamed'}: {v.size} {v.distance.value}" for name, v in sizes.items() if v) or "none"
