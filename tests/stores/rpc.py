"""A loopback server that speaks as much of Qdrant's gRPC as a store asks, over the same points as a `LocalQdrant`."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from qdrant_client import grpc as services
from qdrant_client import models
from qdrant_client.conversions.conversion import GrpcToRest, RestToGrpc, grpc_to_payload

from tests.stores.rest import LocalQdrant

KINDS = {number: name.removeprefix("FieldType").lower() for name, number in services.FieldType.items()}


@dataclass(frozen=True, slots=True)
class End:
    """How a call ends that is not answered."""

    code: grpc.StatusCode
    words: str = "its words"
    trailing: tuple[tuple[str, str], ...] = ()


Fault = Callable[[str, Any], End | None]


@dataclass
class Rpc:
    """A running server: its port, and the methods that were called with what metadata, in order."""

    port: int
    methods: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)


class _Service(grpc.GenericRpcHandler):  # type: ignore[misc]  # without types, its base is Any
    """Answers each method with what the one of its name here gives; `fault` is asked before, by method and request."""

    def __init__(self, local: LocalQdrant, fault: Fault, record: Rpc) -> None:
        self._local, self._fault, self._record = local, fault, record

    def service(self, details: Any) -> Any:
        service, _, method = details.method.removeprefix("/qdrant.").partition("/")
        self._record.methods.append(method)
        self._record.keys.append(dict(details.invocation_metadata).get("api-key"))
        kind, answer = METHODS.get(f"{service}/{method}") or METHODS[method]

        def call(request: Any, context: Any) -> Any:
            self._record.requests.append(request)
            if end := self._fault(method, request):
                context.set_trailing_metadata(end.trailing)
                context.abort(end.code, end.words)
            try:
                with self._local.alone:
                    return answer(self, request)
            except Exception as error:  # noqa: BLE001 - what the double can't do is to end a test, not to be made again
                words = str(error).strip('"') or repr(error)
                exists, absent = "already exists" in words, "not found" in words
                code = grpc.StatusCode
                context.abort(
                    code.ALREADY_EXISTS if exists else code.NOT_FOUND if absent else code.INVALID_ARGUMENT, words
                )

        return grpc.unary_unary_rpc_method_handler(
            call, request_deserializer=kind.FromString, response_serializer=lambda reply: reply.SerializeToString()
        )

    def check(self, _: Any) -> Any:
        return services.HealthCheckReply(title="qdrant", version=self._local.version)

    def create(self, request: Any) -> Any:
        vectors = GrpcToRest.convert_vectors_config(request.vectors_config)
        assert isinstance(vectors, models.VectorParams)
        names = ("shard_number", "replication_factor", "write_consistency_factor")
        form = {name: getattr(request, name) for name in names if request.HasField(name)}
        quantization = None
        if request.HasField("quantization_config"):
            quantization = GrpcToRest.convert_quantization_config(request.quantization_config)
        metadata = {key: grpc_to_payload({"v": value})["v"] for key, value in request.metadata.items()}
        self._local.create(request.collection_name, vectors, metadata, form, quantization)
        return services.CollectionOperationResponse(result=True)

    def update(self, request: Any) -> Any:
        self._local.client.update_collection(request.collection_name, metadata=grpc_to_payload(request.metadata))
        return services.CollectionOperationResponse(result=True)

    def describe(self, request: Any) -> Any:
        info = models.CollectionInfo.model_validate(self._local.describe(request.collection_name))
        return services.GetCollectionInfoResponse(result=RestToGrpc.convert_collection_info(info))

    def list_collections(self, _: Any) -> Any:
        found = self._local.client.get_collections().collections
        return services.ListCollectionsResponse(
            collections=[services.CollectionDescription(name=each.name) for each in found]
        )

    def list_aliases(self, _: Any) -> Any:
        found = self._local.client.get_aliases().aliases
        return services.ListAliasesResponse(aliases=[RestToGrpc.convert_alias_description(each) for each in found])

    def update_aliases(self, request: Any) -> Any:
        actions = [GrpcToRest.convert_alias_operations(action) for action in request.actions]
        self._local.client.update_collection_aliases(actions)
        return services.CollectionOperationResponse(result=True)

    def remove(self, request: Any) -> Any:
        self._local.delete(request.collection_name)
        return services.CollectionOperationResponse(result=True)

    def index(self, request: Any) -> Any:
        self._local.index(request.collection_name, request.field_name, KINDS[request.field_type])
        return _complete()

    def upsert(self, request: Any) -> Any:
        assert request.wait
        points = [GrpcToRest.convert_point_struct(point) for point in request.points]
        self._local.client.upsert(request.collection_name, points)
        return _complete()

    def delete(self, request: Any) -> Any:
        assert request.wait
        self._local.client.delete(request.collection_name, GrpcToRest.convert_points_selector(request.points))
        return _complete()

    def batch(self, request: Any) -> Any:
        assert request.wait
        operations = [GrpcToRest.convert_points_update_operation(each) for each in request.operations]
        for each in operations:
            if isinstance(each, models.SetPayloadOperation) and each.set_payload.filter:
                each.set_payload.filter = trim(each.set_payload.filter)
        self._local.client.batch_update_points(request.collection_name, operations)
        return services.UpdateBatchResponse(result=[_complete().result for _ in operations])

    def get(self, request: Any) -> Any:
        ids = [GrpcToRest.convert_point_id(id_) for id_ in request.ids]
        found = self._local.client.retrieve(request.collection_name, ids, with_payload=True)
        return services.GetResponse(result=[_convert(record) for record in found])

    def scroll(self, request: Any) -> Any:
        found, offset = self._local.client.scroll(
            request.collection_name,
            _read_filter(request),
            request.limit,
            offset=GrpcToRest.convert_point_id(request.offset) if request.HasField("offset") else None,
            with_payload=GrpcToRest.convert_with_payload_selector(request.with_payload),
            with_vectors=request.with_vectors.enable,
        )
        result = [_convert(record) for record in found]
        after = RestToGrpc.convert_extended_point_id(offset) if offset is not None else None
        return services.ScrollResponse(result=result, next_page_offset=after)

    def count(self, request: Any) -> Any:
        found = self._local.client.count(request.collection_name, _read_filter(request), exact=request.exact)
        return services.CountResponse(result=services.CountResult(count=found.count))

    def facet(self, request: Any) -> Any:
        found = self._local.count_values(request.collection_name, request.key, _read_filter(request), request.limit)
        return services.FacetResponse(
            hits=[
                services.FacetHit(value=services.FacetValue(string_value=hit["value"]), count=hit["count"])
                for hit in found["hits"]
            ]
        )

    def query(self, request: Any) -> Any:
        vector = list(request.query.nearest.dense.data)
        found = self._local.client.query_points(
            request.collection_name, vector, limit=request.limit, query_filter=_read_filter(request)
        )
        return services.QueryResponse(result=[RestToGrpc.convert_scored_point(point) for point in found.points])


METHODS: dict[str, tuple[Any, Callable[[_Service, Any], Any]]] = {
    "HealthCheck": (services.HealthCheckRequest, _Service.check),
    "Create": (services.CreateCollection, _Service.create),
    "Update": (services.UpdateCollection, _Service.update),
    "Collections/Get": (services.GetCollectionInfoRequest, _Service.describe),
    "List": (services.ListCollectionsRequest, _Service.list_collections),
    "ListAliases": (services.ListAliasesRequest, _Service.list_aliases),
    "UpdateAliases": (services.ChangeAliases, _Service.update_aliases),
    "CreateFieldIndex": (services.CreateFieldIndexCollection, _Service.index),
    "Upsert": (services.UpsertPoints, _Service.upsert),
    "UpdateBatch": (services.UpdateBatchPoints, _Service.batch),
    "Scroll": (services.ScrollPoints, _Service.scroll),
    "Count": (services.CountPoints, _Service.count),
    "Facet": (services.FacetCounts, _Service.facet),
    "Query": (services.QueryPoints, _Service.query),
    "Points/Get": (services.GetPoints, _Service.get),
    "Points/Delete": (services.DeletePoints, _Service.delete),
    "Collections/Delete": (services.DeleteCollection, _Service.remove),
}


def trim(read: models.Filter) -> models.Filter:
    """Leave out lists that are empty: they say nothing, which local mode knows since qdrant-client 1.20 only."""
    return models.Filter(**{name: value for name, value in vars(read).items() if value != []})


@contextmanager
def serve_grpc(local: LocalQdrant, fault: Fault = lambda *_: None, port: int = 0) -> Iterator[Rpc]:
    """Serve the points of a `LocalQdrant`."""
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    record = Rpc(bound)
    server.add_generic_rpc_handlers((_Service(local, fault, record),))
    server.start()
    try:
        yield record
    finally:
        server.stop(None).wait()


def _complete() -> Any:
    done = services.UpdateResult(operation_id=1, status=services.UpdateStatus.Completed)
    return services.PointsOperationResponse(result=done)


def _convert(record: models.Record) -> Any:
    record.payload = record.payload or {}
    return RestToGrpc.convert_retrieved_point(record)


def _read_filter(request: Any) -> models.Filter | None:
    return trim(GrpcToRest.convert_filter(request.filter)) if request.HasField("filter") else None
