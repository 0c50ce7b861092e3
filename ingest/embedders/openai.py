"""A URL that embeds as OpenAI's does: `/v1/embeddings` of vLLM, Infinity, LM Studio, TEI and others."""

import binascii
import threading
from base64 import b64decode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ingest.embedders.checks import read_vectors
from ingest.embedders.connection import READ, Connection, read_json
from ingest.embedders.prefixes import check_learned
from ingest.embedders.words import quote
from ingest.errors import IngestError, UnavailableError, UsageError
from ingest.model import Identity
from ingest.protocols import Limits

if TYPE_CHECKING:
    import httpx

    from ingest.model import Vector, Vectors

_OK, _NOT_FOUND = 200, 404
_NOT_UNDERSTOOD = (400, 422)
_NAMED = 5  # models that a message names at most


class OpenAI:
    """A service with `/v1/embeddings` (https://platform.openai.com/docs/api-reference/embeddings), for a whole run.

    url: of the host, of its `/v1`, or of what ends with `/embeddings`, which is asked as it stands.
    model: "" asks `/models` once, with the first texts, and takes the one that is served.
    Vectors are asked for as base64, a quarter of the bytes of numbers, until the service refuses that or answers
    numbers. Who gets the token, and which URLs are refused, is said by Connection.
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
        self._connection = Connection(
            _find_base(url), model=model, token=token, token_name=token_name, send_token=send_token, read=read
        )
        self._model = model
        self._encoding = "base64"
        self._settled = False  # whether the service has answered in that encoding, or will not
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return f"openai:{self._connection.url}"

    @property
    def identity(self) -> Identity:
        return Identity(self._model)

    @property
    def limits(self) -> Limits:
        return Limits()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order of their `index`; one request, and one or two more before the first answer.

        Raises UsageError where no model was named and not exactly one is served; UnavailableError for a reply whose
        indices are not those of the texts; else as the table of failures says.
        """
        self._find_model()
        response = self._post(texts)
        if response.status_code != _OK:
            raise self._translate(response)
        rows = self._read(read_json(response), len(texts))
        self._settled = True
        return read_vectors(rows, service=self.name, model=self._model)

    def _post(self, texts: Sequence[str]) -> "httpx.Response":
        """Ask in the encoding of the run; until one is settled, a refusal may be of base64: then ask for numbers."""
        encoding = self._encoding
        response = self._request(texts, encoding)
        if self._settled or encoding == "float" or response.status_code not in _NOT_UNDERSTOOD:
            return response
        answer = self._request(texts, "float")
        if answer.status_code == _OK:
            self._encoding = "float"
        return answer

    def _request(self, texts: Sequence[str], encoding: str) -> "httpx.Response":
        body = {"model": self._model, "input": list(texts), "encoding_format": encoding}
        return self._connection.request("POST", f"{self._connection.url}/embeddings", body)

    def _find_model(self) -> None:
        with self._lock:
            if self._model:
                return
            response = self._connection.request("GET", f"{self._connection.url}/models")
            if response.status_code not in (_OK, _NOT_FOUND):
                raise self._translate(response)
            served = _list_models(read_json(response))
            if len(served) != 1:
                among = f" among {', '.join(served[:_NAMED])}{', …' * (len(served) > _NAMED)}" if served else ""
                raise UsageError(
                    f"{self.name} tells of {len(served)} models, not one: name yours{among} as --model "
                    "(EMBEDDINGS_MODEL_NAME)"
                )
            check_learned(self.name, served[0])
            self._model = served[0]

    def _read(self, reply: object, count: int) -> "list[Vector | list[float]]":
        """Give the vectors of a reply in the order of the texts."""
        data = reply.get("data") if isinstance(reply, dict) else None
        items = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
        by_index: dict[Any, Any] = {
            item["index"]: item.get("embedding") for item in items if type(item.get("index")) is int
        }
        if not items or len(items) != len(by_index):
            raise UnavailableError(f"{self.name} gave a reply that holds no vectors, or not one for each index")
        if by_index.keys() != set(range(count)):
            raise UnavailableError(f"{self.name} gave {len(items)} vectors, not those of the indices 0 to {count - 1}")
        return [self._decode(by_index[index]) for index in range(count)]

    def _decode(self, embedding: object) -> "Vector | list[float]":
        """Give the numbers of a vector: base64 of little-endian 32-bit floats, or a list."""
        import numpy as np  # noqa: PLC0415 - heavy

        if isinstance(embedding, list):
            self._encoding = "float"
            return embedding
        try:
            return np.frombuffer(b64decode(embedding, validate=True), "<f4")  # type: ignore[arg-type]  # TypeError else
        except (binascii.Error, ValueError, TypeError) as error:
            raise UnavailableError(f"{self.name} gave a vector that is neither numbers nor base64 of them") from error

    def _translate(self, response: "httpx.Response") -> IngestError:
        if response.status_code == _NOT_FOUND:
            words = quote(response.content, self._connection.asked.secrets)
            return UsageError(
                f"{self.name} answers 404{f': {words}' if words else ''} — is that the URL of an OpenAI-compatible "
                f"service, and {self._model or 'its model'} served there?"
            )
        return self._connection.translate(response)


def _find_base(url: str) -> str:
    """Give the URL that `/embeddings` and `/models` are below."""
    trimmed = url.strip().rstrip("/")
    if trimmed.endswith("/embeddings"):
        return trimmed.removesuffix("/embeddings")
    return trimmed if trimmed.endswith("/v1") else f"{trimmed}/v1"


def _list_models(reply: object) -> list[str]:
    data = reply.get("data") if isinstance(reply, dict) else None
    ids = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return [name for name in ids if isinstance(name, str) and name]
