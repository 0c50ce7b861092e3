"""A collection that was made offline to try the tool, and gives way to the first real one."""

from collections.abc import Sequence

from ingest.errors import UsageError
from ingest.identity import CANARIES
from ingest.model import Collection
from ingest.protocols import Embedder, Source, Store
from ingest.share import Share

TRIAL = "hashing"  # what the model of a trial begins with


def replace_trial(
    sources: Sequence[Source], embedder: Embedder, store: Store, notes: list[str], *, deletes: bool, share: Share
) -> Collection | None:
    """Drop a trial collection for the first real embedder, once sources and service have answered.

    Give what the collection records of itself, None where there is none (any more).
    deletes: whether the run may. share: what it fills. Raises UsageError where there is a trial to replace and it may
    not delete, or fills a part.
    """
    described = store.describe()
    if (
        not described
        or not store.private
        or not described.identity.model.startswith(TRIAL)
        or embedder.identity.model.startswith(TRIAL)
    ):
        return described
    if not deletes:
        raise UsageError(
            f"collection {store.collection!r} is a trial that this run would replace, and --limit and --no-prune "
            f"delete nothing: leave them out, or fill another one: COLLECTION_NAME={store.collection}_2"
        )
    if not share.is_whole:
        raise UsageError(
            f"collection {store.collection!r} is a trial that this run would replace, and --share {share} fills a part "
            f"of one: leave --share out the first time, or fill another one: COLLECTION_NAME={store.collection}_2"
        )
    for source in sources:
        source.files()
    embedder.probe(CANARIES)
    store.drop()
    held = ", ".join(sorted(described.datasets)) or "nothing"
    notes.append(f"the trial made with {described.identity.model} (datasets: {held}) gives way to this model")
    return None
