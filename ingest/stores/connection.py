"""The way to a collection of a Qdrant server: its lock, and what asks it."""

import logging
from functools import partial

from ingest.errors import UsageError
from ingest.share import WHOLE, Share
from ingest.stores.address import open_client, read_address
from ingest.stores.form import ANY, Form
from ingest.stores.haste import hasten
from ingest.stores.patience import PATIENCE, choose_timeout
from ingest.stores.server import ServerStore
from ingest.stores.server_lock import lock_server
from ingest.stores.wire import LINGER, WRITERS, Wire

log = logging.getLogger("ingest")


def connect(
    url: str,
    collection: str,
    *,
    alias: str | None = None,
    api_key: str | None = None,
    prefer_grpc: bool | None = None,
    grpc_port: int | None = None,
    lock_wait: float | None = None,
    max_wait: float = PATIENCE,
    form: Form = ANY,
    share: Share = WHOLE,
    gather: bool = False,
) -> ServerStore:
    """Make the store of one collection at a URL.

    alias, form: see `ServerStore`.
    prefer_grpc: True or False; None asks the server for it before the first point is written, where a lock is taken.
        Nothing is sent yet.
    lock_wait: seconds to wait for another process of this host that fills the same collection; None takes no lock.
    share: what this process fills of it; other shares of the same number don't wait for each other.
    max_wait: seconds to wait in which nothing succeeds, see `Patience`.
    gather: let points wait on this side for seconds, so that they take few requests.
    Raises UsageError for what is no URL, LockedError where another process holds the collection.
    """
    address = read_address(url, api_key, grpc_port)
    if api_key and address.scheme == "http" and not address.direct:
        log.warning("QDRANT_API_KEY goes to %s unencrypted: use https", address.name)
    lock = None
    if lock_wait is not None:
        lock = lock_server(address.name, collection, share)
        lock.acquire(lock_wait)
    timeout = choose_timeout(max_wait)
    try:
        client = open_client(address, binary=bool(prefer_grpc), timeout=timeout)
    except BaseException as error:
        if lock:
            lock.release()
        if isinstance(error, ImportError | ValueError):  # a proxy that httpx does not know, or only with a package
            raise UsageError(f"{address.name} cannot be asked: {error}") from error
        raise
    asks = prefer_grpc is None and lock is not None and address.pair is not None
    hasty = partial(hasten, address, timeout) if asks else None
    wire = Wire(WRITERS, binary=bool(prefer_grpc), hasten=hasty, linger=LINGER if gather else 0.0)
    return ServerStore(
        client, collection, name=address.name, lock=lock, alias=alias, wire=wire, max_wait=max_wait, form=form
    )
