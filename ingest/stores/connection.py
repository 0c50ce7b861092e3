"""The connection to a Qdrant server: the lock of its collection, and gRPC where that is answered, else REST."""

import logging
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc  # type: ignore[import-untyped]  # it ships no types
import httpx
from qdrant_client import QdrantClient
from qdrant_client import grpc as services
from qdrant_client.connection import get_channel

from ingest.errors import UsageError
from ingest.hosts import is_loopback
from ingest.share import WHOLE, Share
from ingest.stores.form import ANY, Form
from ingest.stores.patience import PATIENCE, TIMEOUT
from ingest.stores.server import ServerStore
from ingest.stores.server_lock import lock_server
from ingest.stores.server_writes import WRITERS, Wire
from ingest.trust import make_trust

REST_PORT, GRPC_PORT = 6333, 6334  # of Qdrant, where a URL names none
PROBE = 2.0  # seconds that gRPC has to answer in: a firewall that drops packets costs no more

log = logging.getLogger("ingest")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, and how it is spoken to.

    host: as a URL has it, with brackets around an IPv6 address. bare: nothing but scheme, host and port was given.
    direct: it is this machine, which is never reached through a proxy, whatever the environment says.
    """

    url: str
    scheme: str
    host: str
    port: int
    grpc_port: int | None
    bare: bool
    direct: bool
    headers: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def pair(self) -> int | None:
        """The port at which gRPC of this server can be asked for.

        Another REST port than 6333 says nothing of it, and what is found by guessing may be another server.
        """
        beside = GRPC_PORT if self.port == REST_PORT else None
        return (self.grpc_port or beside) if self.bare else None


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
) -> ServerStore:
    """Make the store of one collection at a URL.

    alias, form: see `ServerStore`.
    prefer_grpc: True or False; None asks the server for it, where a lock is taken. Nothing else is sent yet.
    lock_wait: seconds to wait for another process of this host that fills the same collection; None takes no lock.
    share: what this process fills of it; other shares of the same number don't wait for each other.
    max_wait: seconds to wait, for each request, until the server does what it is asked.
    Raises UsageError for what is no URL, LockedError where another process holds the collection.
    """
    address = read_address(url, api_key, grpc_port)
    if api_key and address.scheme == "http" and not address.direct:
        log.warning("QDRANT_API_KEY goes to %s unencrypted: use https", address.name)
    direct: dict[str, Any] = {"trust_env": False, "grpc_options": _choose_options(address)} if address.direct else {}
    lock = None
    if lock_wait is not None:
        lock = lock_server(address.name, collection, share)
        lock.acquire(lock_wait)
    try:
        binary = (lock is not None and speaks_grpc(address)) if prefer_grpc is None else prefer_grpc
        client = QdrantClient(
            url=url,
            port=address.port,
            prefer_grpc=binary,
            grpc_port=grpc_port or GRPC_PORT,
            timeout=TIMEOUT,
            headers=address.headers or None,  # a key given as api_key prints a warning with plain http
            check_compatibility=False,  # it prints, from a thread
            verify=make_trust(address.scheme),
            **direct,
        )
    except BaseException as error:
        if lock:
            lock.release()
        if isinstance(error, ImportError | ValueError):  # a proxy that httpx does not know, or only with a package
            raise UsageError(f"{address.name} cannot be asked: {error}") from error
        raise
    wire = Wire(WRITERS, binary=binary)
    return ServerStore(
        client, collection, name=address.name, lock=lock, alias=alias, wire=wire, max_wait=max_wait, form=form
    )


def read_address(url: str, api_key: str | None = None, grpc_port: int | None = None) -> Address:
    """Read a URL and a key. Raises UsageError for what is no URL, and for a key that no header can carry."""
    parts = urlsplit(url)
    try:
        port = parts.port or REST_PORT
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", parts.hostname) or not port:
        shown = re.sub(r"//[^/]*@", "//", url)
        raise UsageError(f"{shown!r} is not the URL of a server: write http://HOST:6333 or https://HOST:6333")
    if api_key is not None and not re.fullmatch(r"[!-~]+", api_key):
        raise UsageError(
            "QDRANT_API_KEY holds a space, a line break or a letter that no header can carry: copy it anew"
        )
    return Address(
        url,
        parts.scheme,
        f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
        port,
        grpc_port,
        bare=not parts.path.strip("/") and not parts.username,
        direct=is_loopback(parts.hostname),
        headers={"api-key": api_key} if api_key else {},
    )


def speaks_grpc(address: Address) -> bool:
    """Ask a server whether it answers gRPC, in seconds at most; say once why not.

    What answers there must be of the same version as what answers REST, else it is taken for another server.
    """
    if address.pair is None:
        return False
    where = f"{address.host}:{address.pair}"
    try:
        version = _ask_version(address, address.pair)
        root = httpx.get(
            f"{address.name}/",
            headers=address.headers,
            timeout=PROBE,
            verify=make_trust(address.scheme),
            trust_env=not address.direct,
        ).json()
        told = root.get("version") if isinstance(root, dict) else None
    except grpc.RpcError as error:
        log.info("gRPC is not answered at %s (%s): REST is used, which takes longer", where, error.code().name)
        return False
    except (httpx.HTTPError, ValueError):  # REST fails: whoever asks it next says how
        return False
    if told != version:
        log.info("REST is used: %s is Qdrant %s, and gRPC at %s is answered by %s", address.name, told, where, version)
    return bool(told == version)


def _ask_version(address: Address, port: int) -> str:
    channel = get_channel(
        address.host, port, address.scheme == "https", [*address.headers.items()], _choose_options(address)
    )
    try:
        stub = services.QdrantStub(channel)  # type: ignore[no-untyped-call]  # it is generated
        return str(stub.HealthCheck(services.HealthCheckRequest(), timeout=PROBE).version)
    finally:
        channel.close()


def _choose_options(address: Address) -> dict[str, Any]:
    return {"grpc.enable_http_proxy": 0} if address.direct else {}
