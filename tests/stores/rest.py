"""A loopback server that speaks as much of Qdrant's REST as a store asks, over qdrant-client's local mode.

It shows what goes over the wire; that local mode accepts things that a server would not is seen to by the live one.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel, TypeAdapter
from qdrant_client import QdrantClient, models

from tests.loopback import Answer, Request, Server, serve

WRITES = {
    ("PUT", "index"),
    ("PUT", "points"),
    ("POST", "points/delete"),
    ("POST", "points/batch"),
}
VERSION = "1.16.3"
FORM = ("shard_number", "replication_factor", "write_consistency_factor")
_Filter = TypeAdapter(models.Filter | None)


class LocalQdrant:
    """The endpoints of one server; `faults` answers a request before they do, where it gives an answer.

    state: what the description of any collection says instead of what is so.
    """

    def __init__(self, faults: Callable[[Request], Answer | None], version: str) -> None:
        self.client = QdrantClient(":memory:")
        self.state: dict[str, Any] = {}
        self._faults, self.version = faults, version
        self._indexes: dict[str, dict[str, Any]] = {}  # of each collection
        self._forms: dict[str, tuple[dict[str, int], bool | None, Any]] = {}  # likewise
        self.alone = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        if fault := self._faults(request):
            return fault
        path, _, query = request.path.partition("?")
        if path == "/":
            return Answer(body={"title": "qdrant - vector search engine", "version": self.version})
        method, body = request.method, request.json if request.body else {}
        room, name, *rest = [*path[1:].split("/"), ""]
        action = "/".join(rest).rstrip("/")
        try:
            everything = self._find_action(method, f"{room}/{name}".rstrip("/"), body)
            with self.alone:  # local mode is not made for several threads
                result = everything() if everything else self._act(method, name, action, body)
        except (ValueError, KeyError) as error:
            if "already exists" in str(error):
                return refuse(409, f"Wrong input: {error}!")
            return refuse(404 if isinstance(error, KeyError) or "not found" in str(error) else 400, str(error))
        if (method, action) in WRITES:
            assert "wait=true" in query
        return Answer(body={"result": _plain(result), "status": "ok", "time": 0.001})

    def _find_action(self, method: str, path: str, body: Mapping[str, Any]) -> Callable[[], Any] | None:
        """Find what is asked of the server as a whole."""
        client = self.client
        actions: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "collections"): client.get_collections,
            ("GET", "aliases"): client.get_aliases,
            ("POST", "collections/aliases"): lambda: client.update_collection_aliases(
                _read(list[models.AliasOperations], body["actions"])
            ),
        }
        return actions.get((method, path))

    def _act(self, method: str, name: str, rest: str, body: Mapping[str, Any]) -> Any:
        client = self.client
        where = _Filter.validate_python(body.get("filter"))
        actions: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", ""): lambda: self.describe(name),
            ("PUT", ""): lambda: self.create(
                name,
                models.VectorParams.model_validate(body["vectors"]),
                body.get("metadata"),
                {key: body[key] for key in FORM if body.get(key) is not None},
                body.get("quantization_config"),
            ),
            ("DELETE", ""): lambda: self.delete(name),
            ("PATCH", ""): lambda: client.update_collection(name, metadata=body["metadata"]),
            ("PUT", "index"): lambda: self.index(name, body["field_name"], body["field_schema"]),
            ("PUT", "points"): lambda: client.upsert(name, _read_points(body)),
            ("POST", "points"): lambda: client.retrieve(name, body["ids"], with_payload=body["with_payload"]),
            ("POST", "points/scroll"): lambda: client.scroll(
                name,
                where,
                body["limit"],
                offset=body.get("offset"),
                with_payload=body["with_payload"],
                with_vectors=body["with_vector"],
            ),
            ("POST", "points/count"): lambda: client.count(name, where, exact=body["exact"]),
            ("POST", "facet"): lambda: self.count_values(name, body["key"], where, body["limit"]),
            ("GET", "exists"): lambda: {"exists": client.collection_exists(name)},
            ("POST", "points/query"): lambda: client.query_points(
                name,
                body["query"]["nearest"] if isinstance(body["query"], dict) else body["query"],
                limit=body["limit"],
                query_filter=where,
                with_payload=body.get("with_payload", True),
                with_vectors=body.get("with_vector", False),
            ),
            ("POST", "points/delete"): lambda: client.delete(name, models.PointIdsList(points=body["points"])),
            ("POST", "points/batch"): lambda: client.batch_update_points(
                name, _read(list[models.UpdateOperation], body["operations"])
            ),
        }
        return actions[method, rest]()

    def count_values(self, name: str, key: str, where: models.Filter | None, limit: int) -> Any:
        """Count the values of a field as they are stored; local mode's facet writes 32 hexadecimal digits as a UUID."""
        records, _ = self.client.scroll(name, where, self.client.count(name).count, with_payload=[key])
        counts: Counter[str] = Counter()
        for record in records:
            value: Any = record.payload
            for part in key.split("."):
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str):
                counts[value] += 1
        hits = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return {"hits": [{"value": value, "count": count} for value, count in hits]}

    def create(self, name: str, vectors: models.VectorParams, metadata: Any, form: Any, quantization: Any) -> bool:
        """Create a collection; local mode forgets how it is to be kept."""
        created = self.client.create_collection(name, vectors, metadata=metadata)
        self._forms[name] = (form, vectors.on_disk, _plain(quantization))
        return created

    def describe(self, name: str) -> Any:
        described = _plain(self.client.get_collection(name))
        form, on_disk, quantization = self._forms.get(self._resolve(name), ({}, None, None))
        described["config"]["params"] |= dict.fromkeys(FORM, 1) | form
        if not isinstance(described["config"]["params"]["vectors"].get("size"), dict):
            described["config"]["params"]["vectors"]["on_disk"] = on_disk
        described["config"]["quantization_config"] = quantization
        return {**described, "payload_schema": self._indexes.get(self._resolve(name), {}), **self.state}

    def delete(self, name: str) -> bool:
        self._indexes.pop(name, None)
        return self.client.delete_collection(name)

    def _resolve(self, name: str) -> str:
        aliases = {alias.alias_name: alias.collection_name for alias in self.client.get_aliases().aliases}
        return aliases.get(name, name)

    def index(self, name: str, field: str, schema: str) -> Any:
        indexes = self._indexes.setdefault(self._resolve(name), {})
        indexes[field] = {"data_type": schema, "points": 0}
        return self.client.create_payload_index(name, field, models.PayloadSchemaType(schema))


@contextmanager
def serve_qdrant(
    faults: Callable[[Request], Answer | None] = lambda _: None, version: str = VERSION
) -> Iterator[Server]:
    """Serve an empty Qdrant."""
    with serve(LocalQdrant(faults, version)) as server:
        yield server


def refuse(status: int, words: str, **headers: str) -> Answer:
    """Answer as a Qdrant server does that will not."""
    return Answer(
        status, {"status": {"error": words}, "time": 0.001}, {k.replace("_", "-"): v for k, v in headers.items()}
    )


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple):
        return {"points": _plain(value[0]), "next_page_offset": value[1]}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _read(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def _read_points(body: Mapping[str, Any]) -> Any:
    return _read(models.Batch, body["batch"]) if "batch" in body else _read(list[models.PointStruct], body["points"])
