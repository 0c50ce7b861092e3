"""A URL that embeds: a dedicated Inference Endpoint, or text-embeddings-inference (TEI)."""

import json
import os
import threading
import weakref
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from ingest.embedders.checks import read_vectors
from ingest.embedders.credentials import clean_token, is_hugging_face, is_loopback
from ingest.embedders.deadline import run_within
from ingest.embedders.failures import Asked, translate, translate_exception
from ingest.errors import RefusedError, UnavailableError, UsageError
from ingest.model import Identity

if TYPE_CHECKING:
    import ssl

    import httpx

    from ingest.model import Vectors

CONNECT, READ = 10.0, 120.0  # seconds
SLACK = 30.0  # seconds more that an answer may take which comes in drops
_OK = 200


class Endpoint:
    """A service with `/embed` and perhaps `/info`: TEI's contract, which Inference Endpoints serve, too.

    `/info` is asked once, with the first texts: it tells the model and how many texts a request may hold. The token
    goes to Hugging Face's hosts over https, elsewhere only where `send_token` says so; redirects are not followed.
    A user and password in the URL are sent as such, instead of the token.
    Raises UsageError for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        token: str | None = None,
        token_name: str = "",
        send_token: bool = False,
        read: float = READ,
    ) -> None:
        self._split = _parse(url)
        self._name = _make_name(self._split)
        self._given = model
        self._model = model
        self._limit: int | None = None
        self._read = read
        self._introduced = False
        self._lock = threading.Lock()
        self._user = None
        if self._split.username is not None:
            self._user = (unquote(self._split.username), unquote(self._split.password or ""))
        sends = (send_token or is_hugging_face(self._split)) and not self._user
        self._token = clean_token(token, token_name) if sends else ""
        self._asked = Asked(
            self._name,
            model,
            token_name=(token_name or "open_embedder") if self._token else "the URL" if self._user else "",
            secrets=tuple(secret for secret in (self._token, *(self._user or ())) if secret),
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def identity(self) -> Identity:
        return Identity(self._model)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order; one request, and one more before the first.

        Raises UsageError where another model is served than was given; else as the table of failures says. More texts
        than the service takes are refused without asking it.
        """
        self._introduce()
        if self._limit and len(texts) > self._limit:
            raise RefusedError(f"{self._name} takes at most {self._limit} texts a request, {len(texts)} are too many")
        response = self._request("POST", "/embed", {"inputs": list(texts), "truncate": True, "normalize": True})
        if response.status_code != _OK:
            raise self._translate(response)
        reply = _read_json(response)
        if isinstance(reply, dict):  # the default container of Inference Endpoints wraps them
            reply = reply.get("embeddings")
        if not isinstance(reply, list):
            raise UnavailableError(f"{self._name} gave a reply that holds no vectors")
        return read_vectors(reply, service=self._name, model=self._model)

    def _introduce(self) -> None:
        """Ask `/info`, once; a service without one stays unknown."""
        with self._lock:
            if self._introduced:
                return
            response = self._request("GET", "/info", None)
            if response.status_code in (429, 502, 503, 504):  # not awake yet, rather than without an /info
                raise self._translate(response)
            info = _read_json(response) if response.status_code == _OK else None
            if isinstance(info, dict):
                self._learn(info)
            self._introduced = True

    def _learn(self, info: dict[str, Any]) -> None:
        served, limit = info.get("model_id"), info.get("max_client_batch_size")
        if isinstance(limit, int) and limit > 0:
            self._limit = limit
        if not isinstance(served, str) or not _is_hub_id(served):
            return
        if self._given and served.casefold() != self._given.casefold():
            raise UsageError(
                f"{self._name} serves {served}, not {self._given}: name that as --model (EMBEDDINGS_MODEL_NAME), or "
                "another URL"
            )
        self._model = self._given or served

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> "httpx.Response":
        try:
            return run_within(
                CONNECT + self._read + SLACK, lambda: self._client.request(method, self._name + path, json=body)
            )
        except Exception as error:
            if translated := translate_exception(error, asked=self._asked):
                raise translated from error
            raise

    def _translate(self, response: "httpx.Response") -> Exception:
        return translate(response.status_code, response.headers, response.content, asked=self._asked)

    @cached_property  # made by the first request, which the lock of `_introduce` keeps single
    def _client(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - heavy

        client = httpx.Client(
            auth=self._user,
            headers={"authorization": f"Bearer {self._token}"} if self._token else {},
            timeout=httpx.Timeout(self._read, connect=CONNECT),
            trust_env=not is_loopback(self._split),  # never through a proxy to this machine
            verify=_make_trust(self._split.scheme),
        )
        weakref.finalize(self, client.close)
        return client


def _parse(url: str) -> SplitResult:
    try:
        split = urlsplit(url.strip())
        _ = split.port
    except ValueError as error:
        raise UsageError(f"the URL of the embedding service is none: {error}") from error
    if not split.hostname:
        raise UsageError("the URL of the embedding service names no host")
    if split.query or split.fragment:
        raise UsageError(
            f"the URL of the embedding service ({_make_name(split)}) must end with its path, without ? and #: "
            "a credential goes into HF_TOKEN, with --send-token"
        )
    return split


def _make_name(split: SplitResult) -> str:
    host = f"[{split.hostname}]" if ":" in (split.hostname or "") else split.hostname
    port = f":{split.port}" if split.port else ""
    return f"{split.scheme}://{host}{port}{split.path.rstrip('/').removesuffix('/embed')}"


def _is_hub_id(model: str) -> bool:
    """Say whether a model is named as on huggingface.co, not by a folder of the server's."""
    return model.count("/") == 1 and model[0] not in "/.~" and not model.endswith("/")


def _read_json(response: "httpx.Response") -> Any:  # noqa: ANN401 - whatever came
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _make_trust(scheme: str) -> "ssl.SSLContext":
    """Make the trust of a connection: SSL_CERT_FILE or SSL_CERT_DIR, else the system's store.

    Where truststore is missing (huggingface_hub brings it since 2.0), OpenSSL's idea of that store, and certifi's.
    """
    import ssl  # noqa: PLC0415 - heavy

    if scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is made in no time
    if os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context()  # OpenSSL reads both
    try:
        import truststore  # noqa: PLC0415 - optional
    except ImportError:
        import certifi  # noqa: PLC0415 - heavy

        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
