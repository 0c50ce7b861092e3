"""Where a Qdrant server is, and the clients that ask it."""

import math
import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from qdrant_client import QdrantClient

from ingest.errors import UsageError
from ingest.hosts import is_loopback
from ingest.stores.patience import TIMEOUT
from ingest.trust import make_trust

REST_PORT, GRPC_PORT = 6333, 6334  # of Qdrant, where a URL names none
_ROOTS = "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"  # what gRPC itself reads


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

    @property
    def is_sure(self) -> bool:
        """Whether gRPC of this host may be sent a key: its port was named, or a certificate will prove the host."""
        return not self.headers or self.grpc_port is not None or self.scheme == "https"


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


def open_client(address: Address, *, binary: bool, timeout: float = TIMEOUT) -> QdrantClient:
    """Make a client, which sends nothing yet; `binary`: by gRPC. Raises ValueError or ImportError for a proxy.

    timeout: seconds for one request.
    """
    direct: dict[str, Any] = {"trust_env": False} if address.direct else {}
    return QdrantClient(
        url=address.url,
        port=address.port,
        prefer_grpc=binary,
        grpc_port=address.grpc_port or GRPC_PORT,
        grpc_options=choose_options(address),
        timeout=math.ceil(timeout),
        headers=address.headers or None,  # a key given as api_key prints a warning with plain http
        check_compatibility=False,  # it prints, from a thread
        verify=make_trust(address.scheme),
        **direct,
    )


def choose_options(address: Address) -> dict[str, Any]:
    """Choose the options of gRPC, which by itself reads neither SSL_CERT_FILE nor the system's certificates."""
    options: dict[str, Any] = {"grpc.enable_http_proxy": 0} if address.direct else {}
    roots = ssl.get_default_verify_paths().cafile  # of SSL_CERT_FILE, else OpenSSL's own; None on Windows
    if address.scheme == "https" and roots and not os.environ.get(_ROOTS):
        options["root_certificates"] = Path(roots).read_bytes()
    return options
