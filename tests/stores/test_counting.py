"""The counts of the embedded store are right whatever was written, moved and deleted before."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import numpy as np
import qdrant_edge as edge
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.stores.embedded_reads import EmbeddedReads
from ingest.stores.engine import make_index, match
from ingest.stores.records import DATASET, ORIGIN, STATE

IDS = [str(UUID(int=number + 1)) for number in range(60)]
SOME = st.lists(st.sampled_from(IDS), min_size=1, max_size=60, unique=True)
NAMES = st.sampled_from("abcde")
PAYLOAD = st.fixed_dictionaries(
    {"dataset": st.sampled_from(["laws", "faq"]), "origin": NAMES}, optional={"state": NAMES}
)
STEPS = st.one_of(
    st.tuples(st.just("write"), SOME, PAYLOAD),
    st.tuples(st.just("write"), SOME, PAYLOAD),
    st.tuples(st.just("mark"), NAMES, NAMES),
    st.tuples(st.just("delete"), SOME),
    st.tuples(st.sampled_from(["flush", "optimize", "reopen"])),
)
QUESTIONS = [(where, key) for where in (None, "laws", "faq") for key in (DATASET, ORIGIN, STATE)]


def make_shard(folder: str) -> edge.EdgeShard:
    """Make a shard that the engine moves to an index as soon as it may."""
    vectors = edge.EdgeVectorParams(8, edge.Distance.Cosine, memory=edge.Memory.Cold)
    optimizers = edge.EdgeOptimizersConfig(indexing_threshold=1)
    shard = edge.EdgeShard.create(folder, edge.EdgeConfig(vectors=vectors, optimizers=optimizers, wal_enabled=True))
    for key in (DATASET, ORIGIN, STATE):
        shard.update(make_index(key, "keyword"))
    return shard


def count_roughly(shard: edge.EdgeShard, where: edge.Filter, key: str) -> dict[str, int]:
    hits = shard.facet(edge.FacetRequest(key, limit=1_000, exact=False, filter=where)).hits
    return {str(hit.value): hit.count for hit in hits}


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, min_size=4, max_size=20))
def test_each_value_has_its_points_and_roughly_never_too_few(steps: Sequence[tuple[Any, ...]]) -> None:
    there: dict[str, dict[str, str]] = {}
    with TemporaryDirectory() as folder:
        shard = make_shard(folder)
        reads = EmbeddedReads(Path(folder), lambda: shard)
        for step, *given_ in steps:
            if step == "write":
                ids, payload = given_
                there |= {id_: dict(payload) for id_ in ids}
                vector = np.linspace(1, 2, 8, dtype=np.float32).tolist()
                shard.update(
                    edge.UpdateOperation.upsert_points([edge.Point(id_, vector, {"ingest": payload}) for id_ in ids])
                )
            elif step == "mark":
                origin, state = given_
                where = match("laws", {ORIGIN: [origin]})
                shard.update(edge.UpdateOperation.set_payload_by_filter(where, {"state": state}, key="ingest"))
                for own in there.values():
                    if (own["dataset"], own["origin"]) == ("laws", origin):
                        own["state"] = state
            elif step == "delete":
                shard.update(edge.UpdateOperation.delete_points(given_[0]))
                there = {id_: own for id_, own in there.items() if id_ not in given_[0]}
            else:
                shard.flush()
                if step == "optimize":
                    shard.optimize()
                elif step == "reopen":
                    shard.close()
                    shard = edge.EdgeShard.load(folder)
            for dataset, key in QUESTIONS:
                field = key.removeprefix("ingest.")
                true = Counter(
                    own[field] for own in there.values() if field in own and dataset in (None, own["dataset"])
                )
                rough = count_roughly(shard, match(dataset), key)
                assert all(rough.get(value, 0) >= count for value, count in true.items())
                assert reads.count_values(match(dataset), key) == true
        shard.close()


def test_a_rough_count_that_has_points_twice_is_not_taken() -> None:
    asked = []

    def facet(request: edge.FacetRequest) -> SimpleNamespace:
        asked.append(request)
        counts = {"a": 2, "b": 1} if len(asked) > 1 else {"a": 3, "b": 1}
        return SimpleNamespace(hits=[SimpleNamespace(value=value, count=count) for value, count in counts.items()])

    shard: Any = SimpleNamespace(facet=facet, count=lambda _: 3)
    assert EmbeddedReads(Path(), lambda: shard).count_values(match("laws"), ORIGIN) == {"a": 2, "b": 1}
    assert len(asked) == 2
