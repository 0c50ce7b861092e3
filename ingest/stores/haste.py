"""gRPC for the points that are written to a server, where it is sure that the same server answers that."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import grpc  # type: ignore[import-untyped]  # it ships no types
from qdrant_client import QdrantClient
from qdrant_client import grpc as services
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.connection import get_channel
from qdrant_client.conversions.conversion import grpc_to_payload

from ingest.stores.address import Address, choose_options, open_client

PROBE = 2.0  # seconds that gRPC has to answer in: a firewall that drops packets costs no more
LOOKS = 3  # at a record that other shares may be writing to at this moment

log = logging.getLogger("ingest")


def hasten(
    address: Address,
    timeout: float,
    collection: str,
    read_record: Callable[[], Mapping[str, Any]],
    read_version: Callable[[], str],
) -> QdrantClient | None:
    """Make a client that writes to a collection by gRPC; None, said once, where that is not answered in seconds.

    Two servers may share a machine, a version and the names of collections. Who answers gRPC must give back what the
    collection records of itself, which this run has just written to: read_record reads that by REST.
    timeout: seconds for one request of that client.
    A key goes to a port that was guessed, without a certificate, only where the version of REST is told.
    """
    if (port := address.pair) is None:
        return None
    where = f"{address.host}:{port}"
    client = None
    try:
        if not address.is_sure and (there := _ask_version(address, port)) != (here := read_version()):
            log.info(
                "REST is used: %s is Qdrant %s, and gRPC at %s is answered by %s", address.name, here, where, there
            )
            return None
        client = open_client(address, binary=True, timeout=timeout)
        for _ in range(LOOKS):
            if read_record() == _read_record(client, collection):
                found, client = client, None
                return found
        log.info("REST is used: gRPC at %s knows another collection %r than %s", where, collection, address.name)
    except (grpc.RpcError, QdrantException) as error:  # the client's own is for too many requests at once
        reason = error.code().name if isinstance(error, grpc.RpcError) else str(error)
        log.info("gRPC is not answered at %s (%s): REST is used, which takes longer", where, reason)
    finally:
        if client:
            client.close()
    return None


def _ask_version(address: Address, port: int) -> str:
    channel = get_channel(address.host, port, address.scheme == "https", [], choose_options(address))
    try:
        stub = services.QdrantStub(channel)  # type: ignore[no-untyped-call]  # it is generated
        return str(stub.HealthCheck(services.HealthCheckRequest(), timeout=PROBE).version)
    finally:
        channel.close()


def _read_record(client: QdrantClient, collection: str) -> Mapping[str, Any]:
    """Read what a collection records of itself, by gRPC; of one that is not there, nothing."""
    request = services.GetCollectionInfoRequest(collection_name=collection)
    try:
        info = client.grpc_collections.Get(request, timeout=PROBE).result
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return {}
        raise
    return grpc_to_payload(info.config.metadata)
