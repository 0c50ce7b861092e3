# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Speak as much of Qdrant's REST as this tool and the peers' clients ask, over dicts: every client gets the same store.

A process of its own. `GET /requests` tells what was asked so far, as {what: times}; it doesn't count itself.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar
from urllib.request import urlopen

import orjson

sys.path.insert(0, str(Path(__file__).parents[1]))

from points import Points, read_id, read_unnamed

from serving import Answering, open_server, serve  # isort: skip - a file of the folder above

LATENCY = 0.003  # seconds that each request takes besides its work: a server in the same rack, with its log on disk
VERSION = "1.17.1"
DONE = {"operation_id": 1, "status": "completed"}
OPTIMIZERS = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "flush_interval_sec": 5,
}
HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}
Json = Mapping[str, Any]


class Collection:
    """One collection: what it was made with, and its points."""

    def __init__(self, made: Json) -> None:
        self._vectors = read_unnamed(made["vectors"])
        self._metadata = dict(made.get("metadata") or {})
        self._schema: dict[str, dict[str, Any]] = {}
        self.points = Points()

    def describe(self) -> dict[str, Any]:
        """Describe it as `GET /collections/NAME` does."""
        return {
            "status": "green",
            "optimizer_status": "ok",
            "points_count": len(self.points),
            "indexed_vectors_count": 0,
            "segments_count": 1,
            "config": {
                "params": {"vectors": self._vectors, "shard_number": 1, "replication_factor": 1},
                "hnsw_config": HNSW,
                "optimizer_config": OPTIMIZERS,
                "metadata": self._metadata,
            },
            "payload_schema": self._schema,
        }

    def update(self, changes: Json) -> bool:
        """Merge metadata; null deletes a key."""
        merged = {**self._metadata, **(changes.get("metadata") or {})}
        self._metadata = {key: value for key, value in merged.items() if value is not None}
        return True

    def index(self, given: Json) -> Json:
        """Make a payload index."""
        schema = given["field_schema"]
        kind = schema if isinstance(schema, str) else schema["type"]
        self._schema[given["field_name"]] = {"data_type": kind, "points": len(self.points)}
        if kind == "keyword":
            self.points.add_index(given["field_name"])
        return DONE

    def write(self, given: Json) -> Json:
        """Insert or replace points, given one by one or by column."""
        points = given.get("points")
        if points is None:
            batch = given["batch"]
            payloads = batch.get("payloads") or [{}] * len(batch["ids"])
            points = [
                {"id": id_, "vector": vector, "payload": payload}
                for id_, vector, payload in zip(batch["ids"], batch["vectors"], payloads, strict=True)
            ]
        self.points.write(points)
        return DONE

    def scroll(self, given: Json) -> dict[str, Any]:
        """Give a page of points, and the id with which the next one begins."""
        ids = self.points.find(given.get("filter"))
        start = ids.index(offset) if (offset := given.get("offset")) in ids else 0
        page = ids[start : start + given.get("limit", 10)]
        payload, vector = given.get("with_payload", True), bool(given.get("with_vector"))
        following = ids[start + len(page)] if start + len(page) < len(ids) else None
        return {"points": [*self.points.show(page, payload=payload, vector=vector)], "next_page_offset": following}

    def set_payload(self, given: Json) -> Json:
        """Merge fields into the payloads of the points that are chosen."""
        for id_ in self._choose(given):
            self.points.merge(id_, given["payload"], given.get("key"))
        return DONE

    def overwrite(self, given: Json) -> Json:
        """Replace the payloads of the points that are chosen."""
        for id_ in self._choose(given):
            self.points.replace(id_, given["payload"])
        return DONE

    def delete(self, given: Json) -> Json:
        """Delete the points that are chosen."""
        self.points.delete(self._choose(given))
        return DONE

    def batch(self, given: Json) -> list[Json]:
        """Make several writes."""
        acts = {
            "upsert": self.write,
            "delete": self.delete,
            "overwrite_payload": self.overwrite,
            "set_payload": self.set_payload,
        }
        return [acts[name](inner) for operation in given["operations"] for name, inner in operation.items()]

    def act(self, method: str, action: str) -> Callable[[Json], object]:
        """Find what a request asks for. Raises KeyError for what this store doesn't know."""
        points = self.points
        actions: dict[tuple[str, str], Callable[[Json], object]] = {
            ("GET", ""): lambda _: self.describe(),
            ("PATCH", ""): self.update,
            ("PUT", "index"): self.index,
            ("PUT", "points"): self.write,
            ("POST", "points"): lambda given: [
                *points.show(
                    map(read_id, given["ids"]),
                    payload=given.get("with_payload", True),
                    vector=bool(given.get("with_vector")),
                )
            ],
            ("POST", "points/scroll"): self.scroll,
            ("POST", "points/count"): lambda given: {"count": len(points.find(given.get("filter")))},
            ("POST", "points/delete"): self.delete,
            ("POST", "points/payload"): self.set_payload,
            ("PUT", "points/payload"): self.overwrite,
            ("POST", "points/batch"): self.batch,
            ("POST", "facet"): lambda given: {
                "hits": points.count(given["key"], given.get("filter"), given.get("limit", 10))
            },
        }
        return actions[method, action]

    def _choose(self, given: Json) -> list[int | str]:
        ids = given.get("points")
        return self.points.find(given["filter"]) if ids is None else [read_id(id_) for id_ in ids]


class _Answer(Answering):
    latency: ClassVar[float] = LATENCY
    collections: ClassVar[dict[str, Collection]] = {}
    requests: ClassVar[Counter[str]] = Counter()
    lock: ClassVar[threading.Lock] = threading.Lock()

    def answer(self, body: bytes) -> None:
        path = self.path.partition("?")[0].strip("/")
        if path == "requests":
            self.say(200, dict(self.requests))
            return
        time.sleep(self.latency)
        if not path:
            self.say(200, {"title": "qdrant - vector search engine", "version": VERSION})
            return
        kind, name, action = [*path.split("/", 2), "", ""][:3]
        with self.lock:
            self.requests[f"{self.command} {action or kind}".strip()] += 1
            try:
                result = self.find(kind, name, action, orjson.loads(body) if body else {})
            except KeyError as error:
                self.refuse(404, f"Not found: {error.args[0]}")
                return
            except (TypeError, ValueError) as error:
                self.refuse(400, str(error))
                return
        self.say(200, {"result": result, "status": "ok", "time": 0.001})

    def find(self, kind: str, name: str, action: str, given: Json) -> object:
        """Do what is asked of the server as a whole, or of one collection; give the result."""
        if not name:
            return {kind: [{"name": each} for each in self.collections] if kind == "collections" else []}
        if action == "exists":
            return {"exists": name in self.collections}
        if (self.command, action) == ("PUT", ""):
            self.collections[name] = Collection(given)
            return True
        if (self.command, action) == ("DELETE", ""):
            return self.collections.pop(name, None) is not None
        if name not in self.collections:
            raise KeyError(f"Collection `{name}` doesn't exist!")
        return self.collections[name].act(self.command, action)(given)

    def refuse(self, status: int, reason: str) -> None:
        self.say(status, {"status": {"error": reason}, "time": 0.001})

    def say(self, status: int, content: Json) -> None:
        self.give(status, orjson.dumps(content), {"Content-Type": "application/json"})


def open_store(latency: float = LATENCY) -> AbstractContextManager[str]:
    """Serve an empty store in a process of its own until the block ends; give the URL."""
    return open_server(__file__, str(latency))


def read_requests(url: str) -> Counter[str]:
    """Ask a store what it was asked so far."""
    with urlopen(f"{url}/requests") as answer:
        return Counter(orjson.loads(answer.read()))


if __name__ == "__main__":
    _Answer.latency = float(sys.argv[1])
    serve(_Answer)
