"""A URL that embeds: a dedicated Inference Endpoint, or text-embeddings-inference (TEI)."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.embedders.checks import read_vectors
from ingest.embedders.connection import READ, Connection, read_json
from ingest.embedders.pooling import check_pooling, pool
from ingest.embedders.prefixes import check_learned
from ingest.errors import RefusedError, UnavailableError, UsageError
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    import httpx

    from ingest.model import Vectors

_OK, _NOT_FOUND = 200, 404
BODY = 2_000_000  # bytes that text-embeddings-inference takes, its --payload-limit
IN_FLIGHT = 512  # texts that it takes at the same time, its --max-concurrent-requests; /info may tell another number
_ASLEEP = (429, 502, 503, 504)  # not awake yet, rather than without what was asked for


class Endpoint:
    """A service with `/embed` and perhaps `/info`: TEI's contract, which Inference Endpoints serve, too.

    `/info` is asked once, with the first texts: it tells the model and how many texts a request may hold. A service
    with neither is asked at its root: so answers the default container of Inference Endpoints. Who gets the token, and
    which URLs are refused, is said by Connection.
    pooling: "mean" or "cls", for a service that answers token by token; "" refuses one.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        pooling: str = "",
        token: str | None = None,
        token_name: str = "",
        send_token: bool = False,
        read: float = READ,
    ) -> None:
        self._connection = Connection(
            url.strip().rstrip("/").removesuffix("/embed"),
            model=model,
            token=token,
            token_name=token_name,
            send_token=send_token,
            read=read,
        )
        self._name = self._connection.url
        self._given = model
        self._model = model
        self._pooling = check_pooling(pooling)
        self._limit: int | None = None
        self._in_flight = IN_FLIGHT
        self._path = "/embed"
        self._introduced = False
        self._has_info = False
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def identity(self) -> Identity:
        return Identity(self._model, pooling=self._pooling)

    @property
    def limits(self) -> Limits:
        return Limits(self._limit, BODY, self._in_flight)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order; one request, and one or two more before the first.

        Raises UsageError where another model is served than was given; else as the table of failures says. More texts
        than the service takes are refused without asking it.
        """
        self._introduce()
        if self._limit and len(texts) > self._limit:
            raise RefusedError(f"{self._name} takes at most {self._limit} texts a request, {len(texts)} are too many")
        response = self._post(texts)
        if response.status_code != _OK:
            raise self._connection.translate(response)
        reply = read_json(response)
        if isinstance(reply, dict):  # the default container of Inference Endpoints wraps them
            reply = reply.get("embeddings")
        if not isinstance(reply, list):
            raise UnavailableError(f"{self._name} gave a reply that holds no vectors")
        return read_vectors(pool(reply, self._pooling), service=self._name, model=self._model)

    def _post(self, texts: Sequence[str]) -> "httpx.Response":
        """Ask `/embed`, or the root where that is what answers."""
        if self._path == "/":
            return self._request_root(texts)
        response = self._request("POST", "/embed", {"inputs": list(texts), "truncate": True, "normalize": True})
        if response.status_code != _NOT_FOUND or self._has_info:
            return response
        answer = self._request_root(texts)
        if answer.status_code == _OK:
            self._path = "/"
        return response if answer.status_code == _NOT_FOUND else answer

    def _request_root(self, texts: Sequence[str]) -> "httpx.Response":
        return self._request("POST", "/", {"inputs": list(texts)})

    def _introduce(self) -> None:
        """Ask `/info`, once; a service without one stays unknown."""
        with self._lock:
            if self._introduced:
                return
            response = self._request("GET", "/info", None)
            if response.status_code in _ASLEEP:
                raise self._connection.translate(response)
            info = read_json(response) if response.status_code == _OK else None
            if isinstance(info, dict):
                self._has_info = True
                self._learn(info)
            self._introduced = True

    def _learn(self, info: dict[str, Any]) -> None:
        served, limit = info.get("model_id"), info.get("max_client_batch_size")
        if isinstance(limit, int) and limit > 0:
            self._limit = limit
        in_flight = info.get("max_concurrent_requests")
        if isinstance(in_flight, int) and in_flight > 0:
            self._in_flight = in_flight
        if not isinstance(served, str) or not _is_hub_id(served):
            return
        if self._given and served.casefold() != self._given.casefold():
            raise UsageError(
                f"{self._name} serves {served}, not {self._given}: name that as --model (EMBEDDINGS_MODEL_NAME), or "
                "another URL"
            )
        if not self._given:
            check_learned(self._name, served)
        self._model = self._given or served

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> "httpx.Response":
        return self._connection.request(method, self._name + path, body)


def _is_hub_id(model: str) -> bool:
    """Say whether a model is named as on huggingface.co, not by a folder of the server's."""
    return model.count("/") == 1 and model[0] not in "/.~" and not model.endswith("/")
