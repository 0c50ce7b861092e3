"""Whether a Qdrant server is done with a collection."""

from qdrant_client import models

from ingest.errors import StoreError


def find_work(info: models.CollectionInfo, where: str) -> str:
    """Say what the server is still at; "" for nothing.

    where: "HOST has collection NAME". Raises StoreError, which says so, for what no waiting mends.
    """
    optimizers = info.optimizer_status
    if info.status == models.CollectionStatus.RED or isinstance(optimizers, models.OptimizersStatusOneOf1):
        said = f", its optimizers say: {optimizers.error}" if not isinstance(optimizers, str) else ""
        raise StoreError(
            f"{where} in status {info.status.value}{said}: an operation failed there and was not recovered. "
            "Look into the server's log"
        )
    queue = info.update_queue
    deferred = getattr(queue, "deferred_points", None) or 0  # older clients do not read it
    waiting = (queue.length if queue else 0) + deferred
    if info.status == models.CollectionStatus.YELLOW or waiting:
        return f"status {info.status.value}, {waiting} operations waiting"
    return ""
